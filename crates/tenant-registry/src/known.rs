//! Which tenants were seen to exist, in fixed memory: a Bloom filter in two generations.
//!
//! It may take a made-up id for a tenant, and then that one is not limited as strangers are, which is harmless as
//! long as it is seldom. It never takes a tenant for a stranger before so many others were seen that a whole
//! generation has passed without it.

use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::TenantId;

/// Tenants of a generation.
const CAPACITY: usize = 1 << 16;
/// Bits of a generation, 128 KiB of them; a power of two.
const BITS: usize = 1 << 20;
/// With n tenants in m bits and k hashes a made-up id is taken for one of them with probability `(1 - e^(-kn/m))^k`
/// (Broder and Mitzenmacher, Network Applications of Bloom Filters: A Survey, Internet Mathematics 1(4), 2004):
/// with 16 bits a tenant and four hashes 0.24 %, so less than half a percent over both generations.
const HASHES: u64 = 4;

pub(crate) struct Known {
    generations: Mutex<Generations>,
    /// With keys of its own: nobody can choose ids that are taken for tenants.
    hasher: RandomState,
}

struct Generations {
    current: Filter,
    previous: Filter,
    /// Tenants in `current`.
    added: usize,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self {
            generations: Mutex::new(Generations {
                current: Filter::new(),
                previous: Filter::new(),
                added: 0,
            }),
            hasher: RandomState::new(),
        }
    }

    pub(crate) fn contains(&self, tenant: TenantId) -> bool {
        let hash = self.hasher.hash_one(tenant);
        let generations = self.generations();
        generations.current.contains(hash) || generations.previous.contains(hash)
    }

    /// This tenant exists. Who comes back is carried over into the current generation.
    pub(crate) fn add(&self, tenant: TenantId) {
        let hash = self.hasher.hash_one(tenant);
        let mut generations = self.generations();
        if generations.current.contains(hash) {
            return;
        }
        if generations.added == CAPACITY {
            let Generations {
                current,
                previous,
                added,
            } = &mut *generations;
            mem::swap(current, previous);
            current.clear();
            *added = 0;
        }
        generations.current.add(hash);
        generations.added += 1;
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Filter(Box<[u64]>);

impl Filter {
    fn new() -> Self {
        Self(vec![0; BITS / 64].into())
    }

    fn contains(&self, hash: u64) -> bool {
        bits(hash).all(|(word, bit)| self.0[word] & bit != 0)
    }

    fn add(&mut self, hash: u64) {
        for (word, bit) in bits(hash) {
            self.0[word] |= bit;
        }
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }
}

/// Two hashes stand for all: Kirsch and Mitzenmacher, Less Hashing, Same Performance: Building a Better Bloom Filter,
/// 2006.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    let (first, second) = (hash & u64::from(u32::MAX), (hash >> 32) | 1);
    (0..HASHES).map(move |i| {
        let bit = (first + i * second) & (BITS as u64 - 1);
        (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn anybody() -> TenantId {
        Uuid::new_v4().into()
    }

    #[test]
    fn tenants_are_known_for_a_generation_at_least_and_strangers_seldom() {
        let known = Known::new();
        let tenants: Vec<_> = (0..2 * CAPACITY).map(|_| anybody()).collect();
        for tenant in &tenants {
            known.add(*tenant);
        }
        assert!(tenants[CAPACITY..].iter().all(|tenant| known.contains(*tenant)));
        let taken_for_tenants = (0..100_000).filter(|_| known.contains(anybody())).count();
        assert!(taken_for_tenants < 1_000, "{taken_for_tenants} of 100,000");
    }

    #[test]
    fn who_comes_back_stays_and_who_does_not_is_forgotten() {
        let known = Known::new();
        let (comes_back, goes) = (anybody(), anybody());
        known.add(comes_back);
        known.add(goes);
        for _ in 0..10 {
            for _ in 0..CAPACITY / 2 {
                known.add(anybody());
            }
            assert!(known.contains(comes_back));
            known.add(comes_back);
        }
        assert!(!known.contains(goes));
    }
}
