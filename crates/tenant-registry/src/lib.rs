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
//! The way of a lease: [`Registry::lease`] looks into the map (no lock, no allocation); a miss opens the
//! tenant in a task of its own, once for all who wait; an eviction hands the pool to the reaper, which closes
//! it when its last lease has ended, or at a deadline. The crate knows no HTTP, no cryptography and no store
//! of tenants: that is what [`TenantSource`] is for.
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
//! | `tenantry.registry.panics` | counter, `{panic}` | panics that were caught, by `code`: `source`, `pool`, `changes`, `end_backend`, `login` |

mod admission;
mod answer;
mod asking;
mod backoff;
mod budget;
mod candidates;
mod change;
mod checkout;
mod clock;
mod connection;
mod connection_limit;
mod counters;
mod db;
mod entry;
mod error;
mod eviction;
mod follow;
mod forget;
mod id;
mod known;
mod lease;
mod memory;
mod meters;
mod opener;
mod opening;
mod outage;
mod panics;
mod pings;
mod plain;
mod plain_login;
mod pool;
mod pooling;
pub mod prepared;
mod probe;
mod rate;
mod reaper;
mod reason;
mod registry;
mod residents;
mod resync;
mod retired;
mod session;
mod settings;
mod snapshot;
mod source;
mod stripe;
mod transaction;
mod warm;

pub use budget::{
    Budget, BudgetSettings, BudgetSnapshot, BudgetSpent, BudgetedCheckout, BudgetedPool, BudgetedSettings,
    EndBackend, Ledger, LoginBackoff, MAX_CONNECTIONS_PER_TENANT, SentinelSettings, WatchdogSettings,
};
pub use change::{Change, TenantNotice};
pub use checkout::{Checkout, Checkouts, ConnectionState, Parts};
pub use connection::TenantConnection;
pub use counters::{Departures, RegistryStats};
pub use db::TenantDb;
pub use error::{Failure, LeaseError};
pub use id::TenantId;
pub use lease::Lease;
pub use pings::bounded_pings;
pub use plain::{PlainCheckout, PlainPool, PlainSettings};
pub use pool::{Closed, PoolSnapshot, TenantPool, Trouble};
pub use pooling::{TransactionPooling, explain_pooling};
pub use probe::ConnectFailure;
pub use registry::Registry;
pub use session::{SessionRefused, SessionSettings};
pub use settings::{Refused, RegistrySettings};
pub use snapshot::{RegistrySnapshot, RegistryTotals, TenantSnapshot, TenantState};
pub use source::{
    RefusedFuture, Reload, SourceError, SourceFuture, StandingFuture, TenantSource, TenantSpec,
};
pub use transaction::TenantTransaction;
pub use warm::WarmedUp;

pub(crate) use counters::Counters;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
