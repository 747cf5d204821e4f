//! Attempts to take another identity, or to create objects.

use schema::{MIGRATOR, OWNER, SERVICE, Slot, tenant_login};

use super::attempt::{Attempt, Required, attempt};
use super::probe_logins::ProbeLogins;

/// Roles that an attacker would gain from.
fn coveted_roles(logins: &ProbeLogins) -> [String; 7] {
    [
        tenant_login(logins.victim_id(), Slot::A),
        OWNER.to_owned(),
        SERVICE.to_owned(),
        MIGRATOR.to_owned(),
        "tenantry_granter".to_owned(),
        "tenantry_watchdog".to_owned(),
        "tenantry_provisioner_00".to_owned(),
    ]
}

/// Attempts to become another role, or one with more rights.
pub(super) fn impersonation_attempts(logins: &ProbeLogins) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for role in coveted_roles(logins) {
        for (sql, action) in [
            (format!("SET LOCAL ROLE {role}"), "SET ROLE"),
            (
                format!("SET LOCAL SESSION AUTHORIZATION {role}"),
                "SET SESSION AUTHORIZATION",
            ),
        ] {
            attempts.push(attempt("PROBE_BECAME", &role, action, sql, Required::Denied));
        }
    }
    let attacker = logins.attacker_id();
    for attribute in ["SUPERUSER", "BYPASSRLS", "CREATEROLE"] {
        let login = tenant_login(attacker, Slot::A);
        let sql = format!("ALTER ROLE {login} {attribute}");
        attempts.push(attempt(
            "PROBE_BECAME",
            &login,
            &format!("giving itself {attribute}"),
            sql,
            Required::Denied,
        ));
    }
    let sql = format!("SELECT CASE WHEN app.tid() = '{attacker}' THEN 0 ELSE 1 END::bigint");
    attempts.push(attempt(
        "PROBE_BECAME",
        "app.tid()",
        "reading its own identity",
        sql,
        Required::ReadsNothing,
    ));
    let sql = "SELECT count(*) FROM pg_catalog.pg_authid".to_owned();
    attempts.push(attempt(
        "PROBE_READ",
        "pg_authid",
        "reading the stored passwords",
        sql,
        Required::Denied,
    ));
    attempts
}

/// Attempts to create objects.
pub(super) fn creation_attempts() -> impl Iterator<Item = Attempt> {
    [
        ("app", "CREATE TABLE app.doctor_probe ()"),
        ("pg_temp", "CREATE TEMPORARY TABLE doctor_probe ()"),
        (
            "app",
            "CREATE FUNCTION app.doctor_probe() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        ),
        ("the database", "CREATE SCHEMA doctor_probe"),
    ]
    .into_iter()
    .map(|(object, sql)| attempt("PROBE_CREATED", object, sql, sql.to_owned(), Required::Denied))
}
