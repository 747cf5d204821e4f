//! Table of finding codes, with severity and risk. The catalogue queries and the probe refer to it.
//!
//! A finding is only a warning where a tenant can cause it to itself (it must not be able to keep the service from
//! starting), where only a superuser can correct it, and where it gives no access to other tenants' rows by itself.

use crate::severity::Severity;

/// What is known of a code.
#[derive(Debug)]
pub(crate) struct CodeInfo {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) risk: &'static str,
}

/// A check could not be made.
pub(crate) const NOT_EXAMINED: CodeInfo =
    error("NOT_EXAMINED", "It is not known whether tenants are isolated.");
/// A login failed.
pub(crate) const UNREACHABLE: CodeInfo = error(
    "UNREACHABLE",
    "It is not known whether tenants are isolated there.",
);
/// The probe failed.
pub(crate) const PROBE_FAILED: CodeInfo = error(
    "PROBE_FAILED",
    "It is not known whether an attack would be refused.",
);
/// The server is read-only, so that the probe could not run.
pub(crate) const PROBE_READ_ONLY: CodeInfo = warning(
    "PROBE_READ_ONLY",
    "Only the catalogs were examined, and no attack was tried. The service serves, and runs the probe once the database takes writes again.",
);

const fn error(code: &'static str, risk: &'static str) -> CodeInfo {
    CodeInfo {
        code,
        severity: Severity::Error,
        risk,
    }
}

const fn warning(code: &'static str, risk: &'static str) -> CodeInfo {
    CodeInfo {
        code,
        severity: Severity::Warning,
        risk,
    }
}

/// The entry of a code.
pub(crate) fn find(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| info.code == code)
}

#[rustfmt::skip]
static CODES: &[CodeInfo] = &[
    NOT_EXAMINED,
    UNREACHABLE,
    error("SERVER_TOO_OLD", "Holes in row level security that later versions closed are open."),
    // Tables
    error("TENANT_ID_MISSING", "All tenants share its rows."),
    error("TENANT_ID_TYPE", "It may hold values that are no tenant's id, and no policy fits it."),
    error("TENANT_ID_NULLABLE", "A row may belong to no tenant, and be lost to its owner."),
    error("TENANT_ID_DEFAULT", "A tenant's INSERT, which never names tenant_id, does not get that tenant's id."),
    error("RLS_DISABLED", "Every tenant reads and changes the rows of all others."),
    error("RLS_NOT_FORCED", "Code that runs as the owner, such as the functions that delete, reaches all tenants' rows."),
    error("POLICY_ADDED", "Permissive policies add up: tenants reach rows of others."),
    error("POLICY_ALTERED", "Tenants may read, write or give away rows of others."),
    error("POLICY_MISSING", "No tenant sees a row, or with row level security off every tenant sees all."),
    error("STATISTICS_ON", "EXPLAIN tells a tenant how many rows others have, and which values are frequent."),
    error("STATISTICS_EXTENDED", "EXPLAIN tells a tenant how other tenants' values correlate."),
    warning("GUARD_MISSING", "One tenant makes all others wait, with DDL that waits for a lock before it is refused. `tenantry migrate` with a superuser creates the guard."),
    warning("TRIGGER_PRESENT", "It runs with every tenant's writes, and fails on Citus."),
    error("RULE_PRESENT", "It rewrites tenants' statements into others that run with the owner's rights."),
    warning("PUBLISHED", "Every subscriber gets the rows of all tenants."),
    warning("SUBSCRIBED", "Rows arrive that no policy has checked."),
    // Keys
    error("KEY_GLOBAL", "A tenant learns from a conflict that another has this value, and can keep others from using it."),
    warning("INDEX_GLOBAL", "A tenant's queries scan past the rows of all others, and their duration tells how many there are."),
    error("FOREIGN_KEY_GLOBAL", "A tenant can refer to another's row, learns whether it exists, and keeps it from being deleted."),
    // Grants
    error("INTERNAL_GRANTED", "Tenants reach the objects that create and manage tenants."),
    error("LEAF_GRANTED", "Read directly, it is not bound by its parent's policy: all tenants' rows are open."),
    error("MATERIALIZED_VIEW_GRANTED", "Materialised views have no row level security: it holds the rows of all tenants."),
    error("FOREIGN_TABLE_GRANTED", "Foreign tables have no row level security: it shows the rows of all tenants."),
    error("SEQUENCE_GRANTED", "Its value tells how much other tenants write, and setval breaks their inserts."),
    error("TRUNCATE_GRANTED", "TRUNCATE ignores policies: one tenant empties the table of all."),
    error("REFERENCES_GRANTED", "With a foreign key a tenant learns which rows others have, and keeps them from being deleted."),
    error("TRIGGER_GRANTED", "A tenant's code would run with every other tenant's statements."),
    error("UPDATE_GRANTED", "A right to update the whole table is a right to LOCK it against all tenants, and to change tenant_id."),
    error("DELETE_GRANTED", "A right to delete is a right to LOCK the table against all tenants."),
    error("INSERT_GRANTED", "A right to insert into the whole table is a right to write tenant_id."),
    error("MAINTAIN_GRANTED", "A right to maintain the table is a right to LOCK it against all tenants."),
    error("TENANT_ID_GRANTED", "Only the policy keeps a tenant from giving its rows to another."),
    error("GRANT_OPTION", "Grants by the grantee are not visible where the right was granted, and outlive its REVOKE."),
    error("PUBLIC_GRANTED", "Every login has the right: those of all tenants, and future ones."),
    warning("TENANT_GRANTED", "Tenants differ in their rights, and an access list of thousands of entries overflows."),
    warning("STRANGER_GRANTED", "The role can lock the table, and reads all rows once row level security does not bind it."),
    // Views
    error("VIEW_UNBOUND", "The view shows the rows of all tenants."),
    error("VIEW_OVER_UNPROTECTED", "The view shows the rows of all tenants."),
    // Routines
    error("IDENTITY_ALTERED", "Every policy rests on it: sessions may count as those of another tenant."),
    error("PUBLIC_EXECUTE", "Every login may run it: those of all tenants, and future ones."),
    error("DEFINER_SEARCH_PATH", "A caller that can create anything runs its own code with the owner's rights."),
    error("DEFINER_OWNER", "It reads and writes the rows of all tenants."),
    error("OWNER_WRONG", "Its owner can change it, and row level security may not bind that owner."),
    error("LEAKPROOF", "It is called with other tenants' rows before the policy is checked."),
    error("UNTRUSTED_ROUTINE", "It can do all that the server's operating system account can."),
    error("EXTENSION_REACHABLE", "It reaches other servers, files, pages or statements past every policy."),
    error("CATALOG_ALTERED", "Policies and identity rest on PostgreSQL's own functions: their result is not known any more."),
    // Schemas, and the database as a whole
    error("SCHEMA_MISSING", "This is another database than expected, or the migrations have not been run there."),
    error("SCHEMA_CREATE", "A tenant can create functions, tables and operators that others call by mistake."),
    error("DEFAULT_PRIVILEGES", "The next object is open from its creation."),
    error("LANGUAGE_OPEN", "A role that may create a function can do all that the server's operating system account can."),
    error("FOREIGN_SERVER_OPEN", "Tenants reach another server with the rights of its user mapping."),
    warning("EVENT_TRIGGER", "It runs within migrations, with the migrator's rights."),
    warning("LARGE_OBJECT", "Large objects have no row level security."),
    warning("SYSTEM_FUNCTION_OPEN", "Tenants reach others with it: advisory locks, large objects, logical messages, or rows followed past every policy. Only a superuser can close it."),
    warning("SYSTEM_FUNCTION_TELLS", "Tenants learn of others' sessions, locks and sizes, and of the write-ahead log. Only a superuser can close it."),
    error("SYSTEM_GRANTED", "The catalogs hold values and passwords of all tenants."),
    // The control store
    error("STORE_GRANTED", "The control store has the sealed passwords of all tenants: no tenant may reach it."),
    warning("STORE_SHARED", "The role reaches the store with the sealed passwords of all tenants."),
    // Roles
    error("TENANT_SUPERUSER", "Neither row level security nor missing rights bind it."),
    error("TENANT_BYPASSRLS", "It reads and changes the rows of all tenants."),
    error("TENANT_CREATEROLE", "It can create logins, and with them sessions of other tenants."),
    error("TENANT_CREATEDB", "It can create databases that are not hardened."),
    error("TENANT_REPLICATION", "It can copy the whole cluster, rows of all tenants included."),
    error("FIXED_ROLE_POWER", "A session of it controls the whole cluster, row level security or not."),
    error("FIXED_ROLE_LOGIN", "It owns or grants what isolates tenants, and must have no session."),
    error("FIXED_ROLE_MISSING", "The migrations have not been run here, or were undone."),
    warning("WATCHDOG_POWERLESS", "A tenant that has filled the lock table cannot be stopped: all writes and logins of the server fail until it lets go."),
    warning("GRANTER_POWERLESS", "No tenant can be created, and none purged."),
    error("TENANT_ROLE_LOGIN", "A session of it is a session of the tenant, and no rotation of passwords ends it."),
    error("TENANT_LOOKALIKE", "A session of it reads and changes that tenant's rows."),
    error("TENANT_MEMBERSHIP", "The tenant has that role's rights, and can end its sessions."),
    warning("TENANT_LOGIN_SHARED", "That role can end the tenant's sessions, and has its grants."),
    error("TENANT_ADMIN_OPTION", "The tenant decides which roles are tenants."),
    error("FIXED_ROLE_MEMBERSHIP", "It has more rights than its work needs, and so has an attacker who takes it over."),
    warning("FIXED_ROLE_SHARED", "It has the role's rights: owners can undo what isolates tenants."),
    error("TENANT_OWNS", "An owner can change what it owns, and grant it to others."),
    error("FIXED_ROLE_OWNS", "An owner can change what it owns, and this role must own nothing."),
    warning("LOGIN_LIMIT", "A stolen password can take that many of the server's connections; a limit that is too low refuses the tenant's own."),
    warning("TENANT_LOCKED_OUT", "The tenant cannot be served. Suspending and resuming it restores its login's LOGIN and stored password; only SQL can change VALID UNTIL."),
    warning("TENANT_EXPIRES", "From then on the tenant cannot be served, and suspending and resuming it does not help."),
    warning("BYPASSRLS_LOGIN", "It reads and changes the rows of all tenants."),
    warning("BACKUP_LOGIN_MISSING", "A backup with any other login fails at the first table of tenants."),
    error("PARAMETER_GRANTED", "A tenant changes settings that are reserved for superusers, such as whether triggers run."),
    // Settings
    error("SETTING_DANGEROUS", "It disables keys and triggers, opens large objects, or loads code into sessions."),
    warning("TENANT_SETTING", "The service's sessions override important settings with start-up options, except default_transaction_read_only; other sessions of this login do not."),
    warning("FIXED_ROLE_SETTING", "It changes what names mean or what sessions may do, without a trace in the code."),
    warning("PASSWORDS_WEAK", "A stored password suffices to log in."),
    warning("LOCK_TABLE_SMALL", "A tenant fills the lock table before the watchdog can end its session: all writes and logins of the server fail until then."),
    warning("NOTIFY_QUEUE_FILLING", "Every commit with a NOTIFY gets slower, and once the queue is full it fails, in all databases of the server. The listener is among the oldest transactions that the query shows: end the first, then look again."),
    // Databases
    error("DATABASE_OPEN", "Logins that do not belong there can connect, or create temporary tables."),
    warning("SHARED_DATABASE_OPEN", "Tenants' logins can connect to a database that is not hardened. It holds none of their rows."),
    warning("OTHER_DATABASE_OPEN", "Tenants' logins can connect to it, and have PUBLIC's rights there."),
    warning("DATABASE_OWNER", "Its owner can open it to any role."),
    warning("DATABASE_MISSING", "It is not known whether tenants' logins can connect to it."),
    // The probe
    PROBE_FAILED,
    PROBE_READ_ONLY,
    error("PROBE_READ", "One tenant reads another's rows."),
    error("PROBE_WROTE", "One tenant changes or deletes another's rows."),
    error("PROBE_FORGED", "One tenant creates rows of another."),
    error("PROBE_BECAME", "One tenant acts as another, or as a role without restrictions."),
    error("PROBE_LOCKED", "One tenant locks all others out of the table."),
    error("PROBE_TRUNCATED", "One tenant empties the table of all."),
    error("PROBE_COLLIDED", "One tenant learns which values another has."),
    error("PROBE_CREATED", "A tenant can create functions, tables and operators that others call by mistake."),
    error("PROBE_ENTERED", "Tenants' logins reach the sealed passwords of all tenants."),
    error("PROBE_ALTERED", "One tenant changes or deletes another's rows."),
    warning("NOT_PROBED", "Only the lint has examined the table."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::CODES;

    #[test]
    fn codes_are_unique_and_every_risk_is_a_sentence() {
        let codes: HashSet<_> = CODES.iter().map(|info| info.code).collect();
        assert_eq!(codes.len(), CODES.len());
        for info in CODES {
            assert!(info.risk.ends_with('.'), "{}", info.code);
            assert!(
                info.code.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
                "{}",
                info.code
            );
        }
    }

    /// A code that is missing here would be reported as `NOT_EXAMINED`.
    #[test]
    fn every_code_of_the_queries_is_in_the_table() {
        let codes: HashSet<_> = CODES.iter().map(|info| info.code).collect();
        for sql in [
            schema::catalog_rules::HARDENING_GAPS,
            schema::catalog_rules::POWERFUL_ROLES,
            include_str!("sql/tables.sql"),
            include_str!("sql/keys.sql"),
            include_str!("sql/grants.sql"),
            include_str!("sql/views.sql"),
            include_str!("sql/routines.sql"),
            include_str!("sql/schemas.sql"),
            include_str!("sql/store.sql"),
            include_str!("sql/roles.sql"),
            include_str!("sql/parameters.sql"),
            include_str!("sql/databases.sql"),
            include_str!("sql/settings.sql"),
        ] {
            let named = sql.split('\'').skip(1).step_by(2).filter(|text| {
                text.len() > 6
                    && text.contains('_')
                    && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            });
            for code in named.filter(|code| !matches!(*code, "TENANT_" | "_GRANTED")) {
                assert!(codes.contains(code), "{code}");
            }
        }
    }
}
