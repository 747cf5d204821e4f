//! Bloom filter of tenants that were seen to exist, in two generations and fixed memory.
//!
//! It may take a made-up id for a tenant, which then escapes the rate limit; that is harmless as long as it is rare. It
//! does not forget a tenant before a whole generation of others was seen without it. A cache of ids would take some
//! fifty times the memory for as many tenants.

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

pub(crate) struct SeenTenants {
    generations: Mutex<Generations>,
    /// Randomly keyed: no caller can choose ids that are taken for tenants.
    hasher: RandomState,
}

struct Generations {
    current: Filter,
    previous: Filter,
    /// Tenants in `current`.
    added: usize,
}

impl SeenTenants {
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

    /// Notes that this tenant exists. One that comes back is carried over into the current generation.
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

    fn any_tenant() -> TenantId {
        Uuid::new_v4().into()
    }

    #[test]
    fn tenants_stay_for_a_generation_at_least_and_false_positives_are_rare() {
        let seen = SeenTenants::new();
        let tenants: Vec<_> = (0..2 * CAPACITY).map(|_| any_tenant()).collect();
        for tenant in &tenants {
            seen.add(*tenant);
        }
        assert!(tenants[CAPACITY..].iter().all(|tenant| seen.contains(*tenant)));
        let taken_for_tenants = (0..100_000).filter(|_| seen.contains(any_tenant())).count();
        assert!(taken_for_tenants < 1_000, "{taken_for_tenants} of 100,000");
    }

    #[test]
    fn tenants_that_come_back_stay_and_others_are_forgotten() {
        let seen = SeenTenants::new();
        let (comes_back, goes) = (any_tenant(), any_tenant());
        seen.add(comes_back);
        seen.add(goes);
        for _ in 0..10 {
            for _ in 0..CAPACITY / 2 {
                seen.add(any_tenant());
            }
            assert!(seen.contains(comes_back));
            seen.add(comes_back);
        }
        assert!(!seen.contains(goes));
    }
}
