//! What the attacker tries.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::attempt::{Attempt, Refused};
use super::logins::Logins;
use super::scene::{Scene, Table};
use crate::doctor::Finding;
use crate::doctor::finding::cause;
use crate::postgres::{MIGRATOR, OWNER, SERVICE, Slot, TENANT_GROUP, tenant_login};

/// MERGE came with PostgreSQL 15.
const MERGE: u32 = 150_000;

/// Makes every attempt and returns how many there were.
pub(super) async fn run(
    attacker: &mut PgConnection,
    scene: &Scene,
    logins: &Logins,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Result<usize, sqlx::Error> {
    let merges = attacker
        .server_version_num()
        .is_none_or(|version| version >= MERGE);
    let mut attempts = becoming(logins);
    attempts.extend(creating());
    for table in &scene.tables {
        attempts.extend(reading(table, scene, logins));
        attempts.extend(writing(table, scene, merges));
        attempts.extend(locking(table));
    }
    attempts.extend(
        scene
            .readables
            .iter()
            .map(|relation| searching(relation, scene, None)),
    );
    let mut made = attempts.len();
    for attempt in attempts {
        findings.extend(attempt.make(attacker, place).await?);
    }
    for table in scene.tables.iter().filter(|table| table.readable) {
        made += 1;
        findings.extend(copying(attacker, table, scene, place).await?);
    }
    // Not rolled back: what they did is seen by what is left of the victim's rows.
    for delete in &scene.deletes {
        for id in &scene.ids {
            made += 1;
            let call = AssertSqlSafe(format!("SELECT {delete}('{id}')"));
            // An error is as good as a refusal: the victim's rows are looked at afterwards.
            let _ = attacker.execute(call).await;
        }
    }
    Ok(made)
}

/// Tries to enter the control store.
pub(super) async fn enter(logins: &Logins, store: &str) -> Option<Finding> {
    match logins.attacker_in(store).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => None,
        Err(error) => Some(Finding::new(
            "PROBE_FAILED",
            store,
            "entering the control store",
            cause(&error),
        )),
        Ok(session) => {
            // It has shown what it can.
            let _ = session.close().await;
            let remedy = format!("REVOKE CONNECT ON DATABASE {store} FROM PUBLIC, {TENANT_GROUP}");
            let wrong = "a tenant's login gets into the control store";
            Some(Finding::new("PROBE_ENTERED", store, store, wrong).closed_by(Some(remedy)))
        }
    }
}

fn attempt(code: &'static str, object: &str, tries: &str, sql: String, refused: Refused) -> Attempt {
    Attempt {
        code,
        object: object.to_owned(),
        tries: tries.to_owned(),
        sql,
        refused,
        remedy: None,
    }
}

/// Everybody whom it would be worth to be.
fn others(logins: &Logins) -> [String; 7] {
    let victim = logins.victim_id();
    let role = format!("tn_{}", victim.as_uuid().simple());
    [
        role,
        tenant_login(victim, Slot::A),
        tenant_login(victim, Slot::B),
        OWNER.to_owned(),
        SERVICE.to_owned(),
        MIGRATOR.to_owned(),
        "tenantry_provisioner_00".to_owned(),
    ]
}

fn becoming(logins: &Logins) -> Vec<Attempt> {
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

fn creating() -> Vec<Attempt> {
    [
        ("app", "CREATE TABLE app.doctor_probe ()"),
        ("public", "CREATE TABLE public.doctor_probe ()"),
        ("pg_temp", "CREATE TEMPORARY TABLE doctor_probe ()"),
        (
            "app",
            "CREATE FUNCTION app.doctor_probe() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        ),
        ("the database", "CREATE SCHEMA doctor_probe"),
    ]
    .into_iter()
    .map(|(object, sql)| {
        // There is not always a schema of this name, and then nothing is created in it.
        let refused = if object == "public" {
            Refused::ChangesNothing
        } else {
            Refused::Denied
        };
        attempt("PROBE_CREATED", object, sql, sql.to_owned(), refused)
    })
    .filter(|attempt| attempt.object != "public")
    .collect()
}

/// Counts the victim's rows in whatever has its mark.
fn searching(relation: &str, scene: &Scene, isolate: Option<&str>) -> Attempt {
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

fn reading(table: &Table, scene: &Scene, logins: &Logins) -> Vec<Attempt> {
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
    let role = format!("tn_{}", logins.attacker_id().as_uuid().simple());
    read(
        "SELECT as its own role",
        format!("SET LOCAL ROLE {role}; {count}"),
    );
    attempts
}

fn writing(table: &Table, scene: &Scene, merges: bool) -> Vec<Attempt> {
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
            Refused::Denied,
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

fn locking(table: &Table) -> [Attempt; 2] {
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

/// COPY is its own protocol, and asks the policies too.
async fn copying(
    attacker: &mut PgConnection,
    table: &Table,
    scene: &Scene,
    place: &str,
) -> Result<Option<Finding>, sqlx::Error> {
    // Up to the first row that is another's: there may be a lot of them.
    let copy = format!(
        "COPY (SELECT * FROM {} WHERE tenant_id = '{}' LIMIT 1) TO STDOUT",
        table.name, scene.victim
    );
    let mut bytes = 0;
    let copied = async {
        let mut rows = attacker.copy_out_raw(&copy).await?;
        while let Some(chunk) = rows.try_next().await? {
            bytes += chunk.len();
        }
        Ok::<_, sqlx::Error>(())
    };
    match copied.await {
        Ok(()) if bytes == 0 => Ok(None),
        Ok(()) => Ok(Some(
            Finding::new(
                "PROBE_READ",
                place,
                &table.name,
                "COPY: a row of another tenant's was met",
            )
            .closed_by(Some(table.isolate.clone())),
        )),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => Ok(None),
        Err(error) => Err(error),
    }
}
