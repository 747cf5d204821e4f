//! Checkouts of connections from a leased pool.

use pg_session::{Checkout, Refusal};

use crate::{Lease, TenantPool};

/// A pool whose connections a [`TenantDb`](crate::TenantDb) can use.
pub trait Checkouts: TenantPool {
    /// A connection that was taken out; it goes back when it is dropped.
    type Checkout: Checkout;

    /// Takes a connection out.
    ///
    /// # Errors
    /// When none could be had until the pool's deadline.
    fn checkout(lease: &Lease<Self>) -> impl Future<Output = Result<Self::Checkout, Refusal>> + Send;
}
