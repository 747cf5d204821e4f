//! A fixture of two tenants with rows in one database: `a` attacks, `b` must not be affected.

use std::sync::Arc;

use control_plane::{ControlPlane, TenantName};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, raw_sql};
use tenant_registry::{
    PlainPool, PlainSettings, Registry, RegistrySettings, TenantDb, TenantId, TenantSource as _,
};
use testkit::Databases;
pub(crate) use testkit::{one, run};
use uuid::Uuid;

/// SQLSTATE `insufficient_privilege`.
pub(crate) const DENIED: &str = "42501";

/// Two tenants with rows in one database.
pub(crate) struct TwoTenants {
    pub(crate) databases: Databases,
    pub(crate) plane: ControlPlane,
    pub(crate) a: TenantId,
    pub(crate) b: TenantId,
    /// The id of one of the rows of `b`.
    pub(crate) user_of_b: Uuid,
}

impl TwoTenants {
    /// `a` has the users "1" and "2", `b` has "secret 1" to "secret 3". Both logins have no special attributes.
    pub(crate) async fn new() -> Self {
        let databases = Databases::new().await;
        let plane = databases.control_plane();
        let a = testkit::tenant(&plane, "a").await.id;
        let b = testkit::tenant(&plane, "b").await.id;
        let mut fixture = Self {
            databases,
            plane,
            a,
            b,
            user_of_b: Uuid::nil(),
        };
        for (tenant, names) in [
            (a, "('1'), ('2')"),
            (b, "('secret 1'), ('secret 2'), ('secret 3')"),
        ] {
            let mut session = fixture.session(tenant).await;
            assert_bound(&mut session).await;
            run(
                &mut session,
                &format!("INSERT INTO app.users (name) VALUES {names}"),
            )
            .await
            .unwrap();
        }
        fixture.user_of_b = sqlx::query_scalar("SELECT id FROM app.users WHERE name = 'secret 1'")
            .fetch_one(&mut fixture.session(b).await)
            .await
            .unwrap();
        fixture
    }

    /// The registry's login for this tenant, without its start-up options.
    pub(crate) async fn options(&self, tenant: TenantId) -> PgConnectOptions {
        self.plane.source().load(tenant).await.unwrap().connect
    }

    /// A plain connection with the tenant's login, without start-up options.
    pub(crate) async fn session(&self, tenant: TenantId) -> PgConnection {
        self.options(tenant).await.connect().await.unwrap()
    }

    /// Creates the tenant's other login as a rotation does, and returns its name.
    pub(crate) async fn other_login(&self, tenant: TenantId) -> String {
        let (login, provisioner) = (format!("{}_b", role(tenant)), provisioner(tenant));
        let make = format!(
            "SET ROLE tenantry_{provisioner}; CREATE ROLE {login} LOGIN PASSWORD 'other'; SELECT granter.admit('{login}')"
        );
        run(&mut self.superuser().await, &make).await.unwrap();
        login
    }

    /// The tenant's database handle of a handler, over a fresh pool.
    pub(crate) async fn db(&self, tenant: TenantId) -> TenantDb<PlainPool> {
        TenantDb::new(registry(&self.plane).lease(tenant).await.unwrap())
    }

    /// A superuser's session in the tenants' database, for checks.
    pub(crate) async fn superuser(&self) -> PgConnection {
        self.databases
            .server()
            .superuser(self.databases.data().as_str())
            .await
    }

    /// The major version of the server.
    pub(crate) async fn major(&self) -> u32 {
        self.superuser().await.server_version_num().unwrap() / 10_000
    }

    /// Runs the statements as `a`, on a plain connection and through the registry.
    pub(crate) async fn attack(&self, sql: &str) -> [Result<PgQueryResult, sqlx::Error>; 2] {
        let mut session = self.session(self.a).await;
        let plain = run(&mut session, sql).await;
        let pooled = raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.db(self.a).await)
            .await;
        session.close().await.unwrap();
        [plain, pooled]
    }

    /// Runs the statements as `a` both ways, which must both be refused with this SQLSTATE.
    pub(crate) async fn refused(&self, sql: &str, code: &str) {
        for result in self.attack(sql).await {
            match result {
                Ok(done) => panic!("accepted, {} rows: {sql}", done.rows_affected()),
                Err(error) => assert_eq!(sqlstate(&error), code, "{sql}: {error}"),
            }
        }
    }

    /// The rows of `b` and all rights in the tenants' database: an attack must change neither.
    pub(crate) async fn fingerprint(&self) -> String {
        let rows = "SELECT string_agg(users::text, E'\n' ORDER BY id) FROM app.users WHERE tenant_id = $1";
        let mut superuser = self.superuser().await;
        let rows: String = sqlx::query_scalar(rows)
            .bind(self.b.as_uuid())
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        let rights: String = sqlx::query_scalar(include_str!("support/rights.sql"))
            .bind(format!("tn_{}", self.b.as_uuid().simple()))
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        format!("{rows}\n{rights}")
    }
}

/// A fresh registry, whose first lease reads the source and logs in.
pub(crate) fn registry(plane: &ControlPlane) -> Registry<PlainPool> {
    Registry::new(
        Arc::new(plane.source()),
        RegistrySettings::default(),
        PlainSettings::default(),
    )
}

/// Changes a tenant's roles to those before migration 0008: two logins in a role of the tenant, which is in the group.
pub(crate) async fn make_three_roles(superuser: &mut PgConnection, tenant: TenantId) {
    let version: i32 = one(superuser, "SELECT current_setting('server_version_num')::integer").await;
    let options = if version >= 160_000 {
        "WITH INHERIT TRUE, SET FALSE"
    } else {
        ""
    };
    let reshape = format!(
        "SET ROLE tenantry_{0}; CREATE ROLE {1}; CREATE ROLE {1}_b; GRANT {1} TO {1}_a, {1}_b {options};
         SET ROLE tenantry_granter; GRANT tenantry_tenant TO {1} {options}; REVOKE tenantry_tenant FROM {1}_a; RESET ROLE",
        provisioner(tenant),
        role(tenant)
    );
    run(superuser, &reshape).await.unwrap();
}

/// The SQLSTATE of a server's error, and the text of any other.
pub(crate) fn sqlstate(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .map_or_else(|| error.to_string(), std::borrow::Cow::into_owned)
}

/// A tenant's name.
pub(crate) fn name(text: &str) -> TenantName {
    TenantName::new(text).unwrap()
}

/// The prefix of a tenant's logins.
pub(crate) fn role(tenant: TenantId) -> String {
    format!("tn_{}", tenant.as_uuid().simple())
}

/// The schema of this tenant's provisioner.
pub(crate) fn provisioner(tenant: TenantId) -> String {
    format!("provisioner_{:02}", tenant.as_uuid().into_bytes()[15] % 64)
}

/// Checks that row level security binds the login, and every role that it can become: otherwise attacks prove nothing.
async fn assert_bound(session: &mut PgConnection) {
    let powers: Vec<String> = sqlx::query_scalar(
        "SELECT rolname::text FROM pg_roles
         WHERE pg_has_role(session_user, oid, 'MEMBER')
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolname ~ '^pg_')",
    )
    .fetch_all(session)
    .await
    .unwrap();
    assert_eq!(powers, Vec::<String>::new());
}
