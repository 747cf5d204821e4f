//! Connector to a tenant's database: its login, replaced when the server refuses it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pg_session::Refusal;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::oneshot;

use super::account::{EngineTypes, SharedAccount};
use super::budget::microseconds;
use super::checkout::Checkout;
use super::settings::BudgetedSettings;
use super::slots::Microseconds;
use crate::{Credentials, PoolKey};

/// The engine's types in production.
pub(crate) struct PostgresEngine;

impl EngineTypes for PostgresEngine {
    type Connection = PgConnection;
    type Waiter = oneshot::Sender<Result<Checkout, Refusal>>;
    type Connector = Connector;
}

/// An account in production.
pub(crate) type PostgresAccount = SharedAccount<PostgresEngine>;

/// A tenant's login, and the validity of its open connections.
pub(crate) struct Connector {
    /// Replaced when the login is refused and the source has fresh credentials.
    connect: Mutex<Arc<PgConnectOptions>>,
    /// Replaced logins, which may still have sessions.
    earlier: Mutex<Vec<String>>,
    credentials: Arc<dyn Credentials>,
    /// Connections opened before this are closed when they are given back.
    valid_from: AtomicU64,
    /// When a ping last timed out, if no login has succeeded since; zero for never.
    ping_timed_out_at: AtomicU64,
    pub(crate) settings: Arc<BudgetedSettings>,
}

impl Connector {
    pub(crate) fn new(
        connect: PgConnectOptions,
        credentials: Arc<dyn Credentials>,
        settings: Arc<BudgetedSettings>,
    ) -> Self {
        Self {
            connect: Mutex::new(Arc::new(connect)),
            earlier: Mutex::default(),
            credentials,
            valid_from: AtomicU64::new(0),
            ping_timed_out_at: AtomicU64::new(0),
            settings,
        }
    }

    pub(crate) fn connect(&self) -> Arc<PgConnectOptions> {
        Arc::clone(&self.connect.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The names of all logins that the tenant's sessions may have.
    pub(crate) fn logins(&self) -> Vec<String> {
        let mut logins = self
            .earlier
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        logins.push(self.connect().get_username().to_owned());
        logins
    }

    /// Whether a connection opened at this moment may be used again.
    pub(crate) fn is_valid(&self, opened: Microseconds) -> bool {
        opened >= self.valid_from.load(Ordering::Relaxed)
    }

    /// Connections opened before this moment are not used again.
    pub(crate) fn invalidate_before(&self, now: Microseconds) {
        self.valid_from.fetch_max(now, Ordering::Relaxed);
    }

    /// Records that a ping timed out.
    pub(crate) fn ping_timed_out(&self, now: Microseconds) {
        self.ping_timed_out_at.store(now.max(1), Ordering::Relaxed);
    }

    /// Records that a login succeeded.
    pub(crate) fn login_succeeded(&self) {
        self.ping_timed_out_at.store(0, Ordering::Relaxed);
    }

    /// Whether a ping timed out within the last `acquire_timeout`, and no login has succeeded since.
    pub(crate) fn is_unresponsive(&self, now: Microseconds) -> bool {
        let at = self.ping_timed_out_at.load(Ordering::Relaxed);
        at != 0 && now.saturating_sub(at) <= microseconds(self.settings.acquire_timeout)
    }

    /// Loads credentials from the source, and keeps them for later logins. `None` if it has none.
    pub(crate) async fn refresh(&self, tenant: PoolKey) -> Option<Arc<PgConnectOptions>> {
        let connect = Arc::new(self.credentials.load().await?);
        let before = self.connect().get_username().to_owned();
        if before != connect.get_username() {
            let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
            earlier.retain(|login| *login != before);
            earlier.push(before);
        }
        *self.connect.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&connect);
        tracing::debug!(%tenant, "loaded fresh credentials");
        Some(connect)
    }

    /// Reports to the source that the server refuses its credentials.
    pub(crate) async fn refused(&self) {
        self.credentials.refused().await;
    }
}
