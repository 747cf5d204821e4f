//! Exponential backoff with jitter.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_millis(50);
/// Never longer, so that what is back is found within a second.
const LONGEST: Duration = Duration::from_secs(1);

/// The wait after so many failures in a row: doubled by each, and between half of that and all of it at random, so
/// that many who failed at once do not come back at once. ("Equal jitter" of
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.)
pub(crate) fn wait(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = (FIRST * 2_u32.pow(doublings)).min(LONGEST);
    full / 2 + (full / 2).mul_f64(fraction())
}

/// At random, from 0 to 1: the standard library's hasher has keys of its own each time.
fn fraction() -> f64 {
    // The upper half: what fits a `u32` fits an `f64`.
    let random = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or(u32::MAX);
    f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, wait};

    #[test]
    fn it_doubles_from_fifty_milliseconds_to_a_second_and_varies() {
        for (failures, full) in [
            (1, 50),
            (2, 100),
            (3, 200),
            (5, 800),
            (6, 1_000),
            (u32::MAX, 1_000),
        ] {
            let full = Duration::from_millis(full);
            let waits: Vec<_> = (0..100).map(|_| wait(failures)).collect();
            assert!(waits.iter().all(|wait| (full / 2..=full).contains(wait)));
            assert!(waits.iter().any(|wait| *wait != waits[0]));
        }
        assert_eq!(LONGEST, Duration::from_secs(1));
    }
}
