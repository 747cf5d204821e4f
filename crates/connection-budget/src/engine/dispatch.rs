//! Dispatch of logins to waiting tenants, and of closes that make room for them.

use super::{Core, EngineTypes, InFlight, InFlightId};
use crate::priority_queues::Priority;
use crate::slots::Microseconds;

/// A tenant that may be served now.
struct Candidate {
    id: u64,
    priority: Priority,
    /// Its server has to answer a probe before a login.
    probe_first: bool,
}

impl<E: EngineTypes> Core<E> {
    /// Starts as many logins as possible, or closes where no permit is free.
    ///
    /// A close is not tied to the tenant that caused it: when it is confirmed, the permit goes to the first in line,
    /// since the tenant may have been served by a connection of its own meanwhile.
    pub(super) fn dispatch(&mut self, now: Microseconds) {
        self.set_steal_requested(false);
        while self.login_could_start(now) {
            let ahead = if self.ledger.free > 0 {
                0
            } else {
                self.steals_in_flight(now)
            };
            let Some(next) = self.candidate(ahead, now) else {
                return;
            };
            let started = if next.probe_first {
                self.start_probe(next.id)
            } else if self.ledger.free > 0 {
                self.start_login(next.id, now)
            } else {
                self.start_stealing(&next, now)
            };
            if !started {
                return;
            }
        }
    }

    /// The next eligible tenant, after skipping `ahead` tenants that have a close in flight.
    fn candidate(&self, ahead: usize, now: Microseconds) -> Option<Candidate> {
        let waiting_tenants = self.priority_queues.waiting_tenants() > 0;
        let eligible = self
            .priority_queues
            .by_priority()
            .filter_map(|(id, ticket, priority)| {
                let queue = self.queues.get(&id)?;
                if queue.enqueued_as != Some((priority, ticket))
                    || (priority == Priority::OneMore && waiting_tenants)
                {
                    return None;
                }
                let trip = self.breakers.get(queue.account.tenant);
                if trip.is_some_and(|trip| trip.retry_at > now) {
                    return None;
                }
                let probe_first = trip.is_some_and(|trip| trip.probe_first);
                Some(Candidate {
                    id,
                    priority,
                    probe_first,
                })
            });
        eligible.into_iter().nth(ahead)
    }

    fn start_probe(&mut self, id: u64) -> bool {
        let Some(queue) = self.queues.get_mut(&id) else {
            return false;
        };
        queue.probing = true;
        let account = super::SharedAccount::clone(&queue.account);
        self.update_position(id);
        self.out.push(super::Effect::ProbeServer(account));
        true
    }

    /// Closes another tenant's idle connection for this one. False if there is none to take; then the next connection
    /// that is given back polls the core.
    fn start_stealing(&mut self, next: &Candidate, now: Microseconds) -> bool {
        let victim = match next.priority {
            Priority::OneMore => {
                let Some(queue) = self.queues.get(&next.id) else {
                    return false;
                };
                let waited = queue.waiting_since().map_or(0, |since| now.saturating_sub(since));
                // Its own connections are likely to be given back before a login completes.
                if waited < self.login_rate.average_time() {
                    return false;
                }
                self.take_victim(Some(queue.open), now)
            }
            Priority::BelowFloor | Priority::NoConnection => self.take_victim(None, now).or_else(|| {
                self.set_steal_requested(true);
                // A connection given back before the flag was set is visible now.
                self.take_victim(None, now)
            }),
        };
        let Some((account, slot, pooled)) = victim else {
            return false;
        };
        let in_flight = self.begin_in_flight(account.id, true, now);
        self.close(&account, slot, pooled, Some(in_flight));
        self.update_position(account.id);
        true
    }

    /// Whether one more login, or close for one, may run. Up to half the limit of closes runs in addition: a close
    /// needs little CPU, and its permit is free by the time a login ends.
    pub(crate) fn login_could_start(&self, now: Microseconds) -> bool {
        let limit = self.login_rate.limit(self.ledger.cap) as usize;
        let running = self.active(now).count();
        let additional = self.steals_in_flight(now).min(limit / 2);
        running - additional < limit
    }

    /// Closes in flight for waiting tenants.
    pub(crate) fn steals_in_flight(&self, now: Microseconds) -> usize {
        self.active(now).filter(|in_flight| in_flight.steals).count()
    }

    /// Logins and closes in flight that are not stuck.
    fn active(&self, now: Microseconds) -> impl Iterator<Item = &InFlight> {
        let stuck = self.login_rate.stuck_after();
        self.in_flight
            .iter()
            .filter(move |in_flight| now.saturating_sub(in_flight.began) < stuck)
    }

    /// Whether a login of this account takes far longer than usual.
    pub(super) fn login_is_stuck(&self, account: u64, now: Microseconds) -> bool {
        let stuck = self.login_rate.stuck_after();
        let is_stuck = |in_flight: &InFlight| {
            !in_flight.steals && in_flight.account == account && now.saturating_sub(in_flight.began) >= stuck
        };
        self.in_flight.iter().any(is_stuck)
    }

    pub(super) fn begin_in_flight(&mut self, account: u64, steals: bool, now: Microseconds) -> InFlightId {
        let id = self.next_id();
        self.in_flight.push(InFlight {
            id,
            began: now,
            account,
            steals,
        });
        id
    }

    pub(super) fn end_in_flight(&mut self, id: InFlightId) {
        self.in_flight.retain(|in_flight| in_flight.id != id);
    }
}
