//! What the attacker tries.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::identity::{becoming, creating};
use super::logins::Logins;
use super::rows::{locking, reading, searching, writing};
use super::scene::{Scene, Table};
use crate::doctor::Finding;
use crate::doctor::finding::cause;
use crate::postgres::TENANT_GROUP;

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
        attempts.extend(reading(table, scene));
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
