//! A migrated server of the test's own, since tests alter roles too, with two tenants of one user each.

use control_plane::ControlPlane;
use isolation_doctor::{Doctor, DoctorSettings, Finding, Report, Severity, Target};
use schema::{Login, LoginLimit};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, raw_sql};
use tenant_registry::{TenantId, TenantSource as _};
use testkit::{TestServer, tenant};

pub(crate) const CONTROL: &str = "tenantry_control";
pub(crate) const DATA: &str = "tenantry_data";

pub(crate) struct TestCluster {
    pub(crate) server: TestServer,
    pub(crate) plane: ControlPlane,
    pub(crate) a: TenantId,
    pub(crate) b: TenantId,
    data: PgConnection,
    control: PgConnection,
    /// Warnings about migrated tables: none with the project's migrations, possibly some with a fork's.
    expected: Vec<Finding>,
}

impl TestCluster {
    pub(crate) async fn new() -> Self {
        Self::on(TestServer::bare().await, true).await
    }

    /// With these settings of the server.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(TestServer::bare_with(settings).await, true).await
    }

    /// As on a managed PostgreSQL: an operator created the migrator, and there is no superuser.
    pub(crate) async fn without_superuser() -> Self {
        let server = TestServer::bare().await;
        let password = server.migrator().password.expose_secret();
        let create = format!("CREATE ROLE tenantry_migrator LOGIN CREATEROLE CREATEDB PASSWORD '{password}'");
        server
            .superuser("postgres")
            .await
            .execute(AssertSqlSafe(create))
            .await
            .unwrap();
        Self::on(server, false).await
    }

    async fn on(server: TestServer, superuser: bool) -> Self {
        let plane = server.migrated([CONTROL, DATA], superuser, 1).await;
        let (a, b) = (tenant(&plane, "a").await.id, tenant(&plane, "b").await.id);
        let (data, control) = (server.superuser(DATA).await, server.superuser(CONTROL).await);
        let mut cluster = Self {
            server,
            plane,
            a,
            b,
            data,
            control,
            expected: Vec::new(),
        };
        for (tenant, name) in [(a, "Ada"), (b, "Bob")] {
            let insert = sqlx::query("INSERT INTO app.users (name) VALUES ($1)").bind(name);
            insert.execute(&mut cluster.session(tenant).await).await.unwrap();
        }
        let report = cluster.doctor().examine(true).await;
        cluster
            .expected
            .extend(report.findings.into_iter().filter(|finding| {
                let schema = finding.object.split('.').next().unwrap();
                finding.severity == Severity::Warning && ["app", "control"].contains(&schema)
            }));
        cluster
    }

    /// A session with the tenant's login.
    pub(crate) async fn session(&self, tenant: TenantId) -> PgConnection {
        use sqlx::ConnectOptions as _;
        let spec = self.plane.source().load(tenant).await.unwrap();
        spec.connect.connect().await.unwrap()
    }

    pub(crate) fn settings(&self, examiner: Option<&Login>) -> DoctorSettings {
        let target = |name: &str| Target {
            cluster: self.server.cluster().clone(),
            name: name.parse().unwrap(),
            service: self.server.service().clone(),
            examiner: examiner.cloned(),
        };
        DoctorSettings {
            control: target(CONTROL),
            data: target(DATA),
            min_server_version: 140_000,
            login_limit: LoginLimit {
                default_max: 5,
                instances: 1,
            },
        }
    }

    /// A doctor with the service's login.
    pub(crate) fn doctor(&self) -> Doctor {
        Doctor::new(self.settings(None))
    }

    /// Replaces placeholders in a text by this cluster's names.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("{a}", &format!("tn_{}", self.a.as_uuid().simple()))
            .replace("{b}", &format!("tn_{}", self.b.as_uuid().simple()))
            .replace("{hex}", &self.b.as_uuid().simple().to_string())
    }

    /// Runs statements as a superuser: in the control store where `place` names it, else in the tenants' database.
    pub(crate) async fn run(&mut self, place: &str, sql: &str) -> Result<(), sqlx::Error> {
        let sql = raw_sql(AssertSqlSafe(sql.to_owned()));
        let session = if place == CONTROL {
            &mut self.control
        } else {
            &mut self.data
        };
        session.execute(sql).await.map(drop)
    }

    /// The `server_version_num`: 150018 is 15.18.
    pub(crate) async fn version(&mut self) -> i32 {
        self.one("SELECT current_setting('server_version_num')::integer")
            .await
    }

    /// Queries one value as a superuser in the tenants' database.
    pub(crate) async fn one<T>(&mut self, sql: &str) -> T
    where
        T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
    {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        query.fetch_one(&mut self.data).await.unwrap()
    }

    /// The findings beyond the expected warnings.
    fn unexpected<'r>(&self, report: &'r Report) -> impl Iterator<Item = &'r Finding> {
        report
            .findings
            .iter()
            .filter(|finding| !self.expected.contains(finding))
    }

    /// The findings beyond the expected warnings, a line each.
    pub(crate) fn found(&self, report: &Report) -> Vec<String> {
        self.unexpected(report).map(line).collect()
    }

    /// Runs the remedies of these findings, in the report's order.
    pub(crate) async fn apply_remedies(&mut self, report: &Report) -> Result<(), String> {
        let unexpected: Vec<Finding> = self.unexpected(report).cloned().collect();
        for finding in &unexpected {
            if let Some(remedy) = &finding.remedy {
                let done = self.run(&finding.place, remedy).await;
                done.map_err(|error| format!("{}: the remedy fails: {remedy}: {error}", finding.code))?;
            }
        }
        Ok(())
    }
}

/// All findings, a line each.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    report.findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    format!(
        "{} {} {}: {}",
        finding.code, finding.place, finding.object, finding.wrong
    )
}
