//! An examination: connections, lint and probe, in order.

use std::time::Duration;

use schema::LoginLimit;
use sqlx::Connection as _;
use tokio::time::{Instant, timeout};

use crate::finding::Finding;
use crate::lint::{DatabaseNames, Lint};
use crate::report::{Probed, Report};
use crate::report_draft::ReportDraft;
use crate::target::Target;
use crate::{probe, tenant_logins};

/// For the whole lint.
const DEADLINE: Duration = Duration::from_secs(45);
/// PostgreSQL 14.0, the oldest supported server.
const OLDEST: u32 = 140_000;

/// What to examine.
#[derive(Debug, Clone)]
pub struct DoctorSettings {
    /// The control store.
    pub control: Target,
    /// The tenants' database.
    pub data: Target,
    /// The oldest accepted server of the tenants' database, as its `server_version_num`: 14.5 is 140005.
    pub min_server_version: u32,
    /// The expected `CONNECTION LIMIT` of tenants' logins.
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

    /// Reads the catalogs, and with `probe` also attacks. It never fails: failures are findings in the report.
    ///
    /// A probe that is dropped midway leaves its logins open: see [`Examinations`](crate::Examinations).
    pub async fn examine(&self, probe: bool) -> Report {
        let start = Instant::now();
        let mut draft = ReportDraft::default();
        if timeout(DEADLINE, self.lint(&mut draft)).await.is_err() {
            let place = self.settings.data.name.as_str();
            let why = format!("not done within {DEADLINE:?}");
            draft
                .findings
                .push(Finding::new("NOT_EXAMINED", place, "the examination", why));
        }
        let probed = if probe {
            let (findings, probed) = self.probe().await;
            draft.findings.extend(findings);
            probed
        } else {
            None
        };
        Report::new(draft.findings, draft.examined, probed, start.elapsed()).started_at(draft.started_at)
    }

    /// Attacks without reading the catalogs.
    pub async fn probe_only(&self) -> Report {
        let start = Instant::now();
        let (findings, probed) = self.probe().await;
        Report::new(findings, Vec::new(), probed, start.elapsed())
    }

    async fn probe(&self) -> (Vec<Finding>, Option<Probed>) {
        let DoctorSettings { control, data, .. } = &self.settings;
        let store = control.shares_cluster(data).then_some(control.name.as_str());
        probe::run(data, store).await
    }

    async fn lint(&self, draft: &mut ReportDraft) {
        let DoctorSettings {
            control,
            data,
            min_server_version,
            login_limit,
        } = &self.settings;
        let (control_name, data_name) = (control.name.as_str(), data.name.as_str());
        let one_cluster = control.shares_cluster(data);
        let mut logins = None;
        if let Some(mut connection) = draft.enter(data, *min_server_version).await {
            let mut lint = Lint::new(&mut connection, &mut draft.findings);
            lint.data(data_name).await;
            let names = DatabaseNames {
                data: data_name,
                control: if one_cluster { control_name } else { "" },
                maintenance: &data.cluster.maintenance_database,
            };
            lint.cluster(&data.cluster_name(), &names).await;
            match tenant_logins::read(&mut connection, data_name).await {
                Ok(read) => logins = Some(read),
                Err(not_examined) => draft.findings.push(*not_examined),
            }
            // All answers have arrived.
            let _ = connection.close().await;
        }
        if let Some(mut connection) = draft.enter(control, OLDEST).await {
            if let Some(logins) = &logins {
                let cluster = data.cluster_name();
                let found =
                    tenant_logins::compare(&mut connection, control_name, &cluster, logins, *login_limit)
                        .await;
                draft.findings.extend(found);
            }
            let mut lint = Lint::new(&mut connection, &mut draft.findings);
            lint.store(control_name).await;
            if !one_cluster {
                let names = DatabaseNames {
                    data: "",
                    control: control_name,
                    maintenance: &control.cluster.maintenance_database,
                };
                lint.cluster(&control.cluster_name(), &names).await;
            }
            let _ = connection.close().await;
        }
    }
}
