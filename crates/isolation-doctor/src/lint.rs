//! The lint: catalogue queries. Each is a file of SQL whose rows are [violations](Violation).

use std::time::Duration;

use schema::catalog_rules::{HARDENING_GAPS, POWERFUL_ROLES, Violation};
use sqlx::postgres::PgConnection;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::finding::{Finding, describe_error};

/// For one query; all of them together take well below a second.
const QUERY_TIMEOUT: Duration = Duration::from_secs(20);

/// A file of catalogue queries, and the oldest server that supports it.
struct CatalogQuery {
    name: &'static str,
    sql: &'static str,
    since: u32,
}

impl CatalogQuery {
    const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, since: 0 }
    }

    const fn since(self, since: u32) -> Self {
        Self { since, ..self }
    }
}

macro_rules! queries_of_data {
    ($($name:literal),+) => { &[$(CatalogQuery::new(
        $name,
        concat!(include_str!("sql/common.sql"), include_str!(concat!("sql/", $name, ".sql"))),
    )),+] };
}

/// In the tenants' database.
const DATA: &[CatalogQuery] = queries_of_data!("tables", "keys", "grants", "views", "routines", "schemas");

/// In the control store.
const STORE: &[CatalogQuery] = &[CatalogQuery::new("store", include_str!("sql/store.sql"))];

/// In both databases.
const BOTH: &[CatalogQuery] = &[CatalogQuery::new("hardening_gaps", HARDENING_GAPS)];

/// Once for each cluster, without parameters.
const CLUSTER: &[CatalogQuery] = &[
    CatalogQuery::new("powerful_roles", POWERFUL_ROLES),
    CatalogQuery::new("roles", include_str!("sql/roles.sql")),
    CatalogQuery::new("parameters", include_str!("sql/parameters.sql")).since(150_000),
];

/// Once for each cluster, with the names of our databases.
const DATABASES: &str = include_str!("sql/databases.sql");
const SETTINGS: &str = include_str!("sql/settings.sql");

/// Runs the queries over one connection and collects their findings.
pub(crate) struct Lint<'a> {
    connection: &'a mut PgConnection,
    findings: &'a mut Vec<Finding>,
}

/// Names of databases in a cluster, as `databases.sql` has its parameters.
pub(crate) struct DatabaseNames<'a> {
    /// The tenants' database; empty where it is in another cluster.
    pub(crate) data: &'a str,
    /// The control store; empty where it is in another cluster.
    pub(crate) control: &'a str,
    pub(crate) maintenance: &'a str,
}

impl<'a> Lint<'a> {
    pub(crate) fn new(connection: &'a mut PgConnection, findings: &'a mut Vec<Finding>) -> Self {
        Self { connection, findings }
    }

    /// Queries the tenants' database, which the connection must be in.
    pub(crate) async fn data(&mut self, place: &str) {
        self.run(DATA, place).await;
        self.run(BOTH, place).await;
    }

    /// Queries the control store, which the connection must be in.
    pub(crate) async fn store(&mut self, place: &str) {
        self.run(STORE, place).await;
        self.run(BOTH, place).await;
    }

    /// Queries the cluster, from any database.
    pub(crate) async fn cluster(&mut self, place: &str, names: &DatabaseNames<'_>) {
        self.run(CLUSTER, place).await;
        let databases = sqlx::query_as(DATABASES)
            .bind(names.data.to_owned())
            .bind(names.control.to_owned())
            .bind(names.maintenance.to_owned())
            .fetch_all(&mut *self.connection);
        let answer = timeout(QUERY_TIMEOUT, databases).await;
        self.record("databases", place, answer);
        let settings = sqlx::query_as(SETTINGS)
            .bind(names.data.to_owned())
            .bind(names.control.to_owned())
            .fetch_all(&mut *self.connection);
        let answer = timeout(QUERY_TIMEOUT, settings).await;
        self.record("settings", place, answer);
    }

    async fn run(&mut self, queries: &[CatalogQuery], place: &str) {
        let version = self.connection.server_version_num().unwrap_or(u32::MAX);
        for query in queries.iter().filter(|query| version >= query.since) {
            let rows = sqlx::query_as(query.sql).fetch_all(&mut *self.connection);
            let answer = timeout(QUERY_TIMEOUT, rows).await;
            self.record(query.name, place, answer);
        }
    }

    fn record(
        &mut self,
        query: &str,
        place: &str,
        answer: Result<Result<Vec<Violation>, sqlx::Error>, Elapsed>,
    ) {
        let not_examined = |why: String| Finding::new("NOT_EXAMINED", place, query, why);
        match answer {
            Ok(Ok(violations)) => self.findings.extend(violations.into_iter().map(|violation| {
                Finding::new(&violation.code, place, violation.object, violation.wrong)
                    .with_remedy(violation.remedy)
            })),
            Ok(Err(error)) => self.findings.push(not_examined(describe_error(&error))),
            Err(_) => self
                .findings
                .push(not_examined(format!("no answer within {QUERY_TIMEOUT:?}"))),
        }
    }
}
