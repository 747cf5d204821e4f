//! Who gets the next login, and whose connection goes for it.

use super::{Core, Kind, Pipeline, PipelineId};
use crate::budget::rings::Class;
use crate::budget::slots::Micros;

/// Somebody who may be served now.
struct Candidate {
    id: u64,
    class: Class,
    /// Its server has to be tried first.
    silent: bool,
}

impl<K: Kind> Core<K> {
    /// Starts what can be started: logins where a permit is free, closes where one has to be made free.
    ///
    /// Who asked for a close has no right to its permit. When it is confirmed, all is decided anew: it may have been
    /// served by a connection of its own meanwhile.
    pub(super) fn dispatch(&mut self, now: Micros) {
        self.set_hungry(false);
        while self.login_could_start(now) {
            let ahead = if self.ledger.free > 0 {
                0
            } else {
                self.steals_under_way(now)
            };
            let Some(next) = self.candidate(ahead, now) else {
                return;
            };
            let started = if next.silent {
                self.start_reaching(next.id)
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

    /// The next one whom nothing stands against, after so many others of whom each has a close under way for it.
    fn candidate(&self, ahead: usize, now: Micros) -> Option<Candidate> {
        let starving = self.rings.starving() > 0;
        let standing = self.rings.in_order().filter_map(|(id, ticket, class)| {
            let seat = self.seats.get(&id)?;
            if seat.queued != Some((class, ticket)) || (class == Class::More && starving) {
                return None;
            }
            let trip = self.breakers.get(seat.account.tenant);
            if trip.is_some_and(|trip| trip.retry_at > now) {
                return None;
            }
            let silent = trip.is_some_and(|trip| trip.silent);
            Some(Candidate { id, class, silent })
        });
        standing.into_iter().nth(ahead)
    }

    fn start_reaching(&mut self, id: u64) -> bool {
        let Some(seat) = self.seats.get_mut(&id) else {
            return false;
        };
        seat.reaching = true;
        let account = super::Shared::clone(&seat.account);
        self.settle(id);
        self.out.push(super::Effect::Reach(account));
        true
    }

    /// Closes somebody's idle connection for this one. False when there is none that may be taken; then whoever gives
    /// one back is asked to look in.
    fn start_stealing(&mut self, next: &Candidate, now: Micros) -> bool {
        let victim = match next.class {
            Class::More => {
                let Some(seat) = self.seats.get(&next.id) else {
                    return false;
                };
                let waited = seat.waiting_since().map_or(0, |since| now.saturating_sub(since));
                // Its own connections come back sooner than a login would be done.
                if waited < self.rate.time() {
                    return false;
                }
                self.take_victim(Some(seat.open), now)
            }
            Class::BelowFloor | Class::Without => self.take_victim(None, now).or_else(|| {
                self.set_hungry(true);
                // Whoever gave one back before it could see this has made it visible.
                self.take_victim(None, now)
            }),
        };
        let Some((account, slot, seated)) = victim else {
            return false;
        };
        let pipeline = self.begin_pipeline(account.id, true, now);
        self.close(&account, slot, seated, Some(pipeline));
        self.settle(account.id);
        true
    }

    /// Whether one more login, or close for one, may run. Half as many closes as logins may run beside them: a close
    /// leaves the processor to others, and what it makes free is there when a login has ended.
    pub(crate) fn login_could_start(&self, now: Micros) -> bool {
        let limit = self.rate.limit(self.ledger.cap) as usize;
        let running = self.moving(now).count();
        let beside = self.steals_under_way(now).min(limit / 2);
        running - beside < limit
    }

    /// Closes under way for somebody who waits.
    pub(crate) fn steals_under_way(&self, now: Micros) -> usize {
        self.moving(now).filter(|pipeline| pipeline.steals).count()
    }

    /// What is under way and not stuck.
    fn moving(&self, now: Micros) -> impl Iterator<Item = &Pipeline> {
        let stuck = self.rate.stuck();
        self.pipelines
            .iter()
            .filter(move |pipeline| now.saturating_sub(pipeline.began) < stuck)
    }

    /// Whether a login of this account takes far longer than logins do.
    pub(super) fn login_is_stuck(&self, account: u64, now: Micros) -> bool {
        let stuck = self.rate.stuck();
        let is_stuck = |pipeline: &Pipeline| {
            !pipeline.steals && pipeline.account == account && now.saturating_sub(pipeline.began) >= stuck
        };
        self.pipelines.iter().any(is_stuck)
    }

    pub(super) fn begin_pipeline(&mut self, account: u64, steals: bool, now: Micros) -> PipelineId {
        let id = self.number();
        self.pipelines.push(Pipeline {
            id,
            began: now,
            account,
            steals,
        });
        id
    }

    pub(super) fn end_pipeline(&mut self, id: PipelineId) {
        self.pipelines.retain(|pipeline| pipeline.id != id);
    }
}
