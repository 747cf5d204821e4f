//! Choice of the idle connection to close when another tenant needs its permit.

use super::{Core, EngineTypes, PooledConnection, SharedAccount, Slot, TenantQueue};
use crate::slots::Microseconds;

/// A tenant with connections takes from one with at most one more only what has been idle for this long.
const IDLE_FOR_MORE: Microseconds = 50_000;

/// Order of preference: retired pools first, then the least recently used connection.
type Rank = (bool, Microseconds);

impl<E: EngineTypes> Core<E> {
    /// Takes the least recently used idle connection above its owner's floor, of retired pools first. The caller closes
    /// it.
    pub(super) fn take_victim(
        &self,
        richer_than: Option<u32>,
        now: Microseconds,
    ) -> Option<(SharedAccount<E>, Slot, PooledConnection<E::Connection>)> {
        loop {
            let (account, slot) = self.victim(richer_than, now)?;
            // If the owner took it meanwhile, chooses again.
            if let Some(pooled) = account.slots.take_this(slot) {
                return Some((account, slot, pooled));
            }
        }
    }

    /// `richer_than`: the taker's own number of connections. It takes only from accounts with at least two more, or
    /// what has been idle for [`IDLE_FOR_MORE`].
    fn victim(&self, richer_than: Option<u32>, now: Microseconds) -> Option<(SharedAccount<E>, Slot)> {
        let mut best: Option<(Rank, &TenantQueue<E>, Slot)> = None;
        for queue in self.queues.values() {
            if queue.open <= self.floor(queue) {
                continue;
            }
            for slot in queue.account.slots.idle.slots() {
                let since = queue.account.slots.idle_since(slot);
                let allowed = richer_than
                    .is_none_or(|own| queue.open > own + 1 || now.saturating_sub(since) >= IDLE_FOR_MORE);
                let rank = (!queue.retired, since);
                if allowed && best.as_ref().is_none_or(|(least, ..)| rank < *least) {
                    best = Some((rank, queue, slot));
                }
            }
        }
        best.map(|(_, queue, slot)| (SharedAccount::clone(&queue.account), slot))
    }
}
