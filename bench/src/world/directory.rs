//! In-memory tenant source, so that the control store is no part of what is measured.

use std::collections::HashMap;
use std::sync::Arc;

use tenant_registry::{SourceError, SourceFuture, TenantId, TenantSource, TenantSpec};

use super::Tenant;

/// A source that knows these tenants' logins by heart.
pub(crate) struct Directory(HashMap<TenantId, TenantSpec>);

impl Directory {
    /// Of these tenants, each with at most so many connections.
    pub(crate) fn of(tenants: &[Tenant], max_connections: u32) -> Arc<Self> {
        let specs = tenants.iter().map(|tenant| {
            let mut spec = tenant.spec.clone();
            spec.max_connections = max_connections;
            (tenant.id, spec)
        });
        Arc::new(Self(specs.collect()))
    }

    /// The same where one tenant is reached by another way.
    pub(crate) fn with(mut specs: Vec<TenantSpec>, max_connections: u32) -> Arc<Self> {
        for spec in &mut specs {
            spec.max_connections = max_connections;
        }
        Arc::new(Self(specs.into_iter().map(|spec| (spec.tenant, spec)).collect()))
    }
}

impl TenantSource for Directory {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(async move { self.0.get(&tenant).cloned().ok_or(SourceError::Unknown) })
    }
}
