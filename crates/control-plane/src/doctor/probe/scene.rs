//! What is attacked: every table that a tenant can reach, with a row of the victim's where one can be made.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, FromRow};

use super::logins::Logins;
use crate::doctor::Finding;
use crate::doctor::finding::cause;

/// A table, as a tenant's login sees it. All names are quoted where they need it.
#[derive(Debug, FromRow)]
pub(super) struct Table {
    pub(super) name: String,
    /// Whether a tenant may read all of its columns.
    pub(super) readable: bool,
    /// The columns that a row of the victim's is given, and their values: as many as possible, or just what it needs.
    pub(super) columns: Option<String>,
    pub(super) values: Option<String>,
    needed_columns: Option<String>,
    needed_values: Option<String>,
    /// A column that a tenant may change.
    pub(super) changes: Option<String>,
    /// SQL that puts the table under its one policy again.
    pub(super) isolate: String,
    /// Whether the victim has a row in it.
    #[sqlx(skip)]
    pub(super) marked: bool,
}

/// What is attacked.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) tables: Vec<Table>,
    /// Views and whatever else a tenant may read and no policy stands on.
    pub(super) readables: Vec<String>,
    /// Functions that delete by an id, and ids of the victim's rows to call them with.
    pub(super) deletes: Vec<String>,
    pub(super) ids: Vec<String>,
    /// What stands in the victim's rows and nowhere else.
    pub(super) marker: String,
    /// The victim's id.
    pub(super) victim: String,
}

impl Scene {
    /// Has the victim write its rows.
    pub(super) async fn set(
        victim: &mut PgConnection,
        logins: &Logins,
        place: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Self, sqlx::Error> {
        // What a probe that was broken off has left.
        clear(victim).await?;
        let id = logins.victim_id().to_string();
        // Of no use to anybody, and different each time.
        let marker = format!("doctor {}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let mut tables: Vec<Table> = sqlx::query_as(include_str!("../sql/probe_tables.sql"))
            .bind(&marker)
            .fetch_all(&mut *victim)
            .await?;
        mark(victim, &mut tables, place, findings).await;
        let readables = sqlx::query_scalar(include_str!("../sql/probe_readables.sql"))
            .fetch_all(&mut *victim)
            .await?;
        let deletes = sqlx::query_scalar(include_str!("../sql/probe_deletes.sql"))
            .fetch_all(&mut *victim)
            .await?;
        let mut ids = Vec::new();
        for table in tables.iter().filter(|table| table.marked && table.readable) {
            let asked = format!(
                "SELECT to_jsonb(row) ->> 'id' FROM {} AS row WHERE tenant_id = '{id}' LIMIT 1",
                table.name
            );
            let found: Option<Option<String>> = sqlx::query_scalar(AssertSqlSafe(asked))
                .fetch_optional(&mut *victim)
                .await?;
            ids.extend(found.flatten().filter(|id| id.parse::<uuid::Uuid>().is_ok()));
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

    /// The victim's rows to the last byte, table by table.
    pub(super) async fn fingerprints(
        &self,
        victim: &mut PgConnection,
    ) -> Result<Vec<(&str, String)>, sqlx::Error> {
        let mut prints = Vec::new();
        for table in self.tables.iter().filter(|table| table.marked && table.readable) {
            let asked = format!(
                "SELECT concat(count(*), ' ', md5(string_agg(row::text, E'\\n' ORDER BY row::text))) FROM {} AS row
                 WHERE tenant_id = '{}'",
                table.name, self.victim
            );
            let print = sqlx::query_scalar(AssertSqlSafe(asked))
                .fetch_one(&mut *victim)
                .await?;
            prints.push((table.name.as_str(), print));
        }
        Ok(prints)
    }
}

/// Writes a row into every table, again and again while one that referred to another may go in now.
async fn mark(victim: &mut PgConnection, tables: &mut [Table], place: &str, findings: &mut Vec<Finding>) {
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
                        // The attacker tries with the same.
                        (table.columns, table.values) = (Some(columns), Some(values));
                        (table.marked, progress) = (true, true);
                        refusal = None;
                        break;
                    }
                    Err(error) => refusal = Some(cause(&error)),
                }
            }
            refusals.extend(refusal.map(|why| (table.name.clone(), why)));
        }
        if !progress {
            break;
        }
    }
    for (table, why) in refusals {
        let wrong = format!("the probe's victim could not be given a row in it: {why}");
        findings.push(Finding::new("NOT_PROBED", place, table, wrong));
    }
}

/// Deletes all rows of the probe's tenant whose session this is.
pub(super) async fn clear(session: &mut PgConnection) -> Result<(), sqlx::Error> {
    session.execute("SELECT app.delete_probe_rows()").await.map(drop)
}
