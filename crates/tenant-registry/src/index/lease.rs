//! Lease on a tenant's pool.

use std::fmt;
use std::ops::Deref;

use super::entry::Entry;
use super::stripe::Stripe;
use super::sync::Arc;
use crate::{TenantId, TenantPool};

/// A held pool. While one lease lives, the pool is not closed by an eviction (the reaper waits for it, up to
/// its deadline). Cheap to clone; every clone is a lease of its own.
pub struct Lease<P: TenantPool> {
    stripe: Arc<Stripe<P>>,
}

impl<P: TenantPool> Lease<P> {
    /// Leases the entry if it still gives leases.
    pub(crate) fn of(entry: &Arc<Entry<P>>) -> Option<Self> {
        let stripe = entry.stripe();
        stripe.try_lease().then(|| Self {
            stripe: Arc::clone(stripe),
        })
    }

    /// Whose pool it is.
    pub fn tenant(&self) -> TenantId {
        self.stripe.body.tenant
    }
}

impl<P: TenantPool> Deref for Lease<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.stripe.body.pool
    }
}

impl<P: TenantPool> Clone for Lease<P> {
    fn clone(&self) -> Self {
        // Not `try_lease`: a holder may share what it holds, also of an entry retired since.
        self.stripe.share();
        Self {
            stripe: Arc::clone(&self.stripe),
        }
    }
}

impl<P: TenantPool> Drop for Lease<P> {
    fn drop(&mut self) {
        self.stripe.release();
    }
}

impl<P: TenantPool> fmt::Debug for Lease<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}
