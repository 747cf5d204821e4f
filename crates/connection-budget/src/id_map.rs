//! Hash map keyed by internal ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The keys come from an internal counter, so a hash that resists collision attacks would be wasted: it was the most
/// expensive step of passing a connection on.
pub(crate) type IdMap<T> = HashMap<u64, T, BuildHasherDefault<IdHasher>>;

/// Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, section 6.4.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
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
