//! Tenants, a budget and a server, of numbers and threads.

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::sync::{Mutex, mpsc};
use shuttle::thread;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::TenantId;
use crate::budget::account::{Account, Kind, Shared};
use crate::budget::core::{Ages, Core, Effect, Joined, Left};
use crate::budget::refusal::Refusal;
use crate::budget::slots::{Micros, Seated, Slots};
use crate::budget::sync::AtomicBool;
use crate::budget::word::Slot;
use crate::probe::ConnectFailure;

pub(super) struct Fake;

/// What a waiter is told: a connection in its slot, or why there is none.
pub(super) type Answer = Result<(Slot, Seated<u32>), Refusal>;

impl Kind for Fake {
    type Connection = u32;
    type Waiter = mpsc::Sender<Answer>;
    type Door = ();
}

/// A tenant's first account.
pub(super) fn account(id: u64, max: u32, floor: u32) -> Shared<Fake> {
    account_of(Uuid::from_u128(u128::from(id)).into(), id, max, floor)
}

/// One more account of this tenant.
pub(super) fn account_of(tenant: TenantId, id: u64, max: u32, floor: u32) -> Shared<Fake> {
    Arc::new(Account {
        id,
        tenant,
        slots: Slots::new(max),
        max,
        floor,
        promised: std::sync::atomic::AtomicBool::new(floor > 0),
        door: (),
        drained: Notify::new(),
    })
}

pub(super) fn core(cap: u32, hungry: &Arc<AtomicBool>) -> Core<Fake> {
    let ages = Ages {
        idle: Micros::MAX,
        life: Micros::MAX,
    };
    let mut core = Core::new(2, ages, Arc::clone(hungry));
    core.set_target(cap, 0);
    core
}

/// What [`super::super::Inner`] is, with threads for tasks and a clock that goes on by one each time it is read.
pub(super) struct World {
    core: Mutex<Core<Fake>>,
    hungry: Arc<AtomicBool>,
    clock: AtomicU64,
    connections: AtomicU64,
    /// Backends that the server has, the most that it had, and how many it has places for.
    backends: AtomicU64,
    most: AtomicU64,
    places: u64,
}

impl World {
    pub(super) fn new(cap: u32) -> Arc<Self> {
        Self::with_places(cap, u64::MAX)
    }

    /// Over a server that has so many places, whatever the cap is.
    pub(super) fn with_places(cap: u32, places: u64) -> Arc<Self> {
        let hungry = Arc::new(AtomicBool::new(false));
        Arc::new(Self {
            core: Mutex::new(core(cap, &hungry)),
            hungry,
            clock: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            backends: AtomicU64::new(0),
            most: AtomicU64::new(0),
            places,
        })
    }

    /// The most backends that the server had at a time.
    pub(super) fn most(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }

    /// Whether the server had a place for one more backend.
    fn opened(&self) -> bool {
        let backends = self.backends.fetch_add(1, Ordering::SeqCst) + 1;
        if backends > self.places {
            self.backends.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        self.most.fetch_max(backends, Ordering::SeqCst);
        true
    }

    fn now(&self) -> Micros {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn with<R>(self: &Arc<Self>, tell: impl FnOnce(&mut Core<Fake>) -> R) -> R {
        let (answer, out) = {
            let mut core = self.core.lock().unwrap();
            let answer = tell(&mut core);
            assert!(core.ledger.adds_up(), "{:?}", core.ledger);
            (answer, std::mem::take(&mut core.out))
        };
        for effect in out {
            self.perform(effect);
        }
        answer
    }

    fn perform(self: &Arc<Self>, effect: Effect<Fake>) {
        let world = Arc::clone(self);
        match effect {
            Effect::Grant(waiter, account, slot, seated) => {
                if let Err(mpsc::SendError(Ok((slot, seated)))) = waiter.send(Ok((slot, seated))) {
                    let now = self.now();
                    self.with(|core| core.give_back(&account, slot, seated, now));
                }
            }
            Effect::Refuse(waiter, refusal) => drop(waiter.send(Err(refusal))),
            Effect::Login(account, slot, pipeline) => {
                thread::spawn(move || {
                    let now = world.now();
                    if !world.opened() {
                        world.with(|core| core.server_full(&account, slot, pipeline, full(), now));
                        return;
                    }
                    let number = u32::try_from(world.connections.fetch_add(1, Ordering::SeqCst)).unwrap();
                    let seated = seated(number, now);
                    world.with(|core| core.logged_in(&account, slot, pipeline, seated, 1, now));
                });
            }
            Effect::Reach(_) => panic!("nothing was silent"),
            Effect::Close(account, _, pipeline) => {
                thread::spawn(move || {
                    let now = world.now();
                    world.backends.fetch_sub(1, Ordering::SeqCst);
                    world.with(|core| core.closed(&account, pipeline, now));
                });
            }
        }
    }

    /// As [`super::super::ticks`] does it, after so many microseconds.
    pub(super) fn pass(self: &Arc<Self>, time: Micros) {
        let now = self.clock.fetch_add(time, Ordering::SeqCst) + time;
        self.with(|core| core.look(now));
    }

    /// As [`super::super::pool`] does it: the fast way, or the queue.
    pub(super) fn acquire(self: &Arc<Self>, account: &Shared<Fake>) -> Answer {
        match self.begin(account) {
            Ok(answer) => answer,
            Err((_, told)) => told.recv().unwrap(),
        }
    }

    /// As [`acquire`](Self::acquire), but gives up when nothing has come.
    pub(super) fn acquire_or_leave(self: &Arc<Self>, account: &Shared<Fake>) -> Answer {
        let (number, told) = match self.begin(account) {
            Ok(answer) => return answer,
            Err(queued) => queued,
        };
        thread::yield_now();
        let now = self.now();
        match self.with(|core| core.leave(account, number, now)) {
            Left::InVain(refusal) => Err(refusal),
            Left::Answered => told.recv().unwrap(),
        }
    }

    fn begin(self: &Arc<Self>, account: &Shared<Fake>) -> Result<Answer, (u64, mpsc::Receiver<Answer>)> {
        if let Some(taken) = account.slots.take() {
            return Ok(Ok(taken));
        }
        let (tell, told) = mpsc::channel();
        let now = self.now();
        match self.with(|core| core.join(account, tell, now)) {
            Joined::Got(slot, seated) => Ok(Ok((slot, seated))),
            Joined::Refused(refusal) => Ok(Err(refusal)),
            Joined::Queued(number) => Err((number, told)),
        }
    }

    /// Goes away without a word, wherever it is: the answer may be on its way.
    pub(super) fn acquire_and_vanish(self: &Arc<Self>, account: &Shared<Fake>) {
        match self.begin(account) {
            Ok(Ok((slot, seated))) => self.give_back(account, slot, seated),
            Ok(Err(_)) => {}
            Err((number, told)) => {
                thread::yield_now();
                let now = self.now();
                self.with(|core| core.leave(account, number, now));
                // A channel keeps what was sent before its end, as a oneshot's does not: it goes back from here.
                if let Ok(Ok((slot, seated))) = told.try_recv() {
                    drop(told);
                    self.give_back(account, slot, seated);
                }
            }
        }
    }

    /// As [`super::super::checkout`] does it with one that is not to be used again.
    pub(super) fn give_up(self: &Arc<Self>, account: &Shared<Fake>, slot: Slot, seated: Seated<u32>) {
        let now = self.now();
        self.with(|core| core.give_up(account, slot, seated, false, now));
    }

    /// As [`super::super::checkout`] does it.
    pub(super) fn give_back(self: &Arc<Self>, account: &Shared<Fake>, slot: Slot, seated: Seated<u32>) {
        let now = self.now();
        match account.slots.put(slot, seated, now) {
            Ok(()) if self.hungry.load(Ordering::SeqCst) => self.with(|core| core.look(now)),
            Ok(()) => {}
            Err(seated) => self.with(|core| core.give_back(account, slot, seated, now)),
        }
    }
}

pub(super) fn full() -> ConnectFailure {
    sqlx::Error::PoolTimedOut.into()
}

pub(super) fn seated(number: u32, now: Micros) -> Seated<u32> {
    Seated {
        connection: number,
        pid: i32::try_from(number).unwrap(),
        opened: now,
        epoch: 0,
    }
}
