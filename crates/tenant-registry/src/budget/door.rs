//! The way to a tenant's database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::oneshot;

use super::account::Kind;
use super::checkout::Checkout;
use super::refusal::Refusal;
use super::settings::BudgetedSettings;
use super::slots::Micros;
use crate::{Reload, TenantSpec};

/// So long what a login may is taken to be as it was read.
const VERIFIED: Micros = 60_000_000;

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
    /// When it was last read what the login may, in microseconds since the budget's start; zero for never.
    verified: AtomicU64,
    pub(crate) settings: Arc<BudgetedSettings>,
}

impl Door {
    pub(crate) fn new(connect: PgConnectOptions, reload: Reload, settings: Arc<BudgetedSettings>) -> Self {
        Self {
            connect: Mutex::new(Arc::new(connect)),
            earlier: Mutex::default(),
            reload,
            verified: AtomicU64::new(0),
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

    /// Whether it has to be read anew what the login may.
    pub(crate) fn is_to_be_verified(&self, now: Micros) -> bool {
        let verified = self.verified.load(Ordering::Relaxed);
        verified == 0 || now.saturating_sub(verified) >= VERIFIED
    }

    pub(crate) fn verified(&self, now: Micros) {
        self.verified.store(now.max(1), Ordering::Relaxed);
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
