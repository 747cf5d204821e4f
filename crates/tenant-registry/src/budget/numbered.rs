//! A map by numbers of our own.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Keys are counted up by us and chosen by nobody else, so that a hash which resists attacks would guard nothing, and
/// would be the dearest step of handing a connection on.
pub(crate) type Numbered<T> = HashMap<u64, T, BuildHasherDefault<Spread>>;

/// Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, section 6.4.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
