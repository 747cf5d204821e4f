//! [`TenantPool`]: the registry's interface to a pool.

pub use pg_session::{Closed, LoginTrouble, PoolSnapshot};
use tokio::time::Instant;

use crate::source::{Reload, TenantSpec};

/// A tenant's pool of connections, as the registry sees it: opened on the first lease, closed by the reaper.
///
/// Opening must not wait for the database: a pool opens connections on demand, so that a request without queries takes
/// none, and an unreachable database delays only the requests that query it.
pub trait TenantPool: Send + Sync + Sized + 'static {
    /// Settings shared by all pools of a registry.
    type Settings: Send + Sync + 'static;

    /// A pool for this tenant; `reload` asks the source again, for a pool whose credentials are refused.
    fn open(spec: TenantSpec, reload: Reload, settings: &Self::Settings) -> Self;

    /// The pool has left the registry: existing leases stay usable, and there are no new ones. Called once, before
    /// [`close`](Self::close), and must not wait.
    fn retire(&self) {}

    /// The tenant is no longer served, not even by existing leases: ends running statements, as far as the pool can. Must
    /// not wait.
    fn end(&self) {}

    /// Closes the pool: no connection is given out any more, idle ones go at once, borrowed ones when they
    /// come back, and at `deadline` the waiting ends.
    fn close(&self, deadline: Instant) -> impl Future<Output = Closed> + Send;

    /// The pool's sizes now.
    fn snapshot(&self) -> PoolSnapshot;
}

/// The pool of a [`TenantDb`](crate::TenantDb) unless another one is named: with the feature `budget` the budgeted one,
/// without it the plain one.
#[cfg(feature = "budget")]
pub type DefaultPool = crate::budgeted::BudgetedPool;

/// The pool of a [`TenantDb`](crate::TenantDb) unless another one is named: with the feature `budget` the budgeted one,
/// without it the plain one.
#[cfg(not(feature = "budget"))]
pub type DefaultPool = crate::plain::PlainPool;
