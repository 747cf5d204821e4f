//! Makes a tenant's roles in the data cluster and ends its sessions, by way of its provisioner.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tenant_registry::TenantId;
use uuid::Uuid;

use super::names::{Slot, provisioner};
use crate::service_pool::ServicePool;

/// Opens the tenant's login of this slot with this verifier and `CONNECTION LIMIT`, and makes it where it is not there.
/// Idempotent.
pub(crate) async fn open(
    service: &ServicePool,
    tenant: TenantId,
    slot: Slot,
    verifier: &str,
    limit: i32,
) -> Result<(), sqlx::Error> {
    // The schema's name is one of 64 of ours.
    let call = format!(
        "SELECT {}.open_tenant($1, $2::\"char\", $3, $4)",
        provisioner(tenant)
    );
    service
        .execute(
            sqlx::query(AssertSqlSafe(call))
                .bind(tenant.as_uuid())
                .bind(slot.as_char().to_string())
                .bind(verifier)
                .bind(limit),
        )
        .await?;
    Ok(())
}

/// Sets the `CONNECTION LIMIT` of the tenant's logins, and says how many had another one.
pub(crate) async fn limit_connections(
    service: &ServicePool,
    tenant: TenantId,
    limit: i32,
) -> Result<i32, sqlx::Error> {
    let call = format!("SELECT {}.limit_connections($1, $2)", provisioner(tenant));
    service
        .fetch_one(
            sqlx::query(AssertSqlSafe(call))
                .bind(tenant.as_uuid())
                .bind(limit),
        )
        .await?
        .try_get(0)
}

/// The tenants whose logins there are, each with a login's `CONNECTION LIMIT`; -1 for none.
pub(crate) async fn login_limits(service: &ServicePool) -> Result<Vec<(TenantId, i32)>, sqlx::Error> {
    let rows: Vec<(Uuid, i32)> = sqlx::query_as(
        "SELECT substr(rolname, 4, 32)::uuid, rolconnlimit FROM pg_catalog.pg_roles
         WHERE rolname ~ '^tn_[0-9a-f]{32}_[ab]$'",
    )
    .fetch_all(service)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(tenant, limit)| (tenant.into(), limit))
        .collect())
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

/// Opens the login that removes the tenant's rows, with this verifier, and makes it where it is not there.
pub(crate) async fn begin_purge(
    service: &ServicePool,
    tenant: TenantId,
    verifier: &str,
) -> Result<(), sqlx::Error> {
    let call = format!("SELECT {}.begin_purge($1, $2)", provisioner(tenant));
    service
        .execute(
            sqlx::query(AssertSqlSafe(call))
                .bind(tenant.as_uuid())
                .bind(verifier),
        )
        .await?;
    Ok(())
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
/// backend's process id (`int4`). By the watchdog's function, which writes nothing; where that may not signal, by the
/// provisioner's.
pub(crate) fn end_backend_sql(tenant: TenantId) -> String {
    format!(
        "SELECT CASE WHEN pg_has_role('tenantry_watchdog', 'pg_signal_backend', 'USAGE')
            THEN watchdog.end_session($1, $2, NULL) ELSE {}.end_backend($1, $2) END",
        provisioner(tenant)
    )
}

/// The statement that ends one of a tenant's sessions if it still holds too much: `$1` the tenant (`uuid`), `$2` the
/// backend's process id (`int4`), `$3` the entries of the lock table that it may hold (`int4`).
pub(crate) const END_SESSION: &str = "SELECT watchdog.end_session($1, $2, $3)";
