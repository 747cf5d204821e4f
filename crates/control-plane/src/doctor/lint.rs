//! The lint: questions to the catalogs. Each is a file of SQL that returns what breaks a rule: code, object, what is
//! wrong, and the SQL that closes it.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::Finding;
use super::finding::cause;
use crate::postgres::harden::{Flaw, OPEN_DOORS};
use crate::postgres::roles::POWERFUL_ROLES;

/// For one part; the whole is done in well below a second.
const PART: Duration = Duration::from_secs(20);

/// A file of questions, and the oldest server that can be asked them.
struct Part {
    name: &'static str,
    sql: &'static str,
    since: u32,
}

macro_rules! parts {
    ($($name:literal),+) => { &[$(Part {
        name: $name,
        sql: concat!(include_str!("sql/common.sql"), include_str!(concat!("sql/", $name, ".sql"))),
        since: 0,
    }),+] };
}

/// Of the tenants' database.
const DATA: &[Part] = parts!("tables", "keys", "grants", "views", "routines", "schemas");

/// Of the control store.
const STORE: &[Part] = &[Part {
    name: "store",
    sql: include_str!("sql/store.sql"),
    since: 0,
}];

/// Of both: what the migrations close, and read back.
const DOORS: &[Part] = &[Part {
    name: "open_doors",
    sql: OPEN_DOORS,
    since: 0,
}];

/// Of a cluster, without parameters and with its databases' names.
const CLUSTER: &[Part] = &[
    Part {
        name: "powerful_roles",
        sql: POWERFUL_ROLES,
        since: 0,
    },
    Part {
        name: "roles",
        sql: include_str!("sql/roles.sql"),
        since: 0,
    },
    Part {
        name: "parameters",
        sql: include_str!("sql/parameters.sql"),
        since: 150_000,
    },
];
const DATABASES: &str = include_str!("sql/databases.sql");
const SETTINGS: &str = include_str!("sql/settings.sql");

/// A connection that the lint may ask, and what it is called in findings.
pub(super) struct Lint<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) findings: &'a mut Vec<Finding>,
}

/// The databases of ours that are in a cluster, as `databases.sql` has its parameters.
pub(super) struct Names<'a> {
    pub(super) data: &'a str,
    pub(super) control: &'a str,
    pub(super) maintenance: &'a str,
}

impl Lint<'_> {
    /// Of the tenants' database, which this connection is in.
    pub(super) async fn data(&mut self, place: &str) {
        self.parts(DATA, place).await;
        self.parts(DOORS, place).await;
    }

    /// Of the control store, which this connection is in.
    pub(super) async fn store(&mut self, place: &str) {
        self.parts(STORE, place).await;
        self.parts(DOORS, place).await;
    }

    /// Of the cluster, whatever database this connection is in.
    pub(super) async fn cluster(&mut self, place: &str, names: &Names<'_>) {
        self.parts(CLUSTER, place).await;
        let databases = sqlx::query_as(DATABASES)
            .bind(names.data.to_owned())
            .bind(names.control.to_owned())
            .bind(names.maintenance.to_owned())
            .fetch_all(&mut *self.connection);
        let answer = timeout(PART, databases).await;
        self.note("databases", place, answer);
        let settings = sqlx::query_as(SETTINGS)
            .bind(names.data.to_owned())
            .bind(names.control.to_owned())
            .fetch_all(&mut *self.connection);
        let answer = timeout(PART, settings).await;
        self.note("settings", place, answer);
    }

    async fn parts(&mut self, parts: &[Part], place: &str) {
        let version = self.connection.server_version_num().unwrap_or(u32::MAX);
        for part in parts.iter().filter(|part| version >= part.since) {
            let asked = sqlx::query_as(part.sql).fetch_all(&mut *self.connection);
            let answer = timeout(PART, asked).await;
            self.note(part.name, place, answer);
        }
    }

    fn note(
        &mut self,
        part: &str,
        place: &str,
        answer: Result<Result<Vec<Flaw>, sqlx::Error>, tokio::time::error::Elapsed>,
    ) {
        let gap = |why: String| Finding::new("NOT_EXAMINED", place, part, why);
        match answer {
            Ok(Ok(rows)) => self
                .findings
                .extend(rows.into_iter().map(|(code, object, wrong, remedy)| {
                    Finding::new(&code, place, object, wrong).closed_by(remedy)
                })),
            Ok(Err(error)) => self.findings.push(gap(cause(&error))),
            Err(_) => self.findings.push(gap(format!("no answer within {PART:?}"))),
        }
    }
}
