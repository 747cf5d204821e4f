//! A tenant's pool leaves the registry because what it was made from may be old.

use std::sync::Arc;

use crate::entry::Entry;
use crate::panics::caught_call;
use crate::reason::Reason;
use crate::registry::Inner;
use crate::residents::Slot;
use crate::{Refused, TenantId, TenantNotice, TenantPool};

impl<P: TenantPool> Inner<P> {
    /// Whatever there is of the tenant: an entry that `keep` does not want, or an opening, since nobody knows what
    /// that has read. A lease asked for after this asks the source again.
    pub(crate) fn forget(&self, tenant: TenantId, reason: Reason, keep: impl Fn(&Entry<P>) -> bool) {
        // Until the slot was empty for a moment after this began. Each turn is one that somebody else had.
        loop {
            let gone = match self.residents.at(tenant) {
                None => true,
                Some(Slot::Opening(opening)) => self.residents.abandon(tenant, &opening),
                Some(Slot::Resident(entry)) if keep(&entry) => true,
                Some(Slot::Resident(entry)) => self.retire(&entry, reason),
            };
            if gone {
                return;
            }
        }
    }

    /// Whatever there is or was said of the tenant.
    pub(crate) fn invalidate(&self, tenant: TenantId) {
        self.forget(tenant, Reason::Changed, |_| false);
        // In this order: an opening that still stood may have left its answer, none does later.
        self.memory.forget(tenant);
    }

    /// Takes this very entry out, and has it closed; true when it was there.
    pub(crate) fn retire(&self, entry: &Arc<Entry<P>>, reason: Reason) -> bool {
        // The reaper first: at no time is an entry that may be leased neither here nor there.
        self.reaper.retire(entry, reason);
        self.residents.take_out(entry)
    }

    /// Holds what is there against how the tenant stands.
    pub(crate) fn heed(&self, notice: TenantNotice) {
        let reason = if notice.served {
            Reason::Changed
        } else {
            Reason::Refused
        };
        self.forget(notice.tenant, reason, |entry| {
            notice.served && entry.version().is_some() && entry.version() == notice.version
        });
        self.memory.forget(notice.tenant);
        if notice.version.is_some() {
            self.admission.known(notice.tenant);
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

    /// All that is under way or remembered may rest on what was read before a change that nobody told.
    pub(crate) fn distrust(&self) {
        self.residents.abandon_all();
        self.memory.clear();
    }
}
