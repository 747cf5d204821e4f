//! Makes a tenant's roles in the data cluster and ends its sessions, by way of its provisioner.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tenant_registry::TenantId;

use super::names::{Slot, provisioner};

use crate::service_pool::ServicePool;

/// Makes the tenant's first login, open with this verifier. Idempotent.
pub(crate) async fn create(
    service: &ServicePool,
    tenant: TenantId,
    verifier: &str,
) -> Result<(), sqlx::Error> {
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

/// No login of the tenant's can begin a session any more.
pub(crate) async fn forbid_logins(service: &ServicePool, tenant: TenantId) -> Result<(), sqlx::Error> {
    call(service, tenant, "forbid_logins").await
}

/// Ends all sessions of the tenant, in whatever database, and says how many there were.
pub(crate) async fn end_sessions(service: &ServicePool, tenant: TenantId) -> Result<i32, sqlx::Error> {
    let call = format!("SELECT {}.end_backends($1)", provisioner(tenant));
    service
        .fetch_one(sqlx::query(AssertSqlSafe(call)).bind(tenant.as_uuid()))
        .await?
        .try_get(0)
}

/// Drops the tenant's roles, and all that they left behind. Idempotent.
pub(crate) async fn drop(service: &ServicePool, tenant: TenantId) -> Result<(), sqlx::Error> {
    call(service, tenant, "drop_tenant").await
}

/// The login of this slot can begin sessions again.
pub(crate) async fn allow_login(
    service: &ServicePool,
    tenant: TenantId,
    slot: Slot,
) -> Result<(), sqlx::Error> {
    let call = format!("SELECT {}.allow_login($1, $2::\"char\")", provisioner(tenant));
    service
        .execute(
            sqlx::query(AssertSqlSafe(call))
                .bind(tenant.as_uuid())
                .bind(slot.as_char().to_string()),
        )
        .await?;
    Ok(())
}

/// Opens the login that removes the tenant's rows, with this verifier. False when the tenant has no roles, so that it
/// has no rows either.
pub(crate) async fn begin_purge(
    service: &ServicePool,
    tenant: TenantId,
    verifier: &str,
) -> Result<bool, sqlx::Error> {
    let call = format!("SELECT {}.begin_purge($1, $2)", provisioner(tenant));
    service
        .fetch_one(
            sqlx::query(AssertSqlSafe(call))
                .bind(tenant.as_uuid())
                .bind(verifier),
        )
        .await?
        .try_get(0)
}

/// One of the provisioner's functions of a tenant and nothing else.
async fn call(service: &ServicePool, tenant: TenantId, function: &'static str) -> Result<(), sqlx::Error> {
    let call = format!("SELECT {}.{function}($1)", provisioner(tenant));
    service
        .execute(sqlx::query(AssertSqlSafe(call)).bind(tenant.as_uuid()))
        .await?;
    Ok(())
}

/// The statement that ends one backend if it is a session of this tenant's: `$1` the tenant (`uuid`), `$2` the
/// backend's process id (`int4`).
pub(crate) fn end_backend_sql(tenant: TenantId) -> String {
    format!("SELECT {}.end_backend($1, $2)", provisioner(tenant))
}
