//! Targets of the attack: every table that a tenant can reach, with a row of the victim where possible.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, FromRow};
use uuid::Uuid;

use super::probe_logins::ProbeLogins;
use crate::finding::{Finding, describe_error};

/// A table as a tenant's login sees it. Names are quoted where they need it.
#[derive(Debug, FromRow)]
pub(super) struct ProbedTable {
    pub(super) name: String,
    /// Whether a tenant may read all of its columns.
    pub(super) readable: bool,
    /// The columns and values of the victim's row: as many as possible, or only those that it needs.
    pub(super) columns: Option<String>,
    pub(super) values: Option<String>,
    needed_columns: Option<String>,
    needed_values: Option<String>,
    /// A column that a tenant may change.
    pub(super) changes: Option<String>,
    /// SQL that restores the table's one policy.
    pub(super) isolate: String,
    /// Whether the victim has a row in it.
    #[sqlx(skip)]
    pub(super) marked: bool,
}

/// What the attack targets.
#[derive(Debug)]
pub(super) struct ProbeFixture {
    pub(super) tables: Vec<ProbedTable>,
    /// Views and other relations that a tenant may read and that have no policy.
    pub(super) readables: Vec<String>,
    /// Functions that delete by id, and ids of the victim's rows to call them with.
    pub(super) deletes: Vec<String>,
    pub(super) ids: Vec<String>,
    /// A text in the victim's rows and nowhere else.
    pub(super) marker: String,
    /// The victim's id.
    pub(super) victim: String,
}

impl ProbeFixture {
    /// Inserts the victim's rows.
    pub(super) async fn create(
        victim: &mut PgConnection,
        logins: &ProbeLogins,
        place: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Self, sqlx::Error> {
        // An interrupted probe may have left rows.
        delete_probe_rows(victim).await?;
        let id = logins.victim_id().to_string();
        // Different each time, and no secret.
        let marker = format!("doctor {}", &Uuid::new_v4().simple().to_string()[..12]);
        let mut tables: Vec<ProbedTable> = sqlx::query_as(include_str!("../sql/probe_tables.sql"))
            .bind(&marker)
            .fetch_all(&mut *victim)
            .await?;
        insert_marked_rows(victim, &mut tables, place, findings).await;
        let readables = sqlx::query_scalar(include_str!("../sql/probe_readables.sql"))
            .fetch_all(&mut *victim)
            .await?;
        let deletes = sqlx::query_scalar(include_str!("../sql/probe_deletes.sql"))
            .fetch_all(&mut *victim)
            .await?;
        let mut ids = Vec::new();
        for table in tables.iter().filter(|table| table.marked && table.readable) {
            let query = format!(
                "SELECT to_jsonb(row) ->> 'id' FROM {} AS row WHERE tenant_id = '{id}' LIMIT 1",
                table.name
            );
            let found: Option<Option<String>> = sqlx::query_scalar(AssertSqlSafe(query))
                .fetch_optional(&mut *victim)
                .await?;
            ids.extend(found.flatten().filter(|id| id.parse::<Uuid>().is_ok()));
        }
        Ok(Self {
            tables,
            readables,
            deletes,
            ids,
            marker,
            victim: id,
        })
    }

    /// Hashes of the victim's rows, by table.
    pub(super) async fn fingerprints(
        &self,
        victim: &mut PgConnection,
    ) -> Result<Vec<(&str, String)>, sqlx::Error> {
        let mut fingerprints = Vec::new();
        for table in self.tables.iter().filter(|table| table.marked && table.readable) {
            let query = format!(
                "SELECT concat(count(*), ' ', md5(string_agg(row::text, E'\\n' ORDER BY row::text))) FROM {} AS row
                 WHERE tenant_id = '{}'",
                table.name, self.victim
            );
            let fingerprint = sqlx::query_scalar(AssertSqlSafe(query))
                .fetch_one(&mut *victim)
                .await?;
            fingerprints.push((table.name.as_str(), fingerprint));
        }
        Ok(fingerprints)
    }
}

/// Inserts a row into every table. Repeats while there is progress, since a row may need another one to refer to.
async fn insert_marked_rows(
    victim: &mut PgConnection,
    tables: &mut [ProbedTable],
    place: &str,
    findings: &mut Vec<Finding>,
) {
    let mut refusals = Vec::new();
    loop {
        let mut progress = false;
        refusals.clear();
        for table in tables.iter_mut().filter(|table| !table.marked) {
            let full = (table.columns.clone(), table.values.clone());
            let needed = (table.needed_columns.clone(), table.needed_values.clone());
            let mut refusal = None;
            for (columns, values) in [full, needed] {
                let (Some(columns), Some(values)) = (columns, values) else {
                    continue;
                };
                let insert = format!("INSERT INTO {} ({columns}) VALUES ({values})", table.name);
                match victim.execute(AssertSqlSafe(insert)).await {
                    Ok(_) => {
                        // The attacker uses the same columns and values.
                        (table.columns, table.values) = (Some(columns), Some(values));
                        (table.marked, progress) = (true, true);
                        refusal = None;
                        break;
                    }
                    Err(error) => refusal = Some(describe_error(&error)),
                }
            }
            refusals.extend(refusal.map(|why| (table.name.clone(), why)));
        }
        if !progress {
            break;
        }
    }
    for (table, why) in refusals {
        let wrong = format!("the probe could not insert a row of the victim: {why}");
        findings.push(Finding::new("NOT_PROBED", place, table, wrong));
    }
}

/// Deletes all rows of the session's tenant, which must be one of the probe's.
pub(super) async fn delete_probe_rows(session: &mut PgConnection) -> Result<(), sqlx::Error> {
    session.execute("SELECT app.delete_probe_rows()").await.map(drop)
}
