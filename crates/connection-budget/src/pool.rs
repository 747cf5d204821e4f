//! Pool whose connections come from the budget.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pg_session::{
    Checkout as _, Closed, ConnectFailure, ConnectionState, LoginTrouble, PoolSnapshot, Refusal,
};
use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::account::Account;
use super::checkout::Checkout;
use super::connector::{Connector, PostgresAccount};
use super::idle_bitmap::MAX_SLOTS;
use super::settings::BudgetedSettings;
use super::slots::Slots;
use super::{invalidation, wait};
use crate::budget::{Inner, microseconds};
use crate::{Credentials, PoolKey};

/// Timeout of a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Specification of a pool.
#[derive(Clone)]
pub struct PoolSpec {
    /// The owner of its connections.
    pub key: PoolKey,
    /// Host, database, login and password.
    pub connect: PgConnectOptions,
    /// The maximum number of connections of this key, at most
    /// [`MAX_CONNECTIONS_PER_POOL`](crate::MAX_CONNECTIONS_PER_POOL).
    pub max_connections: u32,
    /// Connections reserved for this pool: never taken for another pool, and opened before all others. Zero for none.
    pub floor: u32,
}

/// A tenant's pool, within the budget of its cluster.
///
/// Opens a connection on demand when none is idle, up to the tenant's `max_connections` and within the budget. Idle
/// connections give way to other tenants that need them.
pub struct BudgetedPool {
    account: PostgresAccount,
}

impl BudgetedPool {
    fn budget(&self) -> &Arc<Inner> {
        self.account.connector.settings.budget.inner()
    }

    /// The tenant's next pool reserves the same floor, which must not count twice.
    fn release_floor(&self) {
        if self.account.floor_reserved.swap(false, Ordering::Relaxed) {
            let inner = self.budget();
            inner.with(|core| core.release_floor(self.account.floor, inner.now()));
        }
    }

    /// Checks a connection out. Pings and waiting together take at most `acquire_timeout`.
    ///
    /// # Errors
    /// If no connection is available by then.
    pub async fn acquire(&self) -> Result<Checkout, Refusal> {
        let inner = self.budget();
        let settings = &self.account.connector.settings;
        let began = inner.now();
        let until = began.saturating_add(microseconds(settings.acquire_timeout));
        loop {
            let Some((slot, pooled)) = self.account.slots.take() else {
                let waited = wait::wait(&self.account, inner.instant(until)).await;
                return waited.map_err(|refusal| self.explain(refusal));
            };
            let idle = began.saturating_sub(self.account.slots.idle_since(slot));
            let mut checkout = Checkout::new(PostgresAccount::clone(&self.account), slot, pooled, began);
            if idle < microseconds(settings.ping_after_idle) {
                inner.meters.waited(0);
                return Ok(checkout);
            }
            let Some(parts) = checkout.parts() else { continue };
            // A caller dropped during the ping leaves the connection unclean.
            *parts.state = ConnectionState::Unclean;
            let sent = inner.now();
            let answer = inner.instant(until.min(sent + microseconds(PING_TIMEOUT)));
            if let Ok(Ok(())) = timeout_at(answer, parts.connection.ping()).await {
                *parts.state = ConnectionState::Clean;
                return Ok(checkout);
            }
            checkout.discard();
            self.account.connector.ping_timed_out(inner.now());
            // Connections that were idle at the same time are most likely half-open as well.
            invalidation::close_idle(&self.account, sent);
        }
    }

    /// Reports half-open connections as the cause: they count against the limits until their backends are gone.
    fn explain(&self, refusal: Refusal) -> Refusal {
        let unresponsive = self.account.connector.is_unresponsive(self.budget().now());
        match refusal {
            Refusal::PoolBusy | Refusal::BudgetSpent { .. } if unresponsive => {
                ConnectFailure::from(sqlx::Error::Io(ErrorKind::TimedOut.into())).into()
            }
            refusal => refusal,
        }
    }

    /// Opens a pool, without a connection yet. `credentials` are loaded when the server refuses those of `spec`.
    pub fn open(spec: PoolSpec, credentials: Arc<dyn Credentials>, settings: &Arc<BudgetedSettings>) -> Self {
        let inner = settings.budget.inner();
        let max = spec.max_connections.clamp(1, MAX_SLOTS);
        let floor = spec.floor.min(max);
        if floor > 0 && !inner.with(|core| core.reserve_floor(floor, inner.now())) {
            tracing::warn!(tenant = %spec.key, floor, "reservations exceed the budget and are ignored until they fit");
        }
        let account = Account {
            id: inner.next_account(),
            tenant: spec.key,
            slots: Slots::new(max),
            max,
            floor,
            floor_reserved: AtomicBool::new(floor > 0),
            connector: Connector::new(spec.connect, credentials, Arc::clone(settings)),
            drained: Notify::new(),
        };
        Self {
            account: Arc::new(account),
        }
    }

    /// Marks the pool as replaced: its idle connections are the first to give way. Checked-out connections stay usable.
    pub fn retire(&self) {
        let inner = self.budget();
        inner.with(|core| core.retire(&self.account, inner.now()));
        self.release_floor();
    }

    /// Closes the pool and ends its sessions: closes idle connections, and has the server end the backends of those in
    /// use if [`SentinelSettings::end_backend`](crate::SentinelSettings::end_backend) is set.
    pub fn end(&self) {
        let inner = self.budget();
        let backends = inner.with(|core| {
            let backends = core.backends(&self.account);
            core.close_account(&self.account, inner.now());
            backends
        });
        for pid in backends {
            inner.end_backend((self.account.tenant, pid));
        }
    }

    /// Closes the pool: refuses further requests, closes idle connections at once and others when they are given back,
    /// and waits until `deadline`. The pool is drained when all its backends are gone.
    pub async fn close(&self, deadline: Instant) -> Closed {
        let inner = self.budget();
        inner.with(|core| core.close_account(&self.account, inner.now()));
        loop {
            let drained = self.account.drained.notified();
            if inner.with(|core| core.is_drained(&self.account)) {
                return Closed::Drained;
            }
            if timeout_at(deadline, drained).await.is_err() {
                return Closed::Deadline;
            }
        }
    }

    /// The pool's current sizes.
    pub fn snapshot(&self) -> PoolSnapshot {
        let inner = self.budget();
        let now = inner.now();
        let (size, closing, waiting, trouble) = inner.with(|core| {
            let queue = core.queues.get(&self.account.id);
            let trouble = core.breakers.get(self.account.tenant).map(|trip| LoginTrouble {
                failures: trip.failures,
                retry_after: trip.retry_after(now),
                failure: trip.cause.kind(),
            });
            (
                queue.map_or(0, super::tenant_queue::TenantQueue::size),
                queue.map_or(0, |queue| queue.closing),
                queue.map_or(0, |queue| u32::try_from(queue.waiters.len()).unwrap_or(u32::MAX)),
                trouble,
            )
        });
        PoolSnapshot {
            size,
            idle: self.account.slots.idle.count().min(size),
            closing,
            max: self.account.max,
            waiting,
            trouble,
        }
    }
}

impl Drop for BudgetedPool {
    /// Closes the pool, also without a call of [`close`](Self::close).
    fn drop(&mut self) {
        let inner = self.budget();
        inner.with(|core| core.close_account(&self.account, inner.now()));
        self.release_floor();
    }
}
