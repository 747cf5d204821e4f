//! The one table of codes: how much each weighs and what it lets happen. The questions name them.
//!
//! A warning is what only a superuser can close, what a tenant can do to itself (it must not be able to keep the
//! service from starting), and what is no way to another tenant's rows by itself.

use super::Severity;

/// What is known of a code.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) risk: &'static str,
}

/// Something could not be asked.
pub(super) const NOT_EXAMINED: Rule = error("NOT_EXAMINED", "Nobody knows whether tenants are kept apart.");
/// A database could not be entered.
pub(super) const UNREACHABLE: Rule = error(
    "UNREACHABLE",
    "Nobody knows whether tenants are kept apart there.",
);
/// The probe could not be made, or not to its end.
pub(super) const PROBE_FAILED: Rule =
    error("PROBE_FAILED", "Whether an attack would be refused is not known.");

const fn error(code: &'static str, risk: &'static str) -> Rule {
    Rule {
        code,
        severity: Severity::Error,
        risk,
    }
}

const fn warning(code: &'static str, risk: &'static str) -> Rule {
    Rule {
        code,
        severity: Severity::Warning,
        risk,
    }
}

/// The rule of a code.
pub(super) fn find(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code)
}

#[rustfmt::skip]
static RULES: &[Rule] = &[
    NOT_EXAMINED,
    UNREACHABLE,
    error("SERVER_TOO_OLD", "Holes in row level security that later versions closed are open."),
    // Tables
    error("TENANT_ID_MISSING", "All tenants share its rows."),
    error("TENANT_ID_TYPE", "It may hold what is no tenant's id, and no policy fits it."),
    error("TENANT_ID_NULLABLE", "A row may belong to nobody, and be lost to its tenant."),
    error("TENANT_ID_DEFAULT", "A tenant's INSERT, which never names tenant_id, is not given to that tenant."),
    error("RLS_DISABLED", "Every tenant reads and changes the rows of all others."),
    error("RLS_NOT_FORCED", "What runs as the owner, such as the functions that delete, reaches all tenants' rows."),
    error("POLICY_ADDED", "Permissive policies add up: it lets tenants reach rows that are not theirs."),
    error("POLICY_ALTERED", "Tenants may read, write or hand over rows that are not theirs."),
    error("POLICY_MISSING", "Without it no tenant sees a row, or with row level security off each sees all."),
    error("STATISTICS_ON", "EXPLAIN tells a tenant how many rows others have, and which values are frequent."),
    error("STATISTICS_EXTENDED", "EXPLAIN tells a tenant how other tenants' values go together."),
    warning("GUARD_MISSING", "One tenant makes all others wait, by DDL that waits for a lock before it is refused; `tenantry migrate` as a superuser makes it."),
    warning("TRIGGER_PRESENT", "It runs with every tenant's writes, and fails on Citus."),
    error("RULE_PRESENT", "It rewrites tenants' statements into others that run with the owner's rights."),
    warning("PUBLISHED", "Whoever subscribes gets the rows of all tenants."),
    warning("SUBSCRIBED", "Rows arrive that no policy has looked at."),
    // Keys
    error("KEY_GLOBAL", "A tenant learns from a conflict that another has this value, and can keep others from using it."),
    warning("INDEX_GLOBAL", "A tenant's queries walk past the rows of all others, and their time tells how many there are."),
    error("FOREIGN_KEY_GLOBAL", "A tenant can refer to another's row, learns whether it exists, and keeps it from being deleted."),
    // Grants
    error("INTERNAL_GRANTED", "Tenants get at what makes and keeps them."),
    error("LEAF_GRANTED", "Read by itself it is not bound by its parent's policy: all tenants' rows are open."),
    error("MATERIALIZED_VIEW_GRANTED", "Row level security knows no materialised views: it holds the rows of all tenants."),
    error("FOREIGN_TABLE_GRANTED", "Row level security knows no foreign tables: it shows the rows of all tenants."),
    error("SEQUENCE_GRANTED", "Its value tells how much other tenants write, and setval breaks their inserts."),
    error("TRUNCATE_GRANTED", "TRUNCATE asks no policy: one tenant empties the table of all."),
    error("REFERENCES_GRANTED", "A foreign key of a tenant's own tells which rows others have, and keeps them from being deleted."),
    error("TRIGGER_GRANTED", "A tenant's code would run with every other tenant's statements."),
    error("UPDATE_GRANTED", "A right to update the whole table is one to LOCK it against all tenants, and to change tenant_id."),
    error("DELETE_GRANTED", "A right to delete is one to LOCK the table against all tenants."),
    error("INSERT_GRANTED", "A right to insert into the whole table is one to write tenant_id."),
    error("MAINTAIN_GRANTED", "A right to maintain the table is one to LOCK it against all tenants."),
    error("TENANT_ID_GRANTED", "Only the policy stands between a tenant and rows that it makes another's."),
    error("GRANT_OPTION", "What is passed on is not seen where it was granted, and outlives its REVOKE."),
    error("PUBLIC_GRANTED", "Every login has it, those of all tenants and whatever is made later."),
    warning("TENANT_GRANTED", "Tenants are not alike any more, and an access list of thousands outgrows its place."),
    warning("STRANGER_GRANTED", "It can lock the table, and has the rows as soon as it is not bound by row level security."),
    // Views
    error("VIEW_UNBOUND", "The view shows the rows of all tenants."),
    error("VIEW_OVER_UNPROTECTED", "The view shows the rows of all tenants."),
    // Routines
    error("IDENTITY_ALTERED", "Every policy rests on it: sessions may be taken for those of another tenant."),
    error("PUBLIC_EXECUTE", "Every login may run it, those of all tenants and whatever is made later."),
    error("DEFINER_SEARCH_PATH", "A caller that can create anything has its own code run with the owner's rights."),
    error("DEFINER_OWNER", "What it reads and writes, it reads and writes of all tenants."),
    error("OWNER_WRONG", "Its owner can change it, and row level security may not bind that owner."),
    error("LEAKPROOF", "It is called with other tenants' rows, before the policy is asked."),
    error("UNTRUSTED_ROUTINE", "It can do whatever the server's operating system account can."),
    error("EXTENSION_REACHABLE", "It reaches other servers, files, pages or statements past every policy."),
    error("CATALOG_ALTERED", "Policies and identity are made of PostgreSQL's own functions: they may say anything now."),
    // Schemas, and the database as a whole
    error("SCHEMA_MISSING", "It is not the database that it is taken for, or the migrations have not been run there."),
    error("SCHEMA_CREATE", "A tenant can put functions, tables and operators of its own in others' way."),
    error("DEFAULT_PRIVILEGES", "The next object is open from the moment that it is made."),
    error("LANGUAGE_OPEN", "Whoever may create a function can do whatever the server's operating system account can."),
    error("FOREIGN_SERVER_OPEN", "Tenants reach another server with the rights of whoever configured it."),
    warning("EVENT_TRIGGER", "It runs within migrations, with the rights of whoever migrates."),
    warning("LARGE_OBJECT", "Row level security knows no large objects."),
    warning("SYSTEM_FUNCTION_OPEN", "Tenants reach across to others by it: advisory locks, large objects, logical messages, or rows followed past every policy. It takes a superuser to close."),
    warning("SYSTEM_FUNCTION_TELLS", "Tenants learn of others' sessions, locks and sizes, and of the write-ahead log. It takes a superuser to close."),
    error("SYSTEM_GRANTED", "The catalogs hold values and passwords of all tenants."),
    // The control store
    error("STORE_GRANTED", "The control store is no business of any tenant's: it has the sealed passwords of all."),
    warning("STORE_SHARED", "It has to do with the sealed passwords of all tenants."),
    // Roles
    error("TENANT_SUPERUSER", "Neither row level security nor any right binds it."),
    error("TENANT_BYPASSRLS", "It reads and changes the rows of all tenants."),
    error("TENANT_CREATEROLE", "It can make itself logins, and with them sessions of other tenants."),
    error("TENANT_CREATEDB", "It can make databases where nobody keeps it from anything."),
    error("TENANT_REPLICATION", "It can copy the whole cluster, rows of all tenants included."),
    error("FIXED_ROLE_POWER", "Whoever gets hold of it has the whole cluster, row level security or not."),
    error("FIXED_ROLE_LOGIN", "It owns or grants what keeps tenants apart, and was to be nobody's session."),
    error("FIXED_ROLE_MISSING", "The migrations have not been run here, or were undone."),
    warning("WATCHDOG_POWERLESS", "A tenant that has filled the lock table cannot be stopped: all writes and logins of the server fail until it lets go."),
    warning("GRANTER_POWERLESS", "No tenant can be made, and none purged."),
    error("TENANT_ROLE_LOGIN", "A session of it is one of the tenant's that no rotation of passwords ends."),
    error("TENANT_LOOKALIKE", "Whoever logs in with it reads and changes that tenant's rows."),
    error("TENANT_MEMBERSHIP", "The tenant has that role's rights, and can end its sessions."),
    warning("TENANT_LOGIN_SHARED", "That role can end the tenant's sessions, and has its grants."),
    error("TENANT_ADMIN_OPTION", "The tenant decides who is a tenant."),
    error("FIXED_ROLE_MEMBERSHIP", "It has more rights than its work needs, and who gets hold of it has them."),
    warning("FIXED_ROLE_SHARED", "It has what the role has: owners can undo whatever keeps tenants apart."),
    error("TENANT_OWNS", "An owner can change what it owns, and grant it to others."),
    error("FIXED_ROLE_OWNS", "An owner can change what it owns, and this role was to own nothing."),
    warning("LOGIN_LIMIT", "A stolen password can take that many of the server's connections; too low a limit refuses the tenant's own."),
    warning("TENANT_LOCKED_OUT", "The tenant cannot be served. To suspend it and to resume it gives its login the stored password again."),
    warning("TENANT_EXPIRES", "From then on the tenant cannot be served."),
    warning("BYPASSRLS_LOGIN", "It reads and changes the rows of all tenants."),
    warning("BACKUP_LOGIN_MISSING", "A backup by any other login fails on the first table of tenants."),
    error("PARAMETER_GRANTED", "A tenant changes for its session what was kept to superusers, such as whether triggers run."),
    // Settings
    error("SETTING_DANGEROUS", "It switches off keys and triggers, opens large objects, or loads code into sessions."),
    warning("TENANT_SETTING", "The service's sessions override what matters by start-up options, but for default_transaction_read_only; others of this login do not."),
    warning("FIXED_ROLE_SETTING", "It changes what names mean, or what sessions may do, where nobody looks for it."),
    warning("PASSWORDS_WEAK", "Whoever reads a stored password can log in with it."),
    warning("LOCK_TABLE_SMALL", "A tenant fills the lock table before the watchdog can end its session: all writes and logins of the server fail until then."),
    warning("NOTIFY_QUEUE_FILLING", "Every commit with a NOTIFY gets slower, and once the queue is full it fails, in all databases of the server."),
    // Databases
    error("DATABASE_OPEN", "Logins get in, or make temporary tables there, that have no business in it."),
    warning("SHARED_DATABASE_OPEN", "Tenants' logins get into a database that nobody hardens. None of their rows are there."),
    warning("OTHER_DATABASE_OPEN", "Tenants' logins get into it, and have there whatever is PUBLIC's."),
    warning("DATABASE_OWNER", "Its owner can open it to anybody."),
    warning("DATABASE_MISSING", "It cannot be told whether tenants' logins get into it."),
    // The probe
    PROBE_FAILED,
    error("PROBE_READ", "One tenant reads another's rows."),
    error("PROBE_WROTE", "One tenant changes or deletes another's rows."),
    error("PROBE_FORGED", "One tenant makes rows that are another's."),
    error("PROBE_BECAME", "One tenant acts as another, or as somebody whom nothing binds."),
    error("PROBE_LOCKED", "One tenant locks all others out of the table."),
    error("PROBE_TRUNCATED", "One tenant empties the table of all."),
    error("PROBE_COLLIDED", "One tenant learns which values another has."),
    error("PROBE_CREATED", "A tenant can put functions, tables and operators of its own in others' way."),
    error("PROBE_ENTERED", "Tenants' logins get at the sealed passwords of all."),
    error("PROBE_ALTERED", "One tenant changes or deletes another's rows."),
    warning("NOT_PROBED", "Only the lint has looked at the table."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::RULES;

    #[test]
    fn codes_are_unique_and_every_risk_is_a_sentence() {
        let codes: HashSet<_> = RULES.iter().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), RULES.len());
        for rule in RULES {
            assert!(rule.risk.ends_with('.'), "{}", rule.code);
            assert!(
                rule.code.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
                "{}",
                rule.code
            );
        }
    }

    /// A code that a question names and that has no rule would be shown as one that was not examined.
    #[test]
    fn every_code_of_the_questions_has_a_rule() {
        let codes: HashSet<_> = RULES.iter().map(|rule| rule.code).collect();
        for sql in [
            crate::postgres::harden::OPEN_DOORS,
            crate::postgres::roles::POWERFUL_ROLES,
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
