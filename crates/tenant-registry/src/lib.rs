//! A lock-free registry of per-tenant PostgreSQL connection pools.
//!
//! A service names a tenant, the [`Registry`] finds or opens that tenant's pool, and gives out a [`Lease`] on
//! it. [`TenantDb`] makes the lease an executor of sqlx, so that a handler is plain SQL:
//!
//! ```no_run
//! use std::sync::Arc;
//! use tenant_registry::{
//!     PlainPool, PlainSettings, Registry, RegistrySettings, SourceError, SourceFuture, TenantDb, TenantId,
//!     TenantSource, TenantSpec,
//! };
//! # use sqlx::postgres::PgConnectOptions;
//!
//! /// Where this service keeps its tenants' logins.
//! struct MyTenants;
//!
//! impl TenantSource for MyTenants {
//!     fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
//!         Box::pin(async move {
//!             # let (login, password) = ("tn_1_a", "secret");
//!             let connect = PgConnectOptions::new().host("db").username(login).password(password);
//!             Ok(TenantSpec::new(tenant, connect, 10))
//!         })
//!     }
//! }
//!
//! # async fn handle(tenant: TenantId) -> Result<(), Box<dyn std::error::Error>> {
//! let registry: Registry<PlainPool> =
//!     Registry::new(Arc::new(MyTenants), RegistrySettings::default(), PlainSettings::default());
//! let db = TenantDb::new(registry.lease(tenant).await?);
//! let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&db).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Registry::lease`] reads a lock-free index, without a lock or an allocation. A miss opens the tenant in a task of
//! its own, once for all callers that wait. moka decides which tenants stay (time-to-idle, a cap, LRU); the reaper
//! closes an evicted pool after its last lease, or at a deadline. The crate knows no cryptography and no store of
//! tenants: that is what [`TenantSource`] is for.
//!
//! # Features
//!
//! - `budget` (default): pools within one budget of connections, by `connection-budget`. Without it there is
//!   [`PlainPool`], one `sqlx::PgPool` for each tenant.
//! - `axum`: a tower layer that leases a request's tenant, and extractors for handlers.
//!
//! # Metrics
//!
//! Through the [`metrics`] facade; a registry makes its handles when it is made, so the recorder has to be there before.
//! [`Registry::snapshot`] tells of single tenants.
//!
//! | metric | | |
//! |---|---|---|
//! | `tenantry.registry.residents` | gauge, `{tenant}` | tenants whose pool gives leases |
//! | `tenantry.registry.retired` | gauge, `{pool}` | pools that left and are not closed yet |
//! | `tenantry.registry.opened` | counter, `{pool}` | pools opened |
//! | `tenantry.registry.closed` | counter, `{pool}` | pools closed, by `reason`: `idle`, `capacity`, `changed`, `refused`, `shutdown` |
//! | `tenantry.registry.misses` | counter, `{lease}` | leases of tenants that were not resident, by `outcome`; those given up by their callers are not counted |
//! | `tenantry.registry.source.duration` | histogram, s | questions to the source, by `outcome`; misses beyond their number joined another or were answered from memory |
//! | `tenantry.registry.changes` | counter, `{change}` | changes followed, by `kind`: `tenant`, `resync` |
//! | `tenantry.registry.panics` | counter, `{panic}` | panics that were caught, by `code`: `source`, `pool`, `changes`, `end_backend`, `limit_connections`, `login` |

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "budget")]
mod budgeted;
mod changes;
mod checkout;
mod clock;
mod connection;
mod db;
mod error;
mod id;
mod index;
mod lookup;
mod observe;
mod plain;
mod plain_login;
mod pool;
mod probe;
mod reaper;
mod registry;
mod residency;
mod settings;
mod source;
mod statement_deadline;
mod transaction;
mod warm;

#[cfg(feature = "budget")]
pub use budgeted::{
    Budget, BudgetSettings, BudgetSnapshot, BudgetedCheckout, BudgetedPool, BudgetedSettings, EndBackend,
    Ledger, MAX_CONNECTIONS_PER_TENANT, PoolKey, SentinelSettings, WatchdogSettings,
};
pub use changes::notice::{Change, TenantNotice};
pub use checkout::Checkouts;
pub use connection::TenantConnection;
pub use db::TenantDb;
pub use error::LeaseError;
pub use id::TenantId;
pub use index::Lease;
pub use observe::counters::{Departures, RegistryStats};
pub use observe::snapshot::{RegistrySnapshot, RegistryTotals, TenantSnapshot, TenantState};
pub use pg_session::{
    BypassReason, Checkout, ConnectFailure, ConnectionState, Failure, Parts, Refusal, SessionRefused,
    SessionSettings, StatementTimedOut, TransactionPooling, bounded_pings, bounded_return, explain_pooling,
    prepared,
};
pub use plain::{PlainCheckout, PlainPool, PlainSettings};
pub use pool::{Closed, DefaultPool, LoginTrouble, PoolSnapshot, TenantPool};
pub use registry::Registry;
pub use settings::{Refused, RegistrySettings};
pub use source::{
    RefusedFuture, Reload, SourceError, SourceFuture, StandingFuture, TenantSource, TenantSpec,
};
pub use transaction::TenantTransaction;
pub use warm::WarmedUp;

pub(crate) use pg_session::panics;

/// The README's example compiles.
#[cfg(all(doctest, feature = "axum", feature = "budget"))]
#[doc = include_str!("../README.md")]
struct Readme;
