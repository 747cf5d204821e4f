//! Clients that send `SELECT 1` as tenants, in one message of the simple protocol, as pgbench does.

use std::sync::Arc;

use schema::Login;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Executor as _};
use tenant_registry::TenantId;
use tokio::sync::Mutex;

use crate::engine::Engine;
use crate::load::{Client, PgBouncer};
use crate::random::Random;
use crate::world::Tenant;

/// Whom a client asks for.
#[derive(Debug, Clone)]
pub(super) enum Choice {
    /// Always this one.
    Always(usize),
    /// Any of so many, each as likely.
    Any(usize, Random),
}

impl Choice {
    /// Of as many tenants as there are, for this client.
    pub(super) fn any(tenants: usize, client: usize) -> Self {
        // Distinct for each client, and the same in each run.
        Self::Any(tenants, Random::seeded(client as u64 + 1))
    }

    pub(super) fn next(&mut self) -> usize {
        match self {
            Self::Always(number) => *number,
            Self::Any(count, random) => random.below(*count),
        }
    }
}

/// A client of the registry's.
pub(super) struct ByEngine {
    pub(super) engine: Engine,
    pub(super) tenants: Arc<[TenantId]>,
    pub(super) choice: Choice,
}

impl Client for ByEngine {
    async fn ask(&mut self) -> Result<(), String> {
        let tenant = self.tenants[self.choice.next()];
        self.engine.select_one(tenant).await
    }
}

/// A client of PgBouncer's. Each tenant has a connection to it, which is there before anything is measured; clients
/// that draw the same tenant take turns.
pub(super) struct ByBouncer {
    pub(super) connections: Arc<[Mutex<PgConnection>]>,
    pub(super) choice: Choice,
}

impl Client for ByBouncer {
    async fn ask(&mut self) -> Result<(), String> {
        let mut connection = self.connections[self.choice.next()].lock().await;
        let asked = connection.execute("SELECT 1").await;
        asked.map(drop).map_err(|error| error.to_string())
    }
}

/// The connections of these logins' clients to PgBouncer.
///
/// # Errors
/// When one is refused.
pub(super) async fn connect(
    bouncer: &PgBouncer,
    logins: &[&Login],
) -> Result<Arc<[Mutex<PgConnection>]>, sqlx::Error> {
    let mut connections = Vec::with_capacity(logins.len());
    for login in logins {
        let options: PgConnectOptions = bouncer.options(login);
        connections.push(Mutex::new(options.connect().await?));
    }
    Ok(connections.into())
}

/// Their ids, to draw from.
pub(super) fn ids(tenants: &[Tenant]) -> Arc<[TenantId]> {
    tenants.iter().map(|tenant| tenant.id).collect()
}
