//! A tenant's logins in the data cluster, managed through its provisioner's functions.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tenant_registry::TenantId;
use uuid::Uuid;

use crate::service_pool::ServicePool;
use schema::{Slot, provisioner};

/// Opens the tenant's login of this slot with this verifier and `CONNECTION LIMIT`, and creates it if it is missing.
/// Idempotent.
pub(crate) async fn open(
    service: &ServicePool,
    tenant: TenantId,
    slot: Slot,
    verifier: &str,
    limit: i32,
) -> Result<(), sqlx::Error> {
    // The schema's name is one of 64 constants.
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

/// Sets the `CONNECTION LIMIT` of the tenant's logins, and returns how many had another one.
pub(crate) async fn limit_connections(
    service: &ServicePool,
    tenant: TenantId,
    limit: i32,
) -> Result<i32, sqlx::Error> {
    service
        .fetch_one(
            sqlx::query(AssertSqlSafe(limit_connections_sql(tenant)))
                .bind(tenant.as_uuid())
                .bind(limit),
        )
        .await?
        .try_get(0)
}

/// The statement that sets it. `$1`: the tenant (`uuid`), `$2`: the limit (`int4`).
pub(crate) fn limit_connections_sql(tenant: TenantId) -> String {
    format!("SELECT {}.limit_connections($1, $2)", provisioner(tenant))
}

/// The `CONNECTION LIMIT` of every tenant's login; -1 for none.
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

/// Closes the tenant's logins for new sessions.
pub(crate) async fn forbid_logins(service: &ServicePool, tenant: TenantId) -> Result<(), sqlx::Error> {
    call(service, tenant, "forbid_logins").await
}

/// Ends all sessions of the tenant, in any database, and returns their number. Prefers the watchdog's function, like
/// [`end_backend_sql`]: the provisioner's waits for all locks on `pg_auth_members`.
pub(crate) async fn end_sessions(service: &ServicePool, tenant: TenantId) -> Result<i32, sqlx::Error> {
    let call = format!(
        "SELECT CASE WHEN {WATCHDOG_MAY_SIGNAL} THEN (
                SELECT count(*)::int4 FROM pg_stat_get_activity(NULL) AS session
                WHERE pg_get_userbyid(session.usesysid)::text ^@ ('tn_' || replace($1::text, '-', '') || '_')
                    AND watchdog.end_session($1, session.pid, NULL)
            ) ELSE {}.end_backends($1) END",
        provisioner(tenant)
    );
    service
        .fetch_one(sqlx::query(AssertSqlSafe(call)).bind(tenant.as_uuid()))
        .await?
        .try_get(0)
}

/// Drops the tenant's roles and what they own. Idempotent.
pub(crate) async fn drop(service: &ServicePool, tenant: TenantId) -> Result<(), sqlx::Error> {
    call(service, tenant, "drop_tenant").await
}

/// Opens the login that deletes the tenant's rows, with this verifier, and creates it if it is missing.
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

/// Calls one of the provisioner's functions that take only the tenant.
async fn call(service: &ServicePool, tenant: TenantId, function: &'static str) -> Result<(), sqlx::Error> {
    let call = format!("SELECT {}.{function}($1)", provisioner(tenant));
    service
        .execute(sqlx::query(AssertSqlSafe(call)).bind(tenant.as_uuid()))
        .await?;
    Ok(())
}

/// Whether the watchdog's function may end sessions. From PostgreSQL 16 on, the migrator may not be able to grant that.
const WATCHDOG_MAY_SIGNAL: &str = "pg_has_role('tenantry_watchdog', 'pg_signal_backend', 'USAGE')";

/// The statement that ends one backend if it is a session of this tenant. `$1`: the tenant (`uuid`), `$2`: the backend's
/// process id (`int4`). Uses the watchdog's function, which writes nothing, or the provisioner's where the watchdog may
/// not signal.
pub(crate) fn end_backend_sql(tenant: TenantId) -> String {
    format!(
        "SELECT CASE WHEN {WATCHDOG_MAY_SIGNAL}
            THEN watchdog.end_session($1, $2, NULL) ELSE {}.end_backend($1, $2) END",
        provisioner(tenant)
    )
}

/// The statement that ends those of the given sessions that still hold too many locks. `$1`: the tenants (`uuid[]`),
/// `$2`: the backends' process ids (`int4[]`), `$3`: the lock table entries that each may hold (`int4[]`).
pub(crate) const END_SESSIONS: &str =
    "SELECT array_agg(watchdog.end_session(tenant, backend, beyond) ORDER BY place)
    FROM unnest($1::uuid[], $2::int4[], $3::int4[]) WITH ORDINALITY AS session (tenant, backend, beyond, place)";
