//! All attempts of the attacker, in order.

use futures_util::TryStreamExt as _;
use schema::TENANT_GROUP;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::fixture::{ProbeFixture, ProbedTable};
use super::identity::{creation_attempts, impersonation_attempts};
use super::probe_logins::ProbeLogins;
use super::rows::{content_search, lock_attempts, read_attempts, write_attempts};
use crate::finding::{Finding, describe_error};

/// The first server with MERGE, PostgreSQL 15.
const MERGE_SINCE: u32 = 150_000;

/// Makes every attempt and returns their number.
pub(super) async fn run(
    attacker: &mut PgConnection,
    fixture: &ProbeFixture,
    logins: &ProbeLogins,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Result<usize, sqlx::Error> {
    let has_merge = attacker
        .server_version_num()
        .is_none_or(|version| version >= MERGE_SINCE);
    let mut attempts = impersonation_attempts(logins);
    attempts.extend(creation_attempts());
    for table in &fixture.tables {
        attempts.extend(read_attempts(table, fixture));
        attempts.extend(write_attempts(table, fixture, has_merge));
        attempts.extend(lock_attempts(table));
    }
    attempts.extend(
        fixture
            .readables
            .iter()
            .map(|relation| content_search(relation, fixture, None)),
    );
    let mut made = attempts.len();
    for attempt in attempts {
        findings.extend(attempt.make(attacker, place).await?);
    }
    for table in fixture.tables.iter().filter(|table| table.readable) {
        made += 1;
        findings.extend(copy_attempt(attacker, table, fixture, place).await?);
    }
    // These are not rolled back: the victim's rows show what they did.
    for delete in &fixture.deletes {
        for id in &fixture.ids {
            made += 1;
            let call = AssertSqlSafe(format!("SELECT {delete}('{id}')"));
            // An error is a refusal: the victim's rows are compared afterwards.
            let _ = attacker.execute(call).await;
        }
    }
    Ok(made)
}

/// Refusals of a connection: by the database's access list, or by `pg_hba.conf` (28000). That the login may log in at all
/// is known: it has a session in the tenants' database.
const CONNECTION_REFUSED: [&str; 2] = ["42501", "28000"];

/// Tries to connect to the control store.
pub(super) async fn enter_control_store(logins: &ProbeLogins, store: &str) -> Option<Finding> {
    match logins.attacker_in(store).await {
        Err(sqlx::Error::Database(error))
            if error
                .code()
                .is_some_and(|code| CONNECTION_REFUSED.contains(&code.as_ref())) =>
        {
            None
        }
        Err(error) => Some(Finding::new(
            "PROBE_FAILED",
            store,
            "connecting to the control store",
            describe_error(&error),
        )),
        Ok(session) => {
            // The connection is the proof; how it ends does not matter.
            let _ = session.close().await;
            let remedy = format!("REVOKE CONNECT ON DATABASE {store} FROM PUBLIC, {TENANT_GROUP}");
            let wrong = "a tenant's login can connect to the control store";
            Some(Finding::new("PROBE_ENTERED", store, store, wrong).with_remedy(Some(remedy)))
        }
    }
}

/// Tries COPY, which has a protocol of its own.
async fn copy_attempt(
    attacker: &mut PgConnection,
    table: &ProbedTable,
    fixture: &ProbeFixture,
    place: &str,
) -> Result<Option<Finding>, sqlx::Error> {
    // One foreign row suffices: there may be many.
    let copy = format!(
        "COPY (SELECT * FROM {} WHERE tenant_id = '{}' LIMIT 1) TO STDOUT",
        table.name, fixture.victim
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
                "COPY: it reached a row of another tenant",
            )
            .with_remedy(Some(table.isolate.clone())),
        )),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => Ok(None),
        Err(error) => Err(error),
    }
}
