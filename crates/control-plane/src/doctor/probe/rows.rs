//! Attempts on a table's rows.

use super::attempt::{Attempt, Refused, attempt};
use super::scene::{Scene, Table};
use crate::postgres::TENANT_GROUP;

/// Counts the victim's rows in whatever has its mark.
pub(super) fn searching(relation: &str, scene: &Scene, isolate: Option<&str>) -> Attempt {
    let marker = &scene.marker;
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
            Refused::ReadsNothing,
        )
    }
}

/// To see the victim's rows.
pub(super) fn reading(table: &Table, scene: &Scene) -> Vec<Attempt> {
    if !table.readable {
        return Vec::new();
    }
    let (name, victim) = (&table.name, &scene.victim);
    let count = format!("SELECT count(*) FROM {name} WHERE tenant_id = '{victim}'");
    let mut attempts = vec![searching(name, scene, Some(&table.isolate))];
    let mut read = |tries: &str, sql: String| {
        attempts.push(Attempt {
            remedy: Some(table.isolate.clone()),
            ..attempt("PROBE_READ", name, tries, sql, Refused::ReadsNothing)
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

/// To change the victim's rows, or to make some in its name.
pub(super) fn writing(table: &Table, scene: &Scene, merges: bool) -> Vec<Attempt> {
    let (name, victim) = (&table.name, &scene.victim);
    let mut attempts = Vec::new();
    let mut write = |code, tries: &str, sql: String, refused| {
        attempts.push(Attempt {
            remedy: Some(table.isolate.clone()),
            ..attempt(code, name, tries, sql, refused)
        });
    };
    if let Some(column) = &table.changes {
        write(
            "PROBE_WROTE",
            "UPDATE",
            format!("UPDATE {name} SET {column} = {column} WHERE tenant_id = '{victim}'"),
            Refused::ChangesNothing,
        );
        if merges {
            write(
                "PROBE_WROTE",
                "MERGE",
                format!(
                    "MERGE INTO {name} AS target USING (VALUES (1)) AS one ON target.tenant_id = '{victim}'
                     WHEN MATCHED THEN UPDATE SET {column} = target.{column}"
                ),
                Refused::ChangesNothing,
            );
        }
    }
    write(
        "PROBE_WROTE",
        "DELETE",
        format!("DELETE FROM {name} WHERE tenant_id = '{victim}'"),
        Refused::ChangesNothing,
    );
    if let (Some(columns), Some(values)) = (&table.columns, &table.values) {
        write(
            "PROBE_FORGED",
            "INSERT of another's row",
            format!("INSERT INTO {name} (tenant_id, {columns}) VALUES ('{victim}', {values})"),
            Refused::Denied,
        );
        // Where the victim could not make a row, the attacker cannot either.
        if !table.marked {
            return attempts;
        }
        let insert = format!("INSERT INTO {name} ({columns}) VALUES ({values})");
        // It moves only what it has just made itself.
        let me = "tenant_id = app.tid()";
        write(
            "PROBE_FORGED",
            "UPDATE that gives a row away",
            format!("{insert}; UPDATE {name} SET tenant_id = '{victim}' WHERE {me}"),
            Refused::GivesNothingAway,
        );
        attempts.push(attempt(
            "PROBE_COLLIDED",
            name,
            "INSERT of the same values",
            insert,
            Refused::MeetsNobody,
        ));
    }
    attempts
}

/// To stand in everybody's way.
pub(super) fn locking(table: &Table) -> [Attempt; 2] {
    let name = &table.name;
    let revoke = |rights: &str| Some(format!("REVOKE {rights} ON {name} FROM PUBLIC, {TENANT_GROUP}"));
    [
        // The right is looked for before the lock, so a lock that is not to be had tells of the right.
        Attempt {
            remedy: revoke("UPDATE, DELETE, TRUNCATE"),
            ..attempt(
                "PROBE_LOCKED",
                name,
                "LOCK TABLE",
                format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE NOWAIT"),
                Refused::Denied,
            )
        },
        Attempt {
            remedy: revoke("TRUNCATE"),
            ..attempt(
                "PROBE_TRUNCATED",
                name,
                "TRUNCATE",
                format!("TRUNCATE {name}"),
                Refused::Denied,
            )
        },
    ]
}
