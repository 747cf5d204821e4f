//! A server of its own, since roles are broken too: both databases migrated, and two tenants with a user each.

use control_plane::doctor::{Doctor, DoctorSettings, Finding, Patient, Report, Severity};
use control_plane::postgres::{Database, Login, migrate};
use control_plane::{ControlPlane, ControlPlaneSettings, LoginLimit};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, raw_sql};
use tenant_registry::{TenantId, TenantSource as _};
use testkit::{LIMITS, TestServer, envelope, tenant};

pub(crate) const CONTROL: &str = "tenantry_control";
pub(crate) const DATA: &str = "tenantry_data";

pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) plane: ControlPlane,
    pub(crate) a: TenantId,
    pub(crate) b: TenantId,
    data: PgConnection,
    control: PgConnection,
    /// Warnings about tables that the migrations made. The project's own cause none; those of a fork may.
    inherited: Vec<Finding>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(TestServer::bare().await, true).await
    }

    /// On a server with these settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(TestServer::bare_with(settings).await, true).await
    }

    /// As on a managed PostgreSQL: the migrator was made by an operator, and there is no superuser to be had.
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
        for (database, name) in [(Database::Control, CONTROL), (Database::Data, DATA)] {
            migrate(&server.target(database, name, superuser), LIMITS)
                .await
                .unwrap();
        }
        let plane = ControlPlane::open(
            ControlPlaneSettings {
                control: server.cluster().clone(),
                control_database: CONTROL.parse().unwrap(),
                control_login: server.service().clone(),
                control_connections: 2,
                data: server.cluster().clone(),
                data_database: DATA.parse().unwrap(),
                data_login: server.service().clone(),
                max_connections_per_tenant: 5,
                instances: 1,
            },
            envelope(),
        );
        let (a, b) = (tenant(&plane, "a").await.id, tenant(&plane, "b").await.id);
        let (data, control) = (server.superuser(DATA).await, server.superuser(CONTROL).await);
        let mut world = Self {
            server,
            plane,
            a,
            b,
            data,
            control,
            inherited: Vec::new(),
        };
        for (tenant, name) in [(a, "Ada"), (b, "Bob")] {
            let insert = sqlx::query("INSERT INTO app.users (name) VALUES ($1)").bind(name);
            insert.execute(&mut world.session(tenant).await).await.unwrap();
        }
        let report = world.doctor().examine(true).await;
        world
            .inherited
            .extend(report.findings.into_iter().filter(|finding| {
                let schema = finding.object.split('.').next().unwrap();
                finding.severity == Severity::Warning && ["app", "control"].contains(&schema)
            }));
        world
    }

    /// A plain session of the tenant's.
    pub(crate) async fn session(&self, tenant: TenantId) -> PgConnection {
        use sqlx::ConnectOptions as _;
        let spec = self.plane.source().load(tenant).await.unwrap();
        spec.connect.connect().await.unwrap()
    }

    pub(crate) fn settings(&self, examiner: Option<&Login>) -> DoctorSettings {
        let patient = |name: &str| Patient {
            cluster: self.server.cluster().clone(),
            name: name.parse().unwrap(),
            service: self.server.service().clone(),
            examiner: examiner.cloned(),
        };
        DoctorSettings {
            control: patient(CONTROL),
            data: patient(DATA),
            min_server_version: 140_000,
            login_limit: LoginLimit {
                default_max: 5,
                instances: 1,
            },
        }
    }

    /// The doctor, with the rights of the service's login.
    pub(crate) fn doctor(&self) -> Doctor {
        Doctor::new(self.settings(None))
    }

    /// The text with the names of this world in it.
    pub(crate) fn filled(&self, text: &str) -> String {
        text.replace("{a}", &format!("tn_{}", self.a.as_uuid().simple()))
            .replace("{b}", &format!("tn_{}", self.b.as_uuid().simple()))
            .replace("{hex}", &self.b.as_uuid().simple().to_string())
    }

    /// Runs statements as a superuser in the tenants' database, or where `place` says.
    pub(crate) async fn run(&mut self, place: &str, sql: &str) -> Result<(), sqlx::Error> {
        let sql = raw_sql(AssertSqlSafe(sql.to_owned()));
        let session = if place == CONTROL {
            &mut self.control
        } else {
            &mut self.data
        };
        session.execute(sql).await.map(drop)
    }

    /// As `server_version_num`: 150018 is 15.18.
    pub(crate) async fn version(&mut self) -> i32 {
        self.one("SELECT current_setting('server_version_num')::integer")
            .await
    }

    /// Asks for one value as a superuser in the tenants' database.
    pub(crate) async fn one<T>(&mut self, sql: &str) -> T
    where
        T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
    {
        let asked = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        asked.fetch_one(&mut self.data).await.unwrap()
    }

    /// What the report finds beyond what the migrations left.
    fn news<'r>(&self, report: &'r Report) -> impl Iterator<Item = &'r Finding> {
        report
            .findings
            .iter()
            .filter(|finding| !self.inherited.contains(finding))
    }

    /// The same, a line each.
    pub(crate) fn found(&self, report: &Report) -> Vec<String> {
        self.news(report).map(line).collect()
    }

    /// Runs the remedy of each of them, in the report's order.
    pub(crate) async fn heal(&mut self, report: &Report) -> Result<(), String> {
        let news: Vec<Finding> = self.news(report).cloned().collect();
        for finding in &news {
            if let Some(remedy) = &finding.remedy {
                let done = self.run(&finding.place, remedy).await;
                done.map_err(|error| format!("{}: the remedy fails: {remedy}: {error}", finding.code))?;
            }
        }
        Ok(())
    }
}

/// All that was found, a line each.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    report.findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    format!(
        "{} {} {}: {}",
        finding.code, finding.place, finding.object, finding.wrong
    )
}
