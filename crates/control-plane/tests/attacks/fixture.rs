//! The fixture of attempts: a tenant that attacks, and one that works meanwhile.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use testkit::CapturedLog;
use uuid::Uuid;

use crate::attempt::Attempt;
use crate::support::{TwoTenants, make_three_roles, one, provisioner, registry, role, run};

/// How the attacker connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the service, like injected SQL.
    Service,
    /// With a stolen password, and no start-up options.
    Stolen,
}

/// Two tenants, and their state between attempts.
pub(crate) struct AttackFixture {
    pub(crate) tenants: TwoTenants,
    /// The server's major version.
    pub(crate) major: u32,
    /// Whether the guard against DDL exists.
    pub(crate) guarded: bool,
    /// The timeout of an attempt. None has to wait; a busy machine needs time all the same.
    pub(crate) patience: Duration,
    pub(crate) notices: CapturedLog,
    /// A secret of `b`, in all of its names and statements.
    pub(crate) marker: String,
    /// A session of `b`, open all the time.
    pub(crate) victim: PgConnection,
    pid: i32,
    /// The name of the row of `b` whose id the attacker knows.
    pub(crate) name: String,
    pub(crate) superuser: PgConnection,
    /// Rows and rights, which must not change.
    pub(crate) rows: String,
    pub(crate) rights: String,
    /// SQL that restores `a`.
    restore: String,
}

/// The roles of the tenants.
#[derive(Clone, Copy)]
enum Shape {
    /// The first login, and a second one as a rotation creates it.
    TwoLogins,
    /// Two logins in a role of the tenant.
    ThreeRoles,
}

impl AttackFixture {
    /// `a` has the users "1" and "2", `b` has three.
    pub(crate) async fn new() -> Self {
        Self::with(0, Shape::TwoLogins).await
    }

    /// `b` has two thousand rows more, half of them with one name, and the table is analysed.
    pub(crate) async fn crowded() -> Self {
        Self::with(2000, Shape::TwoLogins).await
    }

    /// Tenants from before migration 0008.
    pub(crate) async fn of_three_roles() -> Self {
        Self::with(0, Shape::ThreeRoles).await
    }

    async fn with(crowd: u32, shape: Shape) -> Self {
        let tenants = TwoTenants::new().await;
        let mut superuser = tenants.superuser().await;
        let marker = Uuid::new_v4().simple().to_string();
        let (a, b, own) = (tenants.a, tenants.b, role(tenants.a));
        run(
            &mut superuser,
            &format!(
                "UPDATE app.users SET name = replace(name, 'secret', 'payroll {marker}') WHERE tenant_id = '{b}';
                 INSERT INTO app.users (tenant_id, name)
                 SELECT '{b}', 'payroll {marker} ' || CASE WHEN n % 2 = 0 THEN 1 ELSE n END
                 FROM generate_series(1, {crowd}) AS n;
                 ANALYZE"
            ),
        )
        .await
        .unwrap();
        for tenant in [a, b] {
            match shape {
                Shape::TwoLogins => drop(tenants.other_login(tenant).await),
                Shape::ThreeRoles => make_three_roles(&mut superuser, tenant).await,
            }
        }
        let verifier = format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{own}_a'");
        let verifier: String = one(&mut superuser, &verifier).await;
        let mut victim = tenants.session(b).await;
        run(
            &mut victim,
            "PREPARE peek AS SELECT * FROM app.users; BEGIN; DECLARE held CURSOR WITH HOLD FOR TABLE app.users; COMMIT",
        )
        .await
        .unwrap();
        let mut fixture = Self {
            major: tenants.major().await,
            guarded: true,
            patience: Duration::from_secs(30),
            notices: CapturedLog::start("sqlx::postgres::notice=trace"),
            pid: one(&mut victim, "SELECT pg_backend_pid()").await,
            name: format!("payroll {marker} 1"),
            restore: format!(
                "DELETE FROM app.users WHERE tenant_id = '{a}';
                 INSERT INTO app.users (tenant_id, name) VALUES ('{a}', '1'), ('{a}', '2');
                 ALTER ROLE {own}_a RESET ALL; ALTER ROLE {own}_a PASSWORD '{verifier}'"
            ),
            marker,
            victim,
            superuser,
            rows: String::new(),
            rights: String::new(),
            tenants,
        };
        fixture.rows = fixture.read_rows().await;
        fixture.rights = fixture.read_rights().await;
        fixture
    }

    /// As on a server without a superuser.
    pub(crate) async fn without_guard(mut self) -> Self {
        run(&mut self.superuser, "DROP EVENT TRIGGER tenantry_guard")
            .await
            .unwrap();
        self.guarded = false;
        self
    }

    /// A hash of the rows of `b` and their positions.
    pub(crate) async fn read_rows(&mut self) -> String {
        let sql = format!(
            "SELECT coalesce(md5(string_agg(ctid::text || users::text, ';' ORDER BY id)), '') FROM app.users WHERE tenant_id = '{}'",
            self.tenants.b
        );
        one(&mut self.superuser, &sql).await
    }

    /// All rights in the database.
    pub(crate) async fn read_rights(&mut self) -> String {
        sqlx::query_scalar(include_str!("../it/support/rights.sql"))
            .bind(role(self.tenants.b))
            .fetch_one(&mut self.superuser)
            .await
            .unwrap()
    }

    /// Opens a fresh session of the attacker.
    pub(crate) async fn enter(&self, way: Way, attempt: &Attempt) -> Result<Session, sqlx::Error> {
        let attacker = self.tenants.a;
        match (way, attempt.database) {
            (Way::Service, _) => {
                let db = registry(&self.tenants.plane).db(attacker).await.unwrap();
                Ok(Session::Pooled(db.acquire().await?))
            }
            (Way::Stolen, None) => Ok(Session::Plain(self.tenants.session(attacker).await)),
            (Way::Stolen, Some(database)) => {
                let options = self.tenants.options(attacker).await;
                let database = self.fill(database, self.tenants.b.as_uuid(), self.tenants.user_of_b, "");
                Ok(Session::Plain(options.database(&database).connect().await?))
            }
        }
    }

    /// Replaces the placeholders in a text. `b` and `user` may be ids that do not exist.
    pub(crate) fn fill(&self, text: &str, b: Uuid, user: Uuid, name: &str) -> String {
        let tenants = &self.tenants;
        text.replace("{a}", &tenants.a.to_string())
            .replace("{b}", &b.to_string())
            .replace("{user}", &user.to_string())
            .replace("{name}", name)
            .replace("{own}", &role(tenants.a))
            .replace("{other}", &role(tenants.b))
            .replace("{pid}", &self.pid.to_string())
            .replace("{provisioner}", &provisioner(tenants.b))
            .replace("{control}", tenants.databases.control().as_str())
    }

    /// Restores the attacker's rows and login.
    pub(crate) async fn restore(&mut self) {
        run(&mut self.superuser, &self.restore).await.unwrap();
    }
}

/// A session of the attacker.
pub(crate) enum Session {
    Pooled(tenant_registry::TenantConnection<tenant_registry::PlainPool>),
    Plain(PgConnection),
}

impl Session {
    /// sqlx's connection, for any statement.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Pooled(session) => session.bare().unwrap(),
            Self::Plain(session) => session,
        }
    }

    /// Closes the session, and with it any open transaction.
    pub(crate) async fn end(self) {
        if let Self::Plain(session) = self {
            // The server may have ended the session already.
            let _ended = session.close().await;
        }
    }
}
