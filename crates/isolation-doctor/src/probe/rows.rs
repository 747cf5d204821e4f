//! Attempts on a table's rows.

use schema::TENANT_GROUP;

use super::attempt::{Attempt, Required, attempt};
use super::fixture::{ProbeFixture, ProbedTable};

/// An attempt to find the victim's rows by their mark.
pub(super) fn content_search(relation: &str, fixture: &ProbeFixture, isolate: Option<&str>) -> Attempt {
    let marker = &fixture.marker;
    let sql = format!("SELECT count(*) FROM {relation} AS row WHERE row::text LIKE '%{marker}%'");
    let remedy = isolate.map_or_else(
        || format!("REVOKE ALL ON {relation} FROM PUBLIC, {TENANT_GROUP}"),
        str::to_owned,
    );
    Attempt {
        remedy: Some(remedy),
        ..attempt(
            "PROBE_READ",
            relation,
            "SELECT by content",
            sql,
            Required::ReadsNothing,
        )
    }
}

/// Attempts to read the victim's rows.
pub(super) fn read_attempts(table: &ProbedTable, fixture: &ProbeFixture) -> Vec<Attempt> {
    if !table.readable {
        return Vec::new();
    }
    let (name, victim) = (&table.name, &fixture.victim);
    let count = format!("SELECT count(*) FROM {name} WHERE tenant_id = '{victim}'");
    let mut attempts = vec![content_search(name, fixture, Some(&table.isolate))];
    let mut read = |action: &str, sql: String| {
        attempts.push(Attempt {
            remedy: Some(table.isolate.clone()),
            ..attempt("PROBE_READ", name, action, sql, Required::ReadsNothing)
        });
    };
    read("SELECT by tenant_id", count.clone());
    read(
        "SELECT with row_security off",
        format!("SET LOCAL row_security = off; {count}"),
    );
    read(
        "SELECT FOR UPDATE",
        format!(
            "SELECT count(*) FROM (SELECT FROM {name} WHERE tenant_id = '{victim}' FOR UPDATE) AS locked"
        ),
    );
    read(
        "SELECT as the group",
        format!("SET LOCAL ROLE {TENANT_GROUP}; {count}"),
    );
    attempts
}

/// Attempts to change the victim's rows, or to create rows in its name.
pub(super) fn write_attempts(table: &ProbedTable, fixture: &ProbeFixture, has_merge: bool) -> Vec<Attempt> {
    let (name, victim) = (&table.name, &fixture.victim);
    let mut attempts = Vec::new();
    let mut write = |code, action: &str, sql: String, required| {
        attempts.push(Attempt {
            remedy: Some(table.isolate.clone()),
            ..attempt(code, name, action, sql, required)
        });
    };
    if let Some(column) = &table.changes {
        write(
            "PROBE_WROTE",
            "UPDATE",
            format!("UPDATE {name} SET {column} = {column} WHERE tenant_id = '{victim}'"),
            Required::ChangesNothing,
        );
        if has_merge {
            write(
                "PROBE_WROTE",
                "MERGE",
                format!(
                    "MERGE INTO {name} AS target USING (VALUES (1)) AS one ON target.tenant_id = '{victim}'
                     WHEN MATCHED THEN UPDATE SET {column} = target.{column}"
                ),
                Required::ChangesNothing,
            );
        }
    }
    write(
        "PROBE_WROTE",
        "DELETE",
        format!("DELETE FROM {name} WHERE tenant_id = '{victim}'"),
        Required::ChangesNothing,
    );
    if let (Some(columns), Some(values)) = (&table.columns, &table.values) {
        write(
            "PROBE_FORGED",
            "INSERT of another's row",
            format!("INSERT INTO {name} (tenant_id, {columns}) VALUES ('{victim}', {values})"),
            Required::Denied,
        );
        // Where the victim could not create a row, the attacker cannot either.
        if !table.marked {
            return attempts;
        }
        let insert = format!("INSERT INTO {name} ({columns}) VALUES ({values})");
        // Only the row that the attacker has just created moves.
        let own = "tenant_id = app.tid()";
        write(
            "PROBE_FORGED",
            "UPDATE that gives a row away",
            format!("{insert}; UPDATE {name} SET tenant_id = '{victim}' WHERE {own}"),
            Required::DeniedOrNoOwnRow,
        );
        attempts.push(attempt(
            "PROBE_COLLIDED",
            name,
            "INSERT of the same values",
            insert,
            Required::NoCollision,
        ));
    }
    attempts
}

/// Attempts to lock all other tenants out.
pub(super) fn lock_attempts(table: &ProbedTable) -> [Attempt; 2] {
    let name = &table.name;
    let revoke = |rights: &str| Some(format!("REVOKE {rights} ON {name} FROM PUBLIC, {TENANT_GROUP}"));
    [
        // PostgreSQL checks the right before it takes the lock: an unavailable lock shows that the right exists.
        Attempt {
            remedy: revoke("UPDATE, DELETE, TRUNCATE"),
            ..attempt(
                "PROBE_LOCKED",
                name,
                "LOCK TABLE",
                format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE NOWAIT"),
                Required::Denied,
            )
        },
        Attempt {
            remedy: revoke("TRUNCATE"),
            ..attempt(
                "PROBE_TRUNCATED",
                name,
                "TRUNCATE",
                format!("TRUNCATE {name}"),
                Required::Denied,
            )
        },
    ]
}
