//! The way to a tenant's database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::oneshot;

use super::account::Kind;
use super::checkout::Checkout;
use super::micros;
use super::refusal::Refusal;
use super::settings::BudgetedSettings;
use super::slots::Micros;
use crate::{Reload, TenantSpec};

/// What the engine moves about when it is not tested.
pub(crate) struct Real;

impl Kind for Real {
    type Connection = PgConnection;
    type Waiter = oneshot::Sender<Result<Checkout, Refusal>>;
    type Door = Door;
}

/// How to log in as the tenant.
pub(crate) struct Door {
    /// Replaced when the login is refused and the source knows better.
    connect: Mutex<Arc<PgConnectOptions>>,
    /// Logins whose place another one has taken: sessions of theirs may still be there.
    earlier: Mutex<Vec<String>>,
    reload: Reload,
    /// Connections that were opened before this are closed when they come back.
    trusted_from: AtomicU64,
    /// When a ping last had no answer, if no login has succeeded since; zero for never.
    silent_at: AtomicU64,
    pub(crate) settings: Arc<BudgetedSettings>,
}

impl Door {
    pub(crate) fn new(connect: PgConnectOptions, reload: Reload, settings: Arc<BudgetedSettings>) -> Self {
        Self {
            connect: Mutex::new(Arc::new(connect)),
            earlier: Mutex::default(),
            reload,
            trusted_from: AtomicU64::new(0),
            silent_at: AtomicU64::new(0),
            settings,
        }
    }

    pub(crate) fn connect(&self) -> Arc<PgConnectOptions> {
        Arc::clone(&self.connect.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The names of all logins that sessions of the tenant may have.
    pub(crate) fn logins(&self) -> Vec<String> {
        let mut logins = self
            .earlier
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        logins.push(self.connect().get_username().to_owned());
        logins
    }

    /// Whether a connection opened then may be used again.
    pub(crate) fn trusts(&self, opened: Micros) -> bool {
        opened >= self.trusted_from.load(Ordering::Relaxed)
    }

    /// No connection that was opened before this is used again.
    pub(crate) fn distrust_before(&self, now: Micros) {
        self.trusted_from.fetch_max(now, Ordering::Relaxed);
    }

    /// A ping had no answer.
    pub(crate) fn fell_silent(&self, now: Micros) {
        self.silent_at.store(now.max(1), Ordering::Relaxed);
    }

    /// A login succeeded.
    pub(crate) fn answered(&self) {
        self.silent_at.store(0, Ordering::Relaxed);
    }

    /// Whether a ping had no answer within an acquire's time before this, and no login has succeeded since.
    pub(crate) fn is_silent(&self, now: Micros) -> bool {
        let at = self.silent_at.load(Ordering::Relaxed);
        at != 0 && now.saturating_sub(at) <= micros(self.settings.acquire_timeout)
    }

    /// Asks the source for credentials, and keeps them for the logins to come. `None` when it has none.
    pub(crate) async fn refresh(&self) -> Option<Arc<PgConnectOptions>> {
        let TenantSpec { connect, tenant, .. } = self.reload.load().await.ok()?;
        let connect = Arc::new(connect);
        let before = self.connect().get_username().to_owned();
        if before != connect.get_username() {
            let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
            earlier.retain(|login| *login != before);
            earlier.push(before);
        }
        *self.connect.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&connect);
        tracing::debug!(%tenant, "asked the source for fresh credentials");
        Some(connect)
    }

    /// Tells the source that the server refuses what it gave.
    pub(crate) async fn refused(&self) {
        self.reload.refused().await;
    }
}
