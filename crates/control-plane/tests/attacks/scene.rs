//! Where the attempts are made: two tenants, one that attacks and one that works meanwhile.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use uuid::Uuid;

use crate::attempt::Attempt;
use crate::notices::Notices;
use crate::support::{World, make_three_roles, one, provisioner, registry, role, run};

/// How the attacker comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the service: SQL that was injected runs in a session of this kind.
    Service,
    /// With a stolen password, and no start-up options.
    Stolen,
}

/// The scene, from one attempt to the next.
pub(crate) struct Scene {
    pub(crate) world: World,
    /// The server's major version.
    pub(crate) major: u32,
    /// Whether the guard against DDL is there.
    pub(crate) guarded: bool,
    /// How long an attempt may take. None has anything to wait for; on a busy machine it takes its time all the same.
    pub(crate) patience: Duration,
    pub(crate) notices: Notices,
    /// What only `b` knows: it stands in all of its names, and in what it runs.
    pub(crate) marker: String,
    /// A session of `b`, for all the time.
    pub(crate) victim: PgConnection,
    pid: i32,
    /// The name of the row of `b` whose id the attacker knows.
    pub(crate) name: String,
    pub(crate) superuser: PgConnection,
    /// Rows and rights as they are to stay.
    pub(crate) rows: String,
    pub(crate) rights: String,
    /// Brings `a` back to where it began.
    restore: String,
}

/// Which roles the tenants have.
#[derive(Clone, Copy)]
enum Shape {
    /// The first login, and the other one as a rotation makes it.
    TwoLogins,
    /// The logins in a role of the tenant's own.
    ThreeRoles,
}

impl Scene {
    /// `a` has the users "1" and "2", `b` has three.
    pub(crate) async fn new() -> Self {
        Self::with(0, Shape::TwoLogins).await
    }

    /// `b` has two thousand more, half of them of one name; and what can be known of the table is known.
    pub(crate) async fn crowded() -> Self {
        Self::with(2000, Shape::TwoLogins).await
    }

    /// Tenants as they were made until migration 0008.
    pub(crate) async fn of_three_roles() -> Self {
        Self::with(0, Shape::ThreeRoles).await
    }

    async fn with(crowd: u32, shape: Shape) -> Self {
        let world = World::new().await;
        let mut superuser = world.superuser().await;
        let marker = Uuid::new_v4().simple().to_string();
        let (a, b, own) = (world.a, world.b, role(world.a));
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
                Shape::TwoLogins => drop(world.other_login(tenant).await),
                Shape::ThreeRoles => make_three_roles(&mut superuser, tenant).await,
            }
        }
        let verifier = format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{own}_a'");
        let verifier: String = one(&mut superuser, &verifier).await;
        let mut victim = world.session(b).await;
        run(
            &mut victim,
            "PREPARE peek AS SELECT * FROM app.users; BEGIN; DECLARE held CURSOR WITH HOLD FOR TABLE app.users; COMMIT",
        )
        .await
        .unwrap();
        let mut scene = Self {
            major: world.major().await,
            guarded: true,
            patience: Duration::from_secs(30),
            notices: Notices::gather(),
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
            world,
        };
        scene.rows = scene.look_at_rows().await;
        scene.rights = scene.look_at_rights().await;
        scene
    }

    /// As a server is on which nobody is a superuser.
    pub(crate) async fn without_guard(mut self) -> Self {
        run(&mut self.superuser, "DROP EVENT TRIGGER tenantry_guard")
            .await
            .unwrap();
        self.guarded = false;
        self
    }

    /// The rows of `b`, to the last byte and in their places.
    pub(crate) async fn look_at_rows(&mut self) -> String {
        let sql = format!(
            "SELECT coalesce(md5(string_agg(ctid::text || users::text, ';' ORDER BY id)), '') FROM app.users WHERE tenant_id = '{}'",
            self.world.b
        );
        one(&mut self.superuser, &sql).await
    }

    /// Who may do what.
    pub(crate) async fn look_at_rights(&mut self) -> String {
        sqlx::query_scalar(include_str!("../it/support/rights.sql"))
            .bind(role(self.world.b))
            .fetch_one(&mut self.superuser)
            .await
            .unwrap()
    }

    /// A fresh session of the attacker's.
    pub(crate) async fn enter(&self, way: Way, attempt: &Attempt) -> Result<Session, sqlx::Error> {
        let attacker = self.world.a;
        match (way, attempt.database) {
            (Way::Service, _) => {
                let db = registry(&self.world.plane).db(attacker).await.unwrap();
                Ok(Session::Pooled(db.acquire().await?))
            }
            (Way::Stolen, None) => Ok(Session::Plain(self.world.session(attacker).await)),
            (Way::Stolen, Some(database)) => {
                let options = self.world.options(attacker).await;
                let database = self.fill(database, self.world.b.as_uuid(), self.world.user_of_b, "");
                Ok(Session::Plain(options.database(&database).connect().await?))
            }
        }
    }

    /// Puts this scene's ids into a text. `b` and `user` may be nobody's.
    pub(crate) fn fill(&self, text: &str, b: Uuid, user: Uuid, name: &str) -> String {
        let world = &self.world;
        text.replace("{a}", &world.a.to_string())
            .replace("{b}", &b.to_string())
            .replace("{user}", &user.to_string())
            .replace("{name}", name)
            .replace("{own}", &role(world.a))
            .replace("{other}", &role(world.b))
            .replace("{pid}", &self.pid.to_string())
            .replace("{provisioner}", &provisioner(world.b))
            .replace("{control}", world.databases.control().as_str())
    }

    /// Brings the attacker back to where it began.
    pub(crate) async fn restore(&mut self) {
        run(&mut self.superuser, &self.restore).await.unwrap();
    }
}

/// A session of the attacker's.
pub(crate) enum Session {
    Pooled(tenant_registry::TenantConnection<tenant_registry::PlainPool>),
    Plain(PgConnection),
}

impl Session {
    /// sqlx's own connection, for text of any kind.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Pooled(session) => session.bare().unwrap(),
            Self::Plain(session) => session,
        }
    }

    /// Ends it, and whatever transaction is open in it.
    pub(crate) async fn end(self) {
        if let Self::Plain(session) = self {
            // A session that the server ended already is ended.
            let _ended = session.close().await;
        }
    }
}
