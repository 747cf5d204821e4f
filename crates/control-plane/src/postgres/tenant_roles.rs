//! Makes a tenant's roles in the data cluster and ends its sessions, by way of its provisioner.

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::TenantId;

use super::names::provisioner;

/// Makes the tenant's role and its two logins, the first one active with this verifier. Idempotent.
pub(crate) async fn create(service: &PgPool, tenant: TenantId, verifier: &str) -> Result<(), sqlx::Error> {
    // The schema's name is one of 64 of ours.
    let call = format!("SELECT {}.create_tenant($1, $2)", provisioner(tenant));
    service
        .execute(
            sqlx::query(AssertSqlSafe(call))
                .bind(tenant.as_uuid())
                .bind(verifier),
        )
        .await?;
    Ok(())
}

/// The statement that ends one backend if it is a session of this tenant's: `$1` the tenant (`uuid`), `$2` the
/// backend's process id (`int4`).
pub(crate) fn end_backend_sql(tenant: TenantId) -> String {
    format!("SELECT {}.end_backend($1, $2)", provisioner(tenant))
}
