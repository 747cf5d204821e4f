//! The way to a tenant's database.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::oneshot;

use super::account::Kind;
use super::checkout::Checkout;
use super::refusal::Refusal;
use super::settings::BudgetedSettings;
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
    reload: Reload,
    pub(crate) settings: Arc<BudgetedSettings>,
}

impl Door {
    pub(crate) fn new(connect: PgConnectOptions, reload: Reload, settings: Arc<BudgetedSettings>) -> Self {
        Self {
            connect: Mutex::new(Arc::new(connect)),
            reload,
            settings,
        }
    }

    pub(crate) fn connect(&self) -> Arc<PgConnectOptions> {
        Arc::clone(&self.connect.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the source for credentials, and keeps them for the logins to come. `None` when it has none.
    pub(crate) async fn refresh(&self) -> Option<Arc<PgConnectOptions>> {
        let TenantSpec { connect, tenant, .. } = self.reload.load().await.ok()?;
        let connect = Arc::new(connect);
        *self.connect.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&connect);
        tracing::debug!(%tenant, "asked the source for fresh credentials");
        Some(connect)
    }
}
