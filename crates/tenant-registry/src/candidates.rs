//! Who goes when the cap is met: a few of the longest unused, found in one look over all.
//!
//! With the cap met, every miss needs a place; a look over all entries for each of them would make a miss the dearer
//! the more are resident. What is found stays right for as long as it is not used again: all others were used later,
//! and time only goes on.

use std::sync::{Arc, Mutex, PoisonError};

use crate::entry::Entry;
use crate::residents::{Residents, Slot};
use crate::{TenantId, TenantPool};

/// A look finds one in so many, so that this many entries are looked at for each that goes.
const SHARE: usize = 64;

/// When it was used last.
type Unused = (u64, TenantId);

/// The longest unused last. Tenants, not entries: nothing is kept from being closed.
#[derive(Default)]
pub(crate) struct Candidates(Mutex<Vec<Unused>>);

impl Candidates {
    /// The one longest unused; held ones last, the newcomer never.
    pub(crate) fn next<P: TenantPool>(
        &self,
        residents: &Residents<P>,
        newcomer: TenantId,
        now: u64,
    ) -> Option<Arc<Entry<P>>> {
        // Held over the look: who comes meanwhile would only look as well.
        let mut candidates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((used, tenant)) = candidates.pop() {
            if let Some(Slot::Resident(entry)) = residents.at(tenant)
                && tenant != newcomer
                && !entry.is_retired()
                && entry.last_used(now) <= used
                && entry.leases() == 0
            {
                return Some(entry);
            }
        }
        let mut held = None;
        residents.each(|entry| {
            let tenant = entry.body.tenant;
            // It asks for the place, or gives its own back already.
            if tenant == newcomer || entry.is_retired() {
                return;
            }
            let used = entry.look(now);
            if entry.leases() == 0 {
                candidates.push((used, tenant));
            } else if held.as_ref().is_none_or(|(longest, _)| used < *longest) {
                held = Some((used, Arc::clone(entry)));
            }
        });
        keep_longest_unused(&mut candidates);
        while let Some((_, tenant)) = candidates.pop() {
            if let Some(Slot::Resident(entry)) = residents.at(tenant) {
                return Some(entry);
            }
        }
        held.map(|(_, entry)| entry)
    }
}

fn keep_longest_unused(candidates: &mut Vec<Unused>) {
    let keep = candidates.len().div_ceil(SHARE);
    if keep < candidates.len() {
        candidates.select_nth_unstable(keep);
        candidates.truncate(keep);
    }
    candidates.sort_unstable_by(|one, other| other.cmp(one));
}
