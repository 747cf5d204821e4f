//! Simulated tenants, budget and server, of numbers and threads.

use std::sync::Arc;

use pg_session::ConnectFailure;
use pg_session::Refusal;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::sync::{Mutex, mpsc};
use shuttle::thread;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::PoolKey;
use crate::account::{Account, EngineTypes, SharedAccount};
use crate::engine::{AgeLimits, CancelOutcome, Core, Effect, EnqueueOutcome};
use crate::idle_bitmap::Slot;
use crate::slots::{Microseconds, PooledConnection, Slots};
use crate::sync::AtomicBool;

pub(super) struct SimulatedEngine;

/// The answer to a waiter: a connection and its slot, or a refusal.
pub(super) type Answer = Result<(Slot, PooledConnection<u32>), Refusal>;

impl EngineTypes for SimulatedEngine {
    type Connection = u32;
    type Waiter = mpsc::Sender<Answer>;
    type Connector = ();
}

/// A tenant's first account.
pub(super) fn account(id: u64, max: u32, floor: u32) -> SharedAccount<SimulatedEngine> {
    account_of(Uuid::from_u128(u128::from(id)).into(), id, max, floor)
}

/// One more account of this tenant.
pub(super) fn account_of(tenant: PoolKey, id: u64, max: u32, floor: u32) -> SharedAccount<SimulatedEngine> {
    Arc::new(Account {
        id,
        tenant,
        slots: Slots::new(max),
        max,
        floor,
        floor_reserved: std::sync::atomic::AtomicBool::new(floor > 0),
        connector: (),
        drained: Notify::new(),
    })
}

pub(super) fn core(cap: u32, steal_requested: &Arc<AtomicBool>) -> Core<SimulatedEngine> {
    let age_limits = AgeLimits {
        idle: Microseconds::MAX,
        lifetime: Microseconds::MAX,
    };
    let mut core = Core::new(2, age_limits, Arc::clone(steal_requested));
    core.set_target(cap, 0);
    core
}

/// What [`super::super::Inner`] is, with threads for tasks, and a clock that advances with each reading.
pub(super) struct SimulatedCluster {
    core: Mutex<Core<SimulatedEngine>>,
    steal_requested: Arc<AtomicBool>,
    clock: AtomicU64,
    connections: AtomicU64,
    /// The server's backends, their maximum so far, and their limit.
    backends: AtomicU64,
    max_backends: AtomicU64,
    limit: u64,
}

impl SimulatedCluster {
    pub(super) fn new(cap: u32) -> Arc<Self> {
        Self::with_limit(cap, u64::MAX)
    }

    /// With a server that has this many connection slots, independent of the cap.
    pub(super) fn with_limit(cap: u32, limit: u64) -> Arc<Self> {
        let steal_requested = Arc::new(AtomicBool::new(false));
        Arc::new(Self {
            core: Mutex::new(core(cap, &steal_requested)),
            steal_requested,
            clock: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            backends: AtomicU64::new(0),
            max_backends: AtomicU64::new(0),
            limit,
        })
    }

    /// The most backends at once.
    pub(super) fn max_backends(&self) -> u64 {
        self.max_backends.load(Ordering::SeqCst)
    }

    /// Opens a backend. False if the server is full.
    fn open_backend(&self) -> bool {
        let backends = self.backends.fetch_add(1, Ordering::SeqCst) + 1;
        if backends > self.limit {
            self.backends.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        self.max_backends.fetch_max(backends, Ordering::SeqCst);
        true
    }

    fn now(&self) -> Microseconds {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn with<R>(self: &Arc<Self>, event: impl FnOnce(&mut Core<SimulatedEngine>) -> R) -> R {
        let (answer, out) = {
            let mut core = self.core.lock().unwrap();
            let answer = event(&mut core);
            assert!(core.ledger.is_balanced(), "{:?}", core.ledger);
            (answer, std::mem::take(&mut core.out))
        };
        for effect in out {
            self.perform(effect);
        }
        answer
    }

    fn perform(self: &Arc<Self>, effect: Effect<SimulatedEngine>) {
        let cluster = Arc::clone(self);
        match effect {
            Effect::Grant(waiter, account, slot, pooled) => {
                if let Err(mpsc::SendError(Ok((slot, pooled)))) = waiter.send(Ok((slot, pooled))) {
                    let now = self.now();
                    self.with(|core| core.give_back(&account, slot, pooled, now));
                }
            }
            Effect::Refuse(waiter, refusal) => drop(waiter.send(Err(refusal))),
            Effect::Login(account, slot, in_flight) => {
                thread::spawn(move || {
                    let now = cluster.now();
                    if !cluster.open_backend() {
                        cluster.with(|core| core.server_full(&account, slot, in_flight, full(), now));
                        return;
                    }
                    let number = u32::try_from(cluster.connections.fetch_add(1, Ordering::SeqCst)).unwrap();
                    let pooled = pooled(number, now);
                    cluster.with(|core| core.logged_in(&account, slot, in_flight, pooled, 1, now));
                });
            }
            Effect::ProbeServer(_) => panic!("no login timed out"),
            Effect::Close(account, _, in_flight) => {
                thread::spawn(move || {
                    let now = cluster.now();
                    cluster.backends.fetch_sub(1, Ordering::SeqCst);
                    cluster.with(|core| core.backend_closed(&account, in_flight, now));
                });
            }
        }
    }

    /// As [`super::super::periodic`] does it, after so many microseconds.
    pub(super) fn advance(self: &Arc<Self>, time: Microseconds) {
        let now = self.clock.fetch_add(time, Ordering::SeqCst) + time;
        self.with(|core| core.poll(now));
    }

    /// As [`super::super::pool`] does it: the fast path, or the queue.
    pub(super) fn acquire(self: &Arc<Self>, account: &SharedAccount<SimulatedEngine>) -> Answer {
        match self.start_acquire(account) {
            Ok(answer) => answer,
            Err((_, answer_rx)) => answer_rx.recv().unwrap(),
        }
    }

    /// As [`acquire`](Self::acquire), but cancels the wait.
    pub(super) fn acquire_or_cancel(self: &Arc<Self>, account: &SharedAccount<SimulatedEngine>) -> Answer {
        let (id, answer_rx) = match self.start_acquire(account) {
            Ok(answer) => return answer,
            Err(queued) => queued,
        };
        thread::yield_now();
        let now = self.now();
        match self.with(|core| core.cancel_wait(account, id, now)) {
            CancelOutcome::TimedOut(refusal) => Err(refusal),
            CancelOutcome::AlreadyAnswered => answer_rx.recv().unwrap(),
        }
    }

    fn start_acquire(
        self: &Arc<Self>,
        account: &SharedAccount<SimulatedEngine>,
    ) -> Result<Answer, (u64, mpsc::Receiver<Answer>)> {
        if let Some(taken) = account.slots.take() {
            return Ok(Ok(taken));
        }
        let (answer_tx, answer_rx) = mpsc::channel();
        let now = self.now();
        match self.with(|core| core.enqueue(account, answer_tx, now)) {
            EnqueueOutcome::Granted(slot, pooled) => Ok(Ok((slot, pooled))),
            EnqueueOutcome::Refused(refusal) => Ok(Err(refusal)),
            EnqueueOutcome::Queued(id) => Err((id, answer_rx)),
        }
    }

    /// Drops the request at any point, even when its answer is in the channel.
    pub(super) fn acquire_and_drop(self: &Arc<Self>, account: &SharedAccount<SimulatedEngine>) {
        match self.start_acquire(account) {
            Ok(Ok((slot, pooled))) => self.give_back(account, slot, pooled),
            Ok(Err(_)) => {}
            Err((id, answer_rx)) => {
                thread::yield_now();
                let now = self.now();
                self.with(|core| core.cancel_wait(account, id, now));
                // Unlike a oneshot, this channel keeps a sent answer: the connection is given back from here.
                if let Ok(Ok((slot, pooled))) = answer_rx.try_recv() {
                    drop(answer_rx);
                    self.give_back(account, slot, pooled);
                }
            }
        }
    }

    /// As [`super::super::checkout`] does it with one that is not to be used again.
    pub(super) fn discard(
        self: &Arc<Self>,
        account: &SharedAccount<SimulatedEngine>,
        slot: Slot,
        pooled: PooledConnection<u32>,
    ) {
        let now = self.now();
        self.with(|core| core.discard(account, slot, pooled, false, now));
    }

    /// As [`super::super::checkout`] does it.
    pub(super) fn give_back(
        self: &Arc<Self>,
        account: &SharedAccount<SimulatedEngine>,
        slot: Slot,
        pooled: PooledConnection<u32>,
    ) {
        let now = self.now();
        match account.slots.put(slot, pooled, now) {
            Ok(()) if self.steal_requested.load(Ordering::SeqCst) => self.with(|core| core.poll(now)),
            Ok(()) => {}
            Err(pooled) => self.with(|core| core.give_back(account, slot, pooled, now)),
        }
    }
}

pub(super) fn full() -> ConnectFailure {
    sqlx::Error::PoolTimedOut.into()
}

pub(super) fn pooled(number: u32, now: Microseconds) -> PooledConnection<u32> {
    PooledConnection {
        connection: number,
        pid: i32::try_from(number).unwrap(),
        opened: now,
        epoch: 0,
    }
}
