//! Contenders of the comparison.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

/// A way to a resident tenant, as fast as it can be called: one virtual call for a whole walk, none for a hit.
pub(crate) trait Hits: Send + Sync {
    /// Its line in the table.
    fn name(&self) -> &'static str;

    /// Finds each of these tenants in turn, so many times over.
    fn walk(&self, walk: Arc<[Uuid]>, times: usize) -> Walk;
}

/// A walk as a task.
pub(crate) type Walk = Pin<Box<dyn Future<Output = ()> + Send>>;
