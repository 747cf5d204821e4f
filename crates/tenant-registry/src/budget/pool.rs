//! A tenant's pool out of the budget.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Connection as _;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::account::{Account, Shared};
use super::checkout::{BudgetedCheckout, Checkout};
use super::door::{Door, Real};
use super::refusal::Refusal;
use super::settings::BudgetedSettings;
use super::slots::Slots;
use super::word::MAX_SLOTS;
use super::{Inner, distrust, micros, wait};
use crate::checkout::{Checkouts, ConnectionState};
use crate::pool::{Closed, Trouble};
use crate::probe::ConnectFailure;
use crate::{Lease, PoolSnapshot, Reload, TenantPool, TenantSpec};

/// How long the answer to a ping may take.
const PING: Duration = Duration::from_secs(1);

/// A tenant's connections, all of them within the budget of its cluster.
///
/// It opens a connection when somebody asks for one and none is idle, up to the tenant's `max_connections` (62 at the
/// most) and as far as the budget goes, and lets idle ones go to other tenants that need them.
pub struct BudgetedPool {
    account: Shared<Real>,
}

impl BudgetedPool {
    fn budget(&self) -> &Arc<Inner> {
        self.account.door.settings.budget.inner()
    }

    /// The tenant's next pool is promised the same: the two of them must not count twice.
    fn release_promise(&self) {
        if self.account.promised.swap(false, Ordering::Relaxed) {
            let inner = self.budget();
            inner.with(|core| core.release_promise(self.account.floor, inner.now()));
        }
    }

    /// Pings and waiting together take no longer than `acquire_timeout`.
    async fn acquire(&self) -> Result<Checkout, sqlx::Error> {
        let inner = self.budget();
        let settings = &self.account.door.settings;
        let began = inner.now();
        let until = began.saturating_add(micros(settings.acquire_timeout));
        loop {
            let Some((slot, seated)) = self.account.slots.take() else {
                let waited = wait::wait(&self.account, inner.instant(until)).await;
                return waited.map_err(|refusal| self.explain(refusal));
            };
            let idle = began.saturating_sub(self.account.slots.idle_since(slot));
            let mut checkout = Checkout::new(Shared::clone(&self.account), slot, seated, began);
            if idle < micros(settings.ping_after_idle) {
                inner.meters.waited(0);
                return Ok(checkout);
            }
            let Some(parts) = checkout.parts() else { continue };
            // Whoever goes away in the middle of a ping leaves it unclean.
            *parts.state = ConnectionState::Unclean;
            let sent = inner.now();
            let answer = inner.instant(until.min(sent + micros(PING)));
            if let Ok(Ok(())) = timeout_at(answer, parts.connection.ping()).await {
                *parts.state = ConnectionState::Clean;
                return Ok(checkout);
            }
            checkout.discard();
            self.account.door.fell_silent(inner.now());
            // What the network did to this one it has most likely done to all that were idle with it.
            distrust::close_idle(&self.account, sent);
        }
    }

    /// Where the tenant's connections went silent, that is why there is none: they count until their backends are gone.
    fn explain(&self, refusal: Refusal) -> sqlx::Error {
        let silent = self.account.door.is_silent(self.budget().now());
        match refusal {
            Refusal::OwnLimit | Refusal::Budget(_) if silent => {
                ConnectFailure::from(sqlx::Error::Io(ErrorKind::TimedOut.into())).into()
            }
            refusal => refusal.into(),
        }
    }
}

impl TenantPool for BudgetedPool {
    type Settings = Arc<BudgetedSettings>;

    fn open(spec: TenantSpec, reload: Reload, settings: &Self::Settings) -> Self {
        let inner = settings.budget.inner();
        let max = spec.max_connections.clamp(1, MAX_SLOTS);
        let floor = spec.floor.min(max);
        if floor > 0 && !inner.with(|core| core.promise(floor, inner.now())) {
            tracing::warn!(tenant = %spec.tenant, floor, "more is promised to tenants than the budget has: no floor holds");
        }
        let account = Account {
            id: inner.next_account(),
            tenant: spec.tenant,
            slots: Slots::new(max),
            max,
            floor,
            promised: AtomicBool::new(floor > 0),
            door: Door::new(spec.connect, reload, Arc::clone(settings)),
            drained: Notify::new(),
        };
        Self {
            account: Arc::new(account),
        }
    }

    fn retire(&self) {
        let inner = self.budget();
        inner.with(|core| core.retire(&self.account, inner.now()));
        self.release_promise();
    }

    fn end(&self) {
        let inner = self.budget();
        let backends = inner.with(|core| {
            let backends = core.backends(&self.account);
            core.shut(&self.account, inner.now());
            backends
        });
        for pid in backends {
            inner.end_backend((self.account.tenant, pid));
        }
    }

    async fn close(&self, deadline: Instant) -> Closed {
        let inner = self.budget();
        inner.with(|core| core.shut(&self.account, inner.now()));
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

    fn snapshot(&self) -> PoolSnapshot {
        let inner = self.budget();
        let now = inner.now();
        let (size, closing, waiting, trouble) = inner.with(|core| {
            let seat = core.seats.get(&self.account.id);
            let trouble = core.breakers.get(self.account.tenant).map(|trip| Trouble {
                failures: trip.failures,
                retry_after: trip.retry_after(now),
                failure: trip.cause.kind(),
            });
            (
                seat.map_or(0, super::seat::Seat::size),
                seat.map_or(0, |seat| seat.leaving),
                seat.map_or(0, |seat| u32::try_from(seat.waiters.len()).unwrap_or(u32::MAX)),
                trouble,
            )
        });
        PoolSnapshot {
            size,
            idle: self.account.slots.word.idle().min(size),
            closing,
            max: self.account.max,
            waiting,
            trouble,
        }
    }
}

impl Checkouts for BudgetedPool {
    type Checkout = BudgetedCheckout;

    async fn checkout(lease: &Lease<Self>) -> Result<BudgetedCheckout, sqlx::Error> {
        let checkout = lease.acquire().await?;
        Ok(BudgetedCheckout::new(checkout, lease.clone()))
    }
}

impl Drop for BudgetedPool {
    /// Also where the registry goes without a shutdown.
    fn drop(&mut self) {
        let inner = self.budget();
        inner.with(|core| core.shut(&self.account, inner.now()));
        self.release_promise();
    }
}
