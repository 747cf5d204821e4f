//! Attempts to be more than a tenant.

use super::attempt::{Attempt, Refused, attempt};
use super::logins::Logins;
use crate::postgres::{MIGRATOR, OWNER, SERVICE, Slot, tenant_login};

/// Everybody whom it would be worth to be.
fn others(logins: &Logins) -> [String; 7] {
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

/// To be somebody else, or more than a tenant.
pub(super) fn becoming(logins: &Logins) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for other in others(logins) {
        for (sql, tries) in [
            (format!("SET LOCAL ROLE {other}"), "SET ROLE"),
            (
                format!("SET LOCAL SESSION AUTHORIZATION {other}"),
                "SET SESSION AUTHORIZATION",
            ),
        ] {
            attempts.push(attempt("PROBE_BECAME", &other, tries, sql, Refused::Denied));
        }
    }
    let me = logins.attacker_id();
    for power in ["SUPERUSER", "BYPASSRLS", "CREATEROLE"] {
        let login = tenant_login(me, Slot::A);
        let sql = format!("ALTER ROLE {login} {power}");
        attempts.push(attempt(
            "PROBE_BECAME",
            &login,
            &format!("giving itself {power}"),
            sql,
            Refused::Denied,
        ));
    }
    let sql = format!("SELECT CASE WHEN app.tid() = '{me}' THEN 0 ELSE 1 END::bigint");
    attempts.push(attempt(
        "PROBE_BECAME",
        "app.tid()",
        "asking who it is",
        sql,
        Refused::ReadsNothing,
    ));
    let sql = "SELECT count(*) FROM pg_catalog.pg_authid".to_owned();
    attempts.push(attempt(
        "PROBE_READ",
        "pg_authid",
        "reading the stored passwords",
        sql,
        Refused::Denied,
    ));
    attempts
}

/// To make something of its own.
pub(super) fn creating() -> impl Iterator<Item = Attempt> {
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
    .map(|(object, sql)| attempt("PROBE_CREATED", object, sql, sql.to_owned(), Refused::Denied))
}
