//! Invalidation of tenants: their pools leave the registry because what these were opened from may be old.

mod follow;
pub(crate) mod notice;
mod resync;

use std::sync::Arc;

use self::notice::TenantNotice;
use crate::index::{Entry, Slot};
use crate::panics::caught_call;
use crate::reaper::reason::Reason;
use crate::registry::Inner;
use crate::{Refused, TenantId, TenantPool};

impl<P: TenantPool> Inner<P> {
    /// Empties the tenant's slot: retires an entry unless `keep` says otherwise, and removes an opening, since what it
    /// has read is unknown. A lease asked for after this looks the tenant up again.
    pub(crate) fn remove_unless(&self, tenant: TenantId, reason: Reason, keep: impl Fn(&Entry<P>) -> bool) {
        // Until the slot was empty for a moment after this began. Each further round is a change by another thread.
        loop {
            let gone = match self.index.slot(tenant) {
                None => true,
                Some(Slot::Opening(opening)) => self.index.remove_opening(tenant, &opening),
                Some(Slot::Resident(entry)) if keep(&entry) => true,
                Some(Slot::Resident(entry)) => self.retire(&entry, reason),
            };
            if gone {
                break;
            }
        }
        // Also what left before: a caller that waited for its opening may not have its lease yet.
        for entry in self.reaper.retired().of(tenant) {
            if !keep(&entry) {
                entry.mark_stale();
            }
        }
    }

    /// Forgets the tenant's pool, opening and failed lookup.
    pub(crate) fn invalidate(&self, tenant: TenantId) {
        self.remove_unless(tenant, Reason::Changed, |_| false);
        // In this order: an opening that was still current may have left its answer, none does later.
        self.negative_cache.remove(tenant);
    }

    /// Removes this very entry and has it closed; true when it was resident.
    pub(crate) fn retire(&self, entry: &Arc<Entry<P>>, reason: Reason) -> bool {
        // The reaper first: at no time is an entry that may be leased in neither of both.
        self.reaper.retire(entry, reason);
        // Before its place counts as free, so that it is free when another takes it.
        self.residency.left(entry);
        self.index.remove(entry)
    }

    /// Compares what is resident with the notice, and retires what does not match.
    pub(crate) fn apply_change(&self, notice: TenantNotice) {
        let reason = if notice.served {
            Reason::Changed
        } else {
            Reason::Refused
        };
        self.remove_unless(notice.tenant, reason, |entry| {
            notice.served && entry.version().is_some() && entry.version() == notice.version
        });
        self.negative_cache.remove(notice.tenant);
        if notice.version.is_some() {
            self.admission.tenant_seen(notice.tenant);
        }
        if !notice.served && self.settings.on_refused == Refused::End {
            for entry in self.reaper.retired().of(notice.tenant) {
                // What was opened by a newer version is served: the notice was overtaken on its way.
                if notice.version.is_none() || entry.version() <= notice.version {
                    let _ = caught_call("pool", || entry.body.pool.end());
                }
            }
        }
    }

    /// Forgets openings and failed lookups: all of them may rest on what was read before a missed change.
    pub(crate) fn discard_unverified(&self) {
        self.index.remove_all_openings();
        self.negative_cache.clear();
    }
}
