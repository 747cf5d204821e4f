//! The budget's state and its decisions. It does nothing by itself: it is told what happened, and says what to do.
//!
//! One mutex guards it, never held over an await, and touched only when somebody waits or a connection is opened or
//! closed. What is to be done is collected in `out` and done when the mutex is free again.

mod arrivals;
mod closings;
mod dispatch;
mod logins;
mod placement;
mod returns;
mod shortage;
mod siblings;
mod victims;

use std::collections::HashMap;
use std::sync::Arc;

use super::account::{Kind, Shared};
use super::breaker::Breakers;
use super::ledger::{Ledger, Place};
use super::login_rate::LoginRate;
use super::numbered::Numbered;
use super::refusal::Refusal;
use super::rings::Rings;
use super::seat::Seat;
use super::slots::{Micros, Seated};
use super::sync::{AtomicBool, Ordering};
use super::word::Slot;
use crate::TenantId;
use crate::probe::ConnectFailure;
use shortage::Shortage;

pub(crate) use arrivals::{Joined, Left};
pub(crate) use logins::LoginFailed;

/// What is to be done, outside of the mutex.
pub(crate) enum Effect<K: Kind> {
    /// The waiter gets this connection.
    Grant(K::Waiter, Shared<K>, Slot, Seated<K::Connection>),
    /// The waiter gets none.
    Refuse(K::Waiter, Refusal),
    /// Log in, for this slot. Then [`Core::logged_in`], [`Core::login_failed`] or [`Core::server_full`].
    Login(Shared<K>, Slot, PipelineId),
    /// See whether the server answers, without a login. Then [`Core::reached`].
    Reach(Shared<K>),
    /// Close it. Then [`Core::closed`] when the server has let the backend go, or [`Core::unconfirmed`].
    Close(Shared<K>, Seated<K::Connection>, Option<PipelineId>),
}

/// A login, or a close for somebody else's login, under way.
pub(crate) struct Pipeline {
    id: PipelineId,
    began: Micros,
    /// For whom a login is, or of whom a close takes.
    account: u64,
    steals: bool,
}

pub(crate) type PipelineId = u64;

/// What the engine does with idle connections by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ages {
    /// Unused for so long, a connection is closed.
    pub(crate) idle: Micros,
    /// So old, it is closed when it comes back.
    pub(crate) life: Micros,
}

pub(crate) struct Core<K: Kind> {
    pub(crate) ledger: Ledger,
    /// What the cap shall be.
    target: u32,
    /// Permits of it that the server does not have for now.
    shortage: Shortage,
    pub(crate) seats: Numbered<Seat<K>>,
    /// The seats of each tenant.
    by_tenant: HashMap<TenantId, Vec<u64>>,
    pub(crate) rings: Rings,
    pub(crate) breakers: Breakers,
    pub(crate) rate: LoginRate,
    ages: Ages,
    pipelines: Vec<Pipeline>,
    numbers: u64,
    /// The sum of all floors, and whether the cap has room for it.
    promised: u32,
    /// The server's life: connections of an earlier one are dead.
    epoch: u32,
    /// Why the server cannot be asked, while it cannot.
    outage: Option<ConnectFailure>,
    /// A login could start, somebody starves for one, and nothing idle was found: whoever gives a connection back
    /// looks in.
    hungry: Arc<AtomicBool>,
    pub(crate) out: Vec<Effect<K>>,
}

impl<K: Kind> Core<K> {
    pub(crate) fn new(cores: u32, ages: Ages, hungry: Arc<AtomicBool>) -> Self {
        Self {
            ledger: Ledger::default(),
            target: 0,
            shortage: Shortage::default(),
            seats: Numbered::default(),
            by_tenant: HashMap::new(),
            rings: Rings::default(),
            breakers: Breakers::default(),
            rate: LoginRate::new(cores),
            ages,
            pipelines: Vec::new(),
            numbers: 0,
            promised: 0,
            epoch: 0,
            outage: None,
            hungry,
            out: Vec::new(),
        }
    }

    /// What [`Seated::epoch`] is of a connection that is opened now.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn target(&self) -> u32 {
        self.target
    }

    /// Permits that are withheld from the target, since the server had no place for them.
    pub(crate) fn withheld(&self) -> u32 {
        self.shortage.withheld().min(self.target)
    }

    /// The cap that is believed possible now.
    fn possible(&self) -> u32 {
        self.target - self.withheld()
    }

    /// Time has passed: who waits may have waited long enough for more.
    pub(crate) fn look(&mut self, now: Micros) {
        self.grow_back(now);
        self.dispatch(now);
    }

    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn set_hungry(&self, hungry: bool) {
        if self.hungry.load(Ordering::SeqCst) != hungry {
            self.hungry.store(hungry, Ordering::SeqCst);
        }
    }

    /// The account's floor, as far as the cap has room for all floors that were promised.
    pub(crate) fn floor(&self, seat: &Seat<K>) -> u32 {
        if self.floors_hold() && !seat.retired && !seat.closed {
            seat.account.floor
        } else {
            0
        }
    }

    /// Floors come to less than the cap, so that there is always something to pass on.
    fn floors_hold(&self) -> bool {
        self.promised < self.possible()
    }

    /// Counts an account's floor in; false when no floor holds, because all of them come to more than there is.
    pub(crate) fn promise(&mut self, floor: u32, now: Micros) -> bool {
        self.change_floors(|core| core.promised += floor);
        self.dispatch(now);
        // Before the server was asked it is not known.
        floor == 0 || self.target == 0 || self.floors_hold()
    }

    pub(crate) fn release_promise(&mut self, floor: u32, now: Micros) {
        self.change_floors(|core| core.promised = core.promised.saturating_sub(floor));
        self.dispatch(now);
    }

    /// Those who wait may wait in another ring after this.
    fn change_floors(&mut self, change: impl FnOnce(&mut Self)) {
        let held = self.floors_hold();
        change(self);
        if held != self.floors_hold() {
            let ids: Vec<u64> = self.seats.keys().copied().collect();
            for id in ids {
                self.settle(id);
            }
        }
    }

    /// Moves a permit. A ledger that disagrees is a defect, and loud in tests.
    pub(super) fn shift(&mut self, from: Place, to: Place) {
        let _ = self.ledger.shift(from, to);
    }

    /// A permit has come back: it may be one too many.
    pub(super) fn freed(&mut self) {
        if self.ledger.cap > self.possible() {
            self.ledger.resize(self.possible());
        }
    }

    /// What the cap shall be from now on.
    pub(crate) fn set_target(&mut self, cap: u32, now: Micros) {
        self.change_floors(|core| core.target = cap);
        self.ledger.resize(self.possible());
        self.shrink(now);
        self.dispatch(now);
    }

    /// The server answers, or it does not and this is why.
    pub(crate) fn set_outage(&mut self, outage: Option<ConnectFailure>) {
        self.outage = outage;
        // Before the server was asked for the first time there is no cap, and nobody to wait for.
        if self.target == 0
            && let Some(cause) = self.outage.clone()
        {
            let ids: Vec<u64> = self.seats.keys().copied().collect();
            for id in ids {
                self.refuse_all(id, &Refusal::Failed(cause.clone(), std::time::Duration::ZERO));
                self.settle(id);
            }
        }
    }

    /// All who wait for this account are told that they wait in vain.
    pub(super) fn refuse_all(&mut self, id: u64, refusal: &Refusal) {
        if let Some(seat) = self.seats.get_mut(&id) {
            for (waiter, _) in std::mem::take(&mut seat.waiters).into_values() {
                self.out.push(Effect::Refuse(waiter, refusal.clone()));
            }
            seat.account.slots.word.clear_slow();
        }
    }
}
