//! What the source said of tenants to which it has no way, remembered for a moment: who asks for them again and again
//! does not reach it each time.
//!
//! It is outside of any pool, since there is none, and of a fixed size: a new failure takes the place of the one in
//! its set that would be forgotten first, so a flood of made-up ids forgets sooner and never grows.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::{LeaseError, SourceError, TenantId};

/// A power of two. With [`WAYS`] it is room for all made-up ids that the limit on strangers lets through within the
/// time for which they are remembered, as both are by default.
const SETS: usize = 512;
const WAYS: usize = 8;

pub(crate) struct Memory {
    sets: Box<[Mutex<Set>]>,
    /// With keys of its own: nobody can choose ids that fall into one set.
    hasher: RandomState,
}

type Set = [Option<Remembered>; WAYS];

struct Remembered {
    tenant: TenantId,
    error: SourceError,
    until: Instant,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            sets: (0..SETS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The failure, if it is not time yet to ask again.
    pub(crate) fn recall(&self, tenant: TenantId) -> Option<LeaseError> {
        let set = self.set(tenant);
        let remembered = set.iter().flatten().find(|other| other.tenant == tenant)?;
        let wait = remembered.until.checked_duration_since(Instant::now())?;
        (!wait.is_zero()).then(|| LeaseError::Source {
            error: remembered.error.clone(),
            retry_after: Some(wait),
        })
    }

    /// Remembers the failure until then, if it still `stands` when nobody can forget it: an answer that a change has
    /// overtaken is not remembered. Returns whether it stood.
    pub(crate) fn remember(
        &self,
        tenant: TenantId,
        error: &SourceError,
        until: Instant,
        stands: impl FnOnce() -> bool,
    ) -> bool {
        let mut set = self.set(tenant);
        if !stands() {
            return false;
        }
        let is_it = |place: &Option<Remembered>| place.as_ref().is_some_and(|other| other.tenant == tenant);
        let place = match set.iter().position(is_it) {
            Some(place) => set.get_mut(place),
            // `None` comes before any time.
            None => set
                .iter_mut()
                .min_by_key(|place| place.as_ref().map(|other| other.until)),
        };
        if let Some(place) = place {
            *place = Some(Remembered {
                tenant,
                error: error.clone(),
                until,
            });
        }
        true
    }

    /// Forgets the tenant. What was under way must not stand any more when this is called.
    pub(crate) fn forget(&self, tenant: TenantId) {
        for place in &mut *self.set(tenant) {
            if place.as_ref().is_some_and(|other| other.tenant == tenant) {
                *place = None;
            }
        }
    }

    /// Forgets everybody, as [`forget`](Self::forget).
    pub(crate) fn clear(&self) {
        for set in &self.sets {
            *lock(set) = Set::default();
        }
    }

    /// How many tenants are refused for it now.
    pub(crate) fn len(&self) -> usize {
        let now = Instant::now();
        let standing = |set: &Mutex<Set>| {
            lock(set)
                .iter()
                .flatten()
                .filter(|other| other.until > now)
                .count()
        };
        self.sets.iter().map(standing).sum()
    }

    fn set(&self, tenant: TenantId) -> MutexGuard<'_, Set> {
        let hash = usize::try_from(self.hasher.hash_one(tenant) & (SETS as u64 - 1)).unwrap_or(0);
        lock(&self.sets[hash])
    }
}

fn lock(set: &Mutex<Set>) -> MutexGuard<'_, Set> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn anybody() -> TenantId {
        Uuid::new_v4().into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_replaces_what_goes_first_and_never_grows() {
        let memory = Memory::new();
        let now = Instant::now();
        let late = anybody();
        memory.remember(
            late,
            &SourceError::Suspended,
            now + Duration::from_mins(1),
            || true,
        );
        for _ in 0..100_000 {
            memory.remember(
                anybody(),
                &SourceError::Unknown,
                now + Duration::from_secs(5),
                || true,
            );
        }
        assert_eq!(memory.len(), SETS * WAYS);
        assert!(memory.recall(late).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_has_one_place_and_what_was_overtaken_none() {
        let memory = Memory::new();
        let tenant = anybody();
        let until = Instant::now() + Duration::from_secs(1);
        assert!(memory.remember(tenant, &SourceError::Unknown, until, || true));
        assert!(memory.remember(tenant, &SourceError::NotReady, until, || true));
        assert!(!memory.remember(tenant, &SourceError::Suspended, until, || false));
        assert_eq!(memory.len(), 1);
        let failure = memory.recall(tenant).unwrap();
        assert_eq!(failure.retry_after(), Some(Duration::from_secs(1)));
        assert!(matches!(
            failure,
            LeaseError::Source {
                error: SourceError::NotReady,
                ..
            }
        ));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(memory.recall(tenant).is_none());
        assert_eq!(memory.len(), 0);
    }
}
