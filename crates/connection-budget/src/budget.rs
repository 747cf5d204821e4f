//! The budget of a PostgreSQL cluster: one hard cap of connections over the pools of all its tenants.
//!
//! [`engine`](crate::engine) decides, and this module performs its effects: it answers waiters and spawns the tasks
//! that log in and close. [`idle_bitmap`](crate::idle_bitmap) is the fast path around the engine. A permit is free
//! again when [`sentinel`](crate::sentinel) sees that the backend is gone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering as StdOrdering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use crate::background::Background;
use crate::connector::PostgresEngine;
use crate::engine::{AgeLimits, Core, Effect};
use crate::meters::Meters;
use crate::slots::Microseconds;
use crate::sync::{AtomicBool, Mutex, Ordering, lock};
use crate::{BudgetSettings, BudgetSnapshot, PoolKey};
use crate::{
    backend_terminator, checkout, close, login, periodic, sentinel, server_probe, snapshot, watchdog,
};

/// The budget of one PostgreSQL cluster, shared by all pools of its tenants. Cheap to clone.
#[derive(Clone)]
pub struct Budget {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    core: Mutex<Core<PostgresEngine>>,
    /// The core's flag, readable without its mutex. See [`Core`].
    steal_requested: Arc<AtomicBool>,
    pub(crate) settings: BudgetSettings,
    start: Instant,
    /// Spawns tasks for values that are dropped outside of a runtime.
    pub(crate) runtime: Handle,
    sentinel: mpsc::UnboundedSender<sentinel::Task>,
    terminator: mpsc::UnboundedSender<backend_terminator::TenantBackend>,
    /// Notified when a tenant begins to wait for a permit.
    pub(crate) waiting: Notify,
    /// Whether the server's limits have been read.
    pub(crate) limits_known: watch::Sender<bool>,
    /// The server's `server_version_num`; zero until it was read.
    pub(crate) server_version: AtomicU32,
    /// When a refused session was last logged.
    refusal_logged: AtomicU64,
    pub(crate) meters: Meters,
    accounts: AtomicU64,
    pub(crate) background: Background,
}

impl Budget {
    /// The maximum number of the budget's own connections, beside its cap: the sentinel, the watchdog's sampler, the
    /// terminator of backends, the closer of logins, and for a moment the sampler of the notification queue.
    pub const OWN_CONNECTIONS: u32 = 5;

    /// Starts the budget with its sentinel, and its watchdog if one is configured. The sentinel connects in the
    /// background and reads the server's limits; until then the cap is zero and requests wait.
    ///
    /// Must be called within a tokio runtime, and after a metrics recorder was installed, if there is one.
    pub fn start(settings: BudgetSettings) -> Self {
        let steal_requested = Arc::new(AtomicBool::new(false));
        let age_limits = AgeLimits {
            idle: microseconds(settings.connection_idle_timeout),
            lifetime: microseconds(settings.max_connection_lifetime),
        };
        let cores = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        let (sentinel, tasks) = mpsc::unbounded_channel();
        let (terminator, backends) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            core: Mutex::new(Core::new(cores, age_limits, Arc::clone(&steal_requested))),
            steal_requested,
            meters: Meters::new(&settings.name),
            start: Instant::now(),
            runtime: Handle::current(),
            sentinel,
            terminator,
            waiting: Notify::new(),
            limits_known: watch::Sender::new(false),
            server_version: AtomicU32::new(0),
            refusal_logged: AtomicU64::new(0),
            accounts: AtomicU64::new(0),
            background: Background::default(),
            settings,
        });
        inner.spawn_background(sentinel::run(Arc::downgrade(&inner), tasks));
        inner.spawn_background(backend_terminator::run(Arc::downgrade(&inner), backends));
        inner.spawn_background(watchdog::run(Arc::downgrade(&inner)));
        inner.spawn_background(periodic::run(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Ends the budget's own connections and background tasks, and returns when none of them runs any more. Close all
    /// pools before: no permit is freed after this, and no connection is opened. Without it a login of the sentinel may
    /// still be on its way when the runtime shuts down.
    pub async fn shutdown(&self) {
        self.inner.background.shutdown().await;
    }

    /// Waits until the server's limits are read and the cap is known. Optional: an `acquire` before that waits by
    /// itself.
    pub async fn ready(&self) {
        let mut receiver = self.inner.limits_known.subscribe();
        // The sender lives as long as `self`.
        let _ = receiver.wait_for(|limits_known| *limits_known).await;
    }

    /// Changes the configured cap at runtime: connections above a lower cap close when they are given back. The
    /// server's own limit still applies.
    pub fn set_max_connections(&self, max: Option<u32>) {
        self.inner.ask_sentinel(sentinel::Task::SetCap(max));
    }

    /// Resets the circuit breaker of this key: the next login is tried at once.
    pub fn forget_failures(&self, key: impl Into<PoolKey>) {
        let key = key.into();
        self.inner.with(|core| core.breakers.forget(key));
    }

    /// The permits by state, the waiters, and the counters.
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
    pub(crate) fn now(&self) -> Microseconds {
        microseconds(self.start.elapsed())
    }

    /// Whether to log a refused session: once in ten seconds, since most causes affect all tenants.
    pub(crate) fn may_log_refusal(&self) -> bool {
        let (now, last) = (self.now().max(1), self.refusal_logged.load(StdOrdering::Relaxed));
        let due = last == 0 || now.saturating_sub(last) >= 10_000_000;
        due && self
            .refusal_logged
            .compare_exchange(last, now, StdOrdering::Relaxed, StdOrdering::Relaxed)
            .is_ok()
    }

    /// The [`Instant`] of this moment.
    pub(crate) fn instant(&self, moment: Microseconds) -> Instant {
        self.start + Duration::from_micros(moment)
    }

    /// Runs the task until the budget is dropped or shut down.
    pub(crate) fn spawn_background(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(&self.runtime, task);
    }

    pub(crate) fn next_account(&self) -> u64 {
        self.accounts.fetch_add(1, StdOrdering::Relaxed)
    }

    /// Runs `event` on the core, and performs its effects after the mutex is released.
    pub(crate) fn with<R>(&self, event: impl FnOnce(&mut Core<PostgresEngine>) -> R) -> R {
        let (result, out) = {
            let mut core = lock(&self.core);
            let result = event(&mut core);
            (result, std::mem::take(&mut core.out))
        };
        if !out.is_empty() {
            self.perform(out.into());
        }
        result
    }

    /// Whether a tenant waits for a connection that is given back.
    pub(crate) fn is_steal_requested(&self) -> bool {
        self.steal_requested.load(Ordering::SeqCst)
    }

    pub(crate) fn ask_sentinel(&self, task: sentinel::Task) {
        // Fails only when the runtime shuts down and the sentinel's task has ended.
        let _ = self.sentinel.send(task);
    }

    /// Has the terminator end this backend, in the background and until it is gone.
    pub(crate) fn end_backend(&self, backend: backend_terminator::TenantBackend) {
        // Fails only when the runtime shuts down.
        let _ = self.terminator.send(backend);
    }

    fn perform(&self, mut effects: VecDeque<Effect<PostgresEngine>>) {
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Grant(waiter, account, slot, pooled) => {
                    let checkout = checkout::Checkout::new(account, slot, pooled, self.now());
                    // The waiter was dropped meanwhile: the next one gets the connection. In this loop, and not by the
                    // checkout's drop, which would recurse once for each such waiter.
                    if let Err(Ok(checkout)) = waiter.send(Ok(checkout))
                        && let Some((account, slot, pooled)) = checkout.take_apart()
                    {
                        let mut core = lock(&self.core);
                        core.give_back(&account, slot, pooled, self.now());
                        effects.extend(core.out.drain(..));
                    }
                }
                Effect::Refuse(waiter, refusal) => drop(waiter.send(Err(refusal))),
                Effect::Login(account, slot, in_flight) => {
                    self.runtime.spawn(login::run(account, slot, in_flight));
                }
                Effect::ProbeServer(account) => {
                    self.runtime.spawn(server_probe::run(account));
                }
                Effect::Close(account, pooled, in_flight) => {
                    self.runtime.spawn(close::run(account, pooled, in_flight));
                }
            }
        }
    }
}

pub(crate) fn microseconds(duration: Duration) -> Microseconds {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
