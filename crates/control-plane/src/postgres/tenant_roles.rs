//! Makes a tenant's roles in the data cluster and ends its sessions, by way of its provisioner.

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tenant_registry::TenantId;

use super::names::{Slot, provisioner};

/// Makes the tenant's first login, open with this verifier. Idempotent.
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

/// No login of the tenant's can begin a session any more.
pub(crate) async fn forbid_logins(service: &PgPool, tenant: TenantId) -> Result<(), sqlx::Error> {
    call(service, tenant, "forbid_logins").await
}

/// Ends all sessions of the tenant, in whatever database, and says how many there were.
pub(crate) async fn end_sessions(service: &PgPool, tenant: TenantId) -> Result<i32, sqlx::Error> {
    let call = format!("SELECT {}.end_backends($1)", provisioner(tenant));
    service
        .fetch_one(sqlx::query(AssertSqlSafe(call)).bind(tenant.as_uuid()))
        .await?
        .try_get(0)
}

/// Drops the tenant's roles, and all that they left behind. Idempotent.
pub(crate) async fn drop(service: &PgPool, tenant: TenantId) -> Result<(), sqlx::Error> {
    call(service, tenant, "drop_tenant").await
}

/// The login of this slot can begin sessions again.
pub(crate) async fn allow_login(service: &PgPool, tenant: TenantId, slot: Slot) -> Result<(), sqlx::Error> {
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
    service: &PgPool,
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
async fn call(service: &PgPool, tenant: TenantId, function: &'static str) -> Result<(), sqlx::Error> {
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
