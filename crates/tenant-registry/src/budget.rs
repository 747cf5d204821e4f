//! One hard cap of connections over the pools of all tenants of a PostgreSQL cluster.
//!
//! [`core`](self::core) decides, [`word`](self::word) is the fast way around it, and this file carries out what was
//! decided: it hands connections to those who wait and starts the tasks that log in and close. A permit is free again
//! when the server has let the backend go, which [`sentinel`](self::sentinel) asks it.

mod account;
mod breaker;
mod checkout;
mod clean_up;
mod close;
mod core;
mod distrust;
mod door;
mod ending;
mod ledger;
mod login;
mod login_rate;
mod meters;
mod numbered;
mod pool;
mod reach;
mod refusal;
mod rings;
mod seat;
mod sentinel;
mod settings;
mod slots;
mod snapshot;
mod sync;
#[cfg(test)]
mod tests;
mod ticks;
mod wait;
mod watchdog;
mod word;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering as StdOrdering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use self::core::{Ages, Core, Effect};
use self::meters::Meters;
use self::slots::Micros;
use self::sync::{AtomicBool, Mutex, Ordering, lock};
use crate::TenantId;

pub use checkout::BudgetedCheckout;
pub use ledger::Ledger;
pub use pool::BudgetedPool;
pub use refusal::{BudgetSpent, LoginBackoff};
pub use settings::{BudgetSettings, BudgetedSettings, EndBackend, SentinelSettings, WatchdogSettings};
pub use snapshot::BudgetSnapshot;
pub use word::MAX_SLOTS as MAX_CONNECTIONS_PER_TENANT;

pub(crate) use door::Real;

/// The budget of one PostgreSQL cluster, shared by all pools of its tenants. Cheap to clone.
#[derive(Clone)]
pub struct Budget {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    core: Mutex<Core<Real>>,
    /// See [`Core`]: the one thing of it that is read without its mutex.
    hungry: Arc<AtomicBool>,
    pub(crate) settings: BudgetSettings,
    start: Instant,
    /// For what is dropped outside of a runtime.
    runtime: Handle,
    sentinel: mpsc::UnboundedSender<sentinel::Task>,
    ending: mpsc::UnboundedSender<ending::Order>,
    /// Told when somebody begins to wait.
    waiting: Notify,
    /// Whether the server was ever asked for its limits.
    known: watch::Sender<bool>,
    /// The server's `server_version_num`; zero until it was asked.
    pub(crate) server_version: AtomicU32,
    /// When it was last logged that a session was refused.
    refusal_logged: AtomicU64,
    pub(crate) meters: Meters,
    accounts: AtomicU64,
}

impl Budget {
    /// The most connections that a budget has for itself, beside its cap: the sentinel's, the one that samples what
    /// sessions hold, the one that ends them, and for a moment the one that looks at the notification queue.
    pub const OWN_CONNECTIONS: u32 = 4;

    /// Starts the budget, its watchdog where it has one, and its sentinel, which connects by itself and reads how many
    /// connections the server has.
    /// Until it has, the cap is zero, and who asks for a connection waits. Must be called within a tokio runtime, and
    /// after the recorder of metrics was installed, if there is one.
    pub fn start(settings: BudgetSettings) -> Self {
        let hungry = Arc::new(AtomicBool::new(false));
        let ages = Ages {
            idle: micros(settings.connection_idle_timeout),
            life: micros(settings.max_connection_lifetime),
        };
        let cores = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        let (sentinel, tasks) = mpsc::unbounded_channel();
        let (ending, orders) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            core: Mutex::new(Core::new(cores, ages, Arc::clone(&hungry))),
            hungry,
            meters: Meters::new(&settings.name),
            start: Instant::now(),
            runtime: Handle::current(),
            sentinel,
            ending,
            waiting: Notify::new(),
            known: watch::Sender::new(false),
            server_version: AtomicU32::new(0),
            refusal_logged: AtomicU64::new(0),
            accounts: AtomicU64::new(0),
            settings,
        });
        tokio::spawn(sentinel::run(Arc::downgrade(&inner), tasks));
        tokio::spawn(ending::run(Arc::downgrade(&inner), orders));
        tokio::spawn(watchdog::run(Arc::downgrade(&inner)));
        tokio::spawn(ticks::run(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Waits until the server has answered and the cap is known. Nobody has to: who asks for a connection before waits by
    /// itself.
    pub async fn ready(&self) {
        let mut told = self.inner.known.subscribe();
        // The sender lives as long as this does.
        let _ = told.wait_for(|known| *known).await;
    }

    /// Changes the configured cap while it runs: what is too much goes as it comes back. The server's own limit holds
    /// beside it.
    pub fn set_max_connections(&self, max: Option<u32>) {
        self.inner.ask_sentinel(sentinel::Task::Cap(max));
    }

    /// Forgets what is remembered of a tenant's failed logins: the next one is tried at once.
    pub fn forget_failures(&self, tenant: TenantId) {
        self.inner.with(|core| core.breakers.forget(tenant));
    }

    /// Where the permits are, and who waits.
    pub fn snapshot(&self) -> BudgetSnapshot {
        self.inner.with(|core| snapshot::of(core, &self.inner.meters))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl std::fmt::Debug for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget")
            .field("name", &self.inner.settings.name)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Microseconds since the start.
    pub(crate) fn now(&self) -> Micros {
        micros(self.start.elapsed())
    }

    /// Whether a refused session is worth a line in the log: one in ten seconds is, since what refuses one mostly
    /// refuses all.
    pub(crate) fn may_log_refusal(&self) -> bool {
        let (now, last) = (self.now().max(1), self.refusal_logged.load(StdOrdering::Relaxed));
        let due = last == 0 || now.saturating_sub(last) >= 10_000_000;
        due && self
            .refusal_logged
            .compare_exchange(last, now, StdOrdering::Relaxed, StdOrdering::Relaxed)
            .is_ok()
    }

    /// That moment, for what waits until then.
    pub(crate) fn instant(&self, moment: Micros) -> Instant {
        self.start + Duration::from_micros(moment)
    }

    pub(crate) fn next_account(&self) -> u64 {
        self.accounts.fetch_add(1, StdOrdering::Relaxed)
    }

    /// Tells the core something, and does what it says when its mutex is free again.
    pub(crate) fn with<R>(&self, tell: impl FnOnce(&mut Core<Real>) -> R) -> R {
        let (answer, out) = {
            let mut core = lock(&self.core);
            let answer = tell(&mut core);
            (answer, std::mem::take(&mut core.out))
        };
        if !out.is_empty() {
            self.perform(out.into());
        }
        answer
    }

    /// Whether whoever gives a connection back should look in.
    pub(crate) fn is_hungry(&self) -> bool {
        self.hungry.load(Ordering::SeqCst)
    }

    pub(crate) fn ask_sentinel(&self, task: sentinel::Task) {
        // Its task ends with the runtime; then there is nobody to ask.
        let _ = self.sentinel.send(task);
    }

    /// Has this backend ended. Returns at once; it is tried until the backend is gone.
    pub(crate) fn end_backend(&self, order: ending::Order) {
        // As for the sentinel.
        let _ = self.ending.send(order);
    }

    fn perform(&self, mut effects: VecDeque<Effect<Real>>) {
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Grant(waiter, account, slot, seated) => {
                    let checkout = checkout::Checkout::new(account, slot, seated, self.now());
                    // Whoever waited has gone at this moment: the next one gets it. In this loop, and not by its drop,
                    // which would nest as deep as there are such waiters.
                    if let Err(Ok(checkout)) = waiter.send(Ok(checkout))
                        && let Some((account, slot, seated)) = checkout.take_apart()
                    {
                        let mut core = lock(&self.core);
                        core.give_back(&account, slot, seated, self.now());
                        effects.extend(core.out.drain(..));
                    }
                }
                Effect::Refuse(waiter, refusal) => drop(waiter.send(Err(refusal))),
                Effect::Login(account, slot, pipeline) => {
                    self.runtime.spawn(login::run(account, slot, pipeline));
                }
                Effect::Reach(account) => {
                    self.runtime.spawn(reach::run(account));
                }
                Effect::Close(account, seated, pipeline) => {
                    self.runtime.spawn(close::run(account, seated, pipeline));
                }
            }
        }
    }
}

fn micros(duration: std::time::Duration) -> Micros {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
