//! State machine of the budget, without I/O: methods report events, and `out` collects the effects to perform.
//!
//! One mutex guards it, taken only when a request waits or a connection is opened or closed, and never held over an
//! await. Effects are performed after the mutex is released.

mod check_in;
mod closing;
mod dispatch;
mod enqueueing;
mod logins;
mod shortage;
mod tenant_accounts;
mod victims;
mod waiters;

use std::collections::HashMap;
use std::sync::Arc;

use pg_session::ConnectFailure;
use pg_session::Refusal;
use shortage::Shortage;

use super::account::{EngineTypes, SharedAccount};
use super::breaker::Breakers;
use super::id_map::IdMap;
use super::idle_bitmap::Slot;
use super::ledger::{Ledger, PermitState};
use super::login_rate::LoginRate;
use super::priority_queues::PriorityQueues;
use super::slots::{Microseconds, PooledConnection};
use super::sync::{AtomicBool, Ordering};
use super::tenant_queue::TenantQueue;
use crate::PoolKey;

pub(crate) use logins::LoginFailed;
pub(crate) use waiters::{CancelOutcome, EnqueueOutcome};

/// An effect to perform after the mutex is released.
pub(crate) enum Effect<E: EngineTypes> {
    /// Answer the waiter with this connection.
    Grant(E::Waiter, SharedAccount<E>, Slot, PooledConnection<E::Connection>),
    /// Answer the waiter with this refusal.
    Refuse(E::Waiter, Refusal),
    /// Log in for this slot, and report [`Core::logged_in`], [`Core::login_failed`] or [`Core::server_full`].
    Login(SharedAccount<E>, Slot, InFlightId),
    /// Probe whether the server answers, without a login, and report [`Core::probed`].
    ProbeServer(SharedAccount<E>),
    /// Close the connection, and report [`Core::backend_closed`] when the backend is gone, or
    /// [`Core::close_unconfirmed`].
    Close(
        SharedAccount<E>,
        PooledConnection<E::Connection>,
        Option<InFlightId>,
    ),
}

/// A login in flight, or a close that makes room for another tenant's login.
pub(crate) struct InFlight {
    id: InFlightId,
    began: Microseconds,
    /// The account that logs in, or whose connection is closed.
    account: u64,
    steals: bool,
}

pub(crate) type InFlightId = u64;

/// Age limits of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgeLimits {
    /// A connection idle for this long is closed.
    pub(crate) idle: Microseconds,
    /// A connection this old is closed when it is given back.
    pub(crate) lifetime: Microseconds,
}

pub(crate) struct Core<E: EngineTypes> {
    pub(crate) ledger: Ledger,
    /// The configured cap, bounded by the server's limit.
    target: u32,
    /// Permits of the target withheld while the server is full.
    shortage: Shortage,
    pub(crate) queues: IdMap<TenantQueue<E>>,
    /// The accounts of each tenant.
    by_tenant: HashMap<PoolKey, Vec<u64>>,
    pub(crate) priority_queues: PriorityQueues,
    pub(crate) breakers: Breakers,
    pub(crate) login_rate: LoginRate,
    age_limits: AgeLimits,
    in_flight: Vec<InFlight>,
    last_id: u64,
    /// The sum of all floors.
    reserved: u32,
    /// Counts restarts of the server: connections of an earlier epoch are dead.
    epoch: u32,
    /// Why the sentinel cannot query the server, while it cannot.
    outage: Option<ConnectFailure>,
    /// Set while a tenant waits, a login could start, and no idle connection was found to close for it: giving a
    /// connection back then polls the core.
    steal_requested: Arc<AtomicBool>,
    pub(crate) out: Vec<Effect<E>>,
}

impl<E: EngineTypes> Core<E> {
    pub(crate) fn new(cores: u32, age_limits: AgeLimits, steal_requested: Arc<AtomicBool>) -> Self {
        Self {
            ledger: Ledger::default(),
            target: 0,
            shortage: Shortage::default(),
            queues: IdMap::default(),
            by_tenant: HashMap::new(),
            priority_queues: PriorityQueues::default(),
            breakers: Breakers::default(),
            login_rate: LoginRate::new(cores),
            age_limits,
            in_flight: Vec::new(),
            last_id: 0,
            reserved: 0,
            epoch: 0,
            outage: None,
            steal_requested,
            out: Vec::new(),
        }
    }

    /// The [`PooledConnection::epoch`] of a connection opened now.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn target(&self) -> u32 {
        self.target
    }

    /// Permits withheld from the target because the server was full.
    pub(crate) fn withheld(&self) -> u32 {
        self.shortage.withheld().min(self.target)
    }

    /// The target less the withheld permits.
    fn attainable_cap(&self) -> u32 {
        self.target - self.withheld()
    }

    /// Makes the decisions that depend on time alone.
    pub(crate) fn poll(&mut self, now: Microseconds) {
        self.grow_back(now);
        self.dispatch(now);
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn set_steal_requested(&self, steal_requested: bool) {
        if self.steal_requested.load(Ordering::SeqCst) != steal_requested {
            self.steal_requested.store(steal_requested, Ordering::SeqCst);
        }
    }

    /// The account's floor; zero while the cap has no room for all reserved floors.
    pub(crate) fn floor(&self, queue: &TenantQueue<E>) -> u32 {
        if self.floors_fit() && !queue.retired && !queue.closed {
            queue.account.floor
        } else {
            0
        }
    }

    /// Whether all floors sum to less than the cap, so that some connections can always pass between tenants.
    fn floors_fit(&self) -> bool {
        self.reserved < self.attainable_cap()
    }

    /// Reserves an account's floor. False if the floors no longer fit, so that none of them applies.
    pub(crate) fn reserve_floor(&mut self, floor: u32, now: Microseconds) -> bool {
        self.change_floors(|core| core.reserved += floor);
        self.dispatch(now);
        // Unknown until the server's limits are read.
        floor == 0 || self.target == 0 || self.floors_fit()
    }

    pub(crate) fn release_floor(&mut self, floor: u32, now: Microseconds) {
        self.change_floors(|core| core.reserved = core.reserved.saturating_sub(floor));
        self.dispatch(now);
    }

    /// Applies a change after which waiting tenants may have another priority.
    fn change_floors(&mut self, change: impl FnOnce(&mut Self)) {
        let held = self.floors_fit();
        change(self);
        if held != self.floors_fit() {
            let ids: Vec<u64> = self.queues.keys().copied().collect();
            for id in ids {
                self.update_position(id);
            }
        }
    }

    /// Moves a permit. A missing permit is a defect, which panics in debug builds.
    pub(super) fn transfer(&mut self, from: PermitState, to: PermitState) {
        let _ = self.ledger.transfer(from, to);
    }

    /// Lowers the cap by freed permits that are above the attainable cap.
    pub(super) fn trim_cap(&mut self) {
        if self.ledger.cap > self.attainable_cap() {
            self.ledger.resize(self.attainable_cap());
        }
    }

    /// Sets the cap to reach.
    pub(crate) fn set_target(&mut self, cap: u32, now: Microseconds) {
        self.change_floors(|core| core.target = cap);
        self.ledger.resize(self.attainable_cap());
        self.shrink(now);
        self.dispatch(now);
    }

    /// Records that the server answers the sentinel, or why it does not.
    pub(crate) fn set_outage(&mut self, outage: Option<ConnectFailure>) {
        self.outage = outage;
        // Before the first answer there is no cap, so waiting would be in vain.
        if self.target == 0
            && let Some(cause) = self.outage.clone()
        {
            let ids: Vec<u64> = self.queues.keys().copied().collect();
            for id in ids {
                self.refuse_all(
                    id,
                    &Refusal::login_failed(cause.clone(), std::time::Duration::ZERO),
                );
                self.update_position(id);
            }
        }
    }

    /// Refuses all waiters of this account.
    pub(super) fn refuse_all(&mut self, id: u64, refusal: &Refusal) {
        if let Some(queue) = self.queues.get_mut(&id) {
            for (waiter, _) in std::mem::take(&mut queue.waiters).into_values() {
                self.out.push(Effect::Refuse(waiter, refusal.clone()));
            }
            queue.account.slots.idle.clear_has_waiters();
        }
    }
}
