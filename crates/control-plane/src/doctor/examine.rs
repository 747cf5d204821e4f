//! The examination as a whole: who is asked, as whom, and in what order.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout};

use super::finding::cause;
use super::lint::{Lint, Names};
use super::{Finding, Report, logins, probe};
use crate::postgres::{Cluster, DatabaseName, Login};
use crate::tenant::LoginLimit;

/// For all of it.
const DEADLINE: Duration = Duration::from_secs(45);
/// PostgreSQL 14.0, the oldest that there is a way with.
const OLDEST: u32 = 140_000;

/// A database that is examined.
#[derive(Debug, Clone)]
pub struct Patient {
    /// Where it is.
    pub cluster: Cluster,
    /// What it is called.
    pub name: DatabaseName,
    /// The service's login there.
    pub service: Login,
    /// Who reads the catalogs in the service's place, such as the migrator. It sees no more than the service does, for
    /// the catalogs are open to all; it sees it also where the service's login is what is broken.
    pub examiner: Option<Login>,
}

impl Patient {
    /// Opens a connection that only reads.
    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let login = self.examiner.as_ref().unwrap_or(&self.service);
        let options = self.cluster.options(login, self.name.as_str()).options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "20000"),
            ("lock_timeout", "5000"),
            // A plan that is compiled first takes longer than these questions.
            ("jit", "off"),
        ]);
        self.cluster.connect(&options).await
    }

    /// What its cluster is called in findings.
    fn cluster_place(&self) -> String {
        format!("{}:{}", self.cluster.host, self.cluster.port)
    }

    fn shares_cluster(&self, other: &Self) -> bool {
        self.cluster_place() == other.cluster_place()
    }
}

/// What there is to examine.
#[derive(Debug, Clone)]
pub struct DoctorSettings {
    /// The control store.
    pub control: Patient,
    /// The tenants' database.
    pub data: Patient,
    /// The oldest server of the tenants' database, as its `server_version_num`: 14.5 is 140005.
    pub min_server_version: u32,
    /// What bounds the sessions of a tenant's login.
    pub login_limit: LoginLimit,
}

/// The isolation verifier.
#[derive(Debug, Clone)]
pub struct Doctor {
    settings: DoctorSettings,
}

impl Doctor {
    /// A doctor for these databases.
    pub fn new(settings: DoctorSettings) -> Self {
        Self { settings }
    }

    /// Examines everything: the catalogs, and with `probe` also by an attack. It never fails: what went wrong is in
    /// the report. The probe must not be dropped half way, for its logins would stay open: see
    /// [`Examinations`](super::Examinations).
    pub async fn examine(&self, probe: bool) -> Report {
        let start = Instant::now();
        let mut visit = Visit::default();
        if timeout(DEADLINE, self.lint(&mut visit)).await.is_err() {
            let place = self.settings.data.name.as_str();
            let why = format!("not done within {DEADLINE:?}");
            visit
                .findings
                .push(Finding::new("NOT_EXAMINED", place, "the examination", why));
        }
        let probed = if probe {
            let (findings, probed) = self.probe().await;
            visit.findings.extend(findings);
            probed
        } else {
            None
        };
        Report::new(visit.findings, visit.examined, probed, start.elapsed()).at(visit.at)
    }

    /// The attack alone, without a look at the catalogs.
    pub async fn probe_only(&self) -> Report {
        let start = Instant::now();
        let (findings, probed) = self.probe().await;
        Report::new(findings, Vec::new(), probed, start.elapsed())
    }

    async fn probe(&self) -> (Vec<Finding>, Option<super::Probed>) {
        let DoctorSettings { control, data, .. } = &self.settings;
        let store = control.shares_cluster(data).then_some(control.name.as_str());
        probe::run(data, store).await
    }

    async fn lint(&self, visit: &mut Visit) {
        let DoctorSettings {
            control,
            data,
            min_server_version,
            login_limit,
        } = &self.settings;
        let together = control.shares_cluster(data);
        let mut read = None;
        if let Some(mut connection) = visit.enter(data, *min_server_version).await {
            let mut lint = visit.lint(&mut connection);
            lint.data(data.name.as_str()).await;
            let control = if together { control.name.as_str() } else { "" };
            lint.cluster(&data.cluster_place(), &names(data, data.name.as_str(), control))
                .await;
            match logins::read(&mut connection, data.name.as_str()).await {
                Ok(found) => read = Some(found),
                Err(gap) => visit.findings.push(*gap),
            }
            // Whatever it says now, the answers are there.
            let _ = connection.close().await;
        }
        if let Some(mut connection) = visit.enter(control, OLDEST).await {
            if let Some(read) = &read {
                let (place, cluster) = (control.name.as_str(), data.cluster_place());
                let found = logins::compare(&mut connection, place, &cluster, read, *login_limit).await;
                visit.findings.extend(found);
            }
            let mut lint = visit.lint(&mut connection);
            lint.store(control.name.as_str()).await;
            if !together {
                lint.cluster(
                    &control.cluster_place(),
                    &names(control, "", control.name.as_str()),
                )
                .await;
            }
            let _ = connection.close().await;
        }
    }
}

fn names<'a>(patient: &'a Patient, data: &'a str, control: &'a str) -> Names<'a> {
    Names {
        data,
        control,
        maintenance: &patient.cluster.maintenance_database,
    }
}

/// What was found so far.
#[derive(Default)]
struct Visit {
    findings: Vec<Finding>,
    examined: Vec<String>,
    /// When the first of them was entered, by its clock.
    at: Option<OffsetDateTime>,
}

impl Visit {
    /// Logs in and looks at the server's version. `None` where nobody gets in, which is a finding.
    async fn enter(&mut self, patient: &Patient, oldest: u32) -> Option<PgConnection> {
        let place = patient.name.as_str();
        match patient.connect().await {
            Ok(mut connection) => {
                if self.at.is_none() {
                    let now = sqlx::query_scalar("SELECT now()")
                        .fetch_one(&mut connection)
                        .await;
                    // Who does not even say the time does not answer the questions that follow.
                    self.at = now.ok();
                }
                self.examined.push(place.to_owned());
                let version = connection.server_version_num().unwrap_or(0);
                if version < oldest {
                    let wrong = format!(
                        "PostgreSQL {} is served, and {} is the least",
                        shown(version),
                        shown(oldest)
                    );
                    let place = patient.cluster_place();
                    self.findings
                        .push(Finding::new("SERVER_TOO_OLD", &place, "server_version", wrong));
                }
                Some(connection)
            }
            Err(error) => {
                let login = patient.examiner.as_ref().unwrap_or(&patient.service);
                let wrong = format!("{} cannot log in: {}", login.user, cause(&error));
                self.findings
                    .push(Finding::new("UNREACHABLE", place, place, wrong));
                None
            }
        }
    }

    fn lint<'a>(&'a mut self, connection: &'a mut PgConnection) -> Lint<'a> {
        Lint {
            connection,
            findings: &mut self.findings,
        }
    }
}

fn shown(version: u32) -> String {
    format!("{}.{}", version / 10_000, version % 10_000)
}
