//! The provisioners' functions end sessions of the named tenant only.

use std::time::Duration;

use futures_util::future::join_all;
use schema::Login;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tenant_registry::TenantId;
use tokio::time::{sleep, timeout};

use crate::support::{DENIED, TwoTenants, one, provisioner, role, run, sqlstate};

/// Generous, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// A session as the sentinel's.
async fn service(fixture: &TwoTenants) -> PgConnection {
    fixture.plane.sentinel_login().connect().await.unwrap()
}

async fn pid(session: &mut PgConnection) -> i32 {
    one(session, "SELECT pg_backend_pid()").await
}

async fn end(service: &mut PgConnection, tenant: TenantId, backend: Option<i32>) -> bool {
    try_to_end(service, tenant, backend).await.unwrap()
}

async fn try_to_end(
    service: &mut PgConnection,
    tenant: TenantId,
    backend: Option<i32>,
) -> Result<bool, sqlx::Error> {
    let call = format!("SELECT {}.end_backend($1, $2)", provisioner(tenant));
    sqlx::query_scalar(AssertSqlSafe(call))
        .bind(tenant.as_uuid())
        .bind(backend)
        .fetch_one(service)
        .await
}

async fn end_all(service: &mut PgConnection, tenant: TenantId) -> i32 {
    let call = format!("SELECT {}.end_backends($1)", provisioner(tenant));
    sqlx::query_scalar(AssertSqlSafe(call))
        .bind(tenant.as_uuid())
        .fetch_one(service)
        .await
        .unwrap()
}

async fn is_gone(session: &mut PgConnection) {
    timeout(DEADLINE, async {
        while session.ping().await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the session ends");
}

/// A session with the tenant's other login.
async fn as_other_login(fixture: &TwoTenants, tenant: TenantId) -> PgConnection {
    let login = Login::new(fixture.other_login(tenant).await, "other".to_owned().into());
    let server = fixture.databases.server();
    server
        .connect(&login, fixture.databases.data().as_str())
        .await
        .unwrap()
}

/// Memberships of the tenant's roles, with all columns.
async fn memberships(fixture: &TwoTenants, tenant: TenantId) -> String {
    let query = format!(
        "SELECT coalesce(string_agg(pg_auth_members::text, E'\\n' ORDER BY pg_auth_members::text), '') FROM pg_auth_members
         WHERE roleid::regrole::text ~ '^{}'",
        role(tenant)
    );
    one(&mut fixture.superuser().await, &query).await
}

#[tokio::test]
async fn one_session_is_ended() {
    let fixture = TwoTenants::new().await;
    let mut other = as_other_login(&fixture, fixture.a).await;
    let before = (
        memberships(&fixture, fixture.a).await,
        memberships(&fixture, fixture.b).await,
    );
    let mut service = service(&fixture).await;
    let (mut target, mut sibling) = (fixture.session(fixture.a).await, fixture.session(fixture.a).await);
    let mut neighbour = fixture.session(fixture.b).await;

    let backend = pid(&mut target).await;
    assert!(end(&mut service, fixture.a, Some(backend)).await);
    is_gone(&mut target).await;
    // The process id is unused a moment after the connection has closed.
    timeout(DEADLINE, async {
        while end(&mut service, fixture.a, Some(backend)).await {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the process is gone");
    for session in [&mut sibling, &mut neighbour] {
        session.ping().await.unwrap();
    }

    // The tenant's other login counts as the tenant.
    let backend = pid(&mut other).await;
    assert!(!end(&mut service, fixture.b, Some(backend)).await);
    other.ping().await.unwrap();
    assert!(end(&mut service, fixture.a, Some(backend)).await);
    is_gone(&mut other).await;

    let after = (
        memberships(&fixture, fixture.a).await,
        memberships(&fixture, fixture.b).await,
    );
    assert_eq!(after, before);
}

/// For any process id, and any named tenant.
#[tokio::test]
async fn sessions_of_others_are_not_ended() {
    let fixture = TwoTenants::new().await;
    let before = fixture.fingerprint().await;
    let mut service = service(&fixture).await;
    let mut victims = vec![
        fixture.session(fixture.b).await,
        fixture.superuser().await,
        self::service(&fixture).await,
    ];
    let server = fixture.databases.server();
    let migrator = server
        .connect(server.migrator(), fixture.databases.data().as_str())
        .await
        .unwrap();
    victims.push(migrator);
    let mut numbers = vec![pid(&mut service).await, 0, -1, 1, i32::MAX];
    for victim in &mut victims {
        numbers.push(pid(victim).await);
    }
    let of_the_server: Vec<i32> =
        sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend'")
            .fetch_all(&mut fixture.superuser().await)
            .await
            .unwrap();
    assert!(!of_the_server.is_empty());
    numbers.extend(of_the_server);

    for tenant in [fixture.a, testkit::unknown_tenant()] {
        for number in &numbers {
            assert!(!end(&mut service, tenant, Some(*number)).await, "{number}");
        }
        assert!(!end(&mut service, tenant, None).await);
        assert_eq!(end_all(&mut service, tenant).await, 0);
    }
    let without_tenant = format!(
        "SELECT {0}.end_backend(NULL, {1}) OR {0}.end_backends(NULL) > 0",
        provisioner(fixture.b),
        numbers[5]
    );
    assert!(!one::<bool>(&mut service, &without_tenant).await);
    for victim in &mut victims {
        victim.ping().await.unwrap();
    }
    assert_eq!(fixture.fingerprint().await, before);
}

/// In any database, in any state, and of both logins.
#[tokio::test]
async fn all_sessions_of_a_tenant_are_ended() {
    let (fixture, elsewhere) = (TwoTenants::new().await, TwoTenants::new().await);
    let other = as_other_login(&fixture, fixture.a).await;
    let before = memberships(&fixture, fixture.a).await;
    let options = fixture.options(fixture.a).await;
    let away = options.database(elsewhere.databases.data().as_str());
    let mut ended = vec![
        fixture.session(fixture.a).await,
        PgConnection::connect_with(&away).await.unwrap(),
        other,
    ];
    run(&mut ended[0], "BEGIN; UPDATE app.users SET name = 'x'")
        .await
        .unwrap();
    let mut busy = fixture.session(fixture.a).await;
    let number = pid(&mut busy).await;
    let busy = tokio::spawn(async move { run(&mut busy, "SELECT pg_sleep(600)").await.map(|_| ()) });
    let running = format!(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {number} AND wait_event = 'PgSleep')"
    );
    let mut superuser = fixture.superuser().await;
    timeout(DEADLINE, async {
        while !one::<bool>(&mut superuser, &running).await {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();

    let mut service = service(&fixture).await;
    let mut neighbour = fixture.session(fixture.b).await;
    assert_eq!(end_all(&mut service, fixture.a).await, 4);
    for session in &mut ended {
        is_gone(session).await;
    }
    let error = timeout(DEADLINE, busy).await.unwrap().unwrap().unwrap_err();
    assert_eq!(sqlstate(&error), "57P01", "{error}");
    neighbour.ping().await.unwrap();
    assert_eq!(memberships(&fixture, fixture.a).await, before);
}

/// For instance after the network to a tenant's clients broke.
#[tokio::test]
async fn many_sessions_are_ended_concurrently() {
    let fixture = TwoTenants::new().await;
    let before = memberships(&fixture, fixture.a).await;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push((service(&fixture).await, fixture.session(fixture.a).await));
    }
    join_all(sessions.iter_mut().map(async |(service, session)| {
        let backend = pid(session).await;
        for _ in 0..5 {
            // Ends nothing, and still waits for its turn.
            assert!(!end(service, fixture.b, Some(backend)).await);
        }
        assert!(end(service, fixture.a, Some(backend)).await);
        is_gone(session).await;
    }))
    .await;
    assert_eq!(memberships(&fixture, fixture.a).await, before);
}

/// Locks of a tenant's open transaction do not delay the end of its session.
#[tokio::test]
async fn a_tenants_locks_do_not_delay_the_end() {
    let fixture = TwoTenants::new().await;
    let mut service = service(&fixture).await;
    let login = format!("{}_a", role(fixture.a));
    for held in [
        format!("ALTER ROLE {login} SET work_mem = '1MB'"),
        format!("ALTER ROLE {login} PASSWORD 'x'"),
        format!("DROP OWNED BY {login}"),
        format!("REVOKE tenantry_tenant FROM {login}"),
        format!("GRANT {login} TO {}_a", role(fixture.b)),
        "DROP OWNED BY tenantry_tenant".to_owned(),
        "SELECT pg_advisory_lock(1)".to_owned(),
        "LOCK TABLE pg_auth_members IN ACCESS SHARE MODE".to_owned(),
    ] {
        let (mut target, backend) = holding(&fixture, &held).await;
        assert!(end(&mut service, fixture.a, Some(backend)).await, "{held}");
        is_gone(&mut target).await;
    }

    // On PostgreSQL 14 a login may grant itself, and the function waits for that lock: not for long.
    let held = format!("GRANT {login} TO tenantry_{}", provisioner(fixture.a));
    let (mut target, backend) = holding(&fixture, &held).await;
    let ended = try_to_end(&mut service, fixture.a, Some(backend)).await;
    if fixture.major().await >= 15 {
        assert!(ended.unwrap());
        is_gone(&mut target).await;
    } else {
        let error = ended.unwrap_err();
        assert_eq!(sqlstate(&error), "55P03", "{error}");
    }
}

/// A session of `a` in an open transaction after this statement, if that succeeded, and its process id.
async fn holding(fixture: &TwoTenants, held: &str) -> (PgConnection, i32) {
    let mut session = fixture.session(fixture.a).await;
    let backend = pid(&mut session).await;
    run(&mut session, "BEGIN").await.unwrap();
    if let Err(error) = run(&mut session, held).await {
        assert_eq!(sqlstate(&error), DENIED, "{held}: {error}");
    }
    (session, backend)
}

/// Also during the uncommitted transaction, other sessions do not see the provisioner's membership.
#[tokio::test]
async fn the_membership_is_temporary() {
    let fixture = TwoTenants::new().await;
    let before = memberships(&fixture, fixture.a).await;
    let mut service = service(&fixture).await;
    let mut target = fixture.session(fixture.a).await;
    let backend = pid(&mut target).await;
    run(&mut service, "BEGIN").await.unwrap();
    assert!(end(&mut service, fixture.a, Some(backend)).await);
    is_gone(&mut target).await;
    assert_eq!(memberships(&fixture, fixture.a).await, before);
    let powers = "SELECT count(*) FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
        AND rolname NOT IN (session_user, 'pg_use_reserved_connections')";
    assert_eq!(one::<i64>(&mut service, powers).await, 0);
    run(&mut service, "ROLLBACK").await.unwrap();
    assert_eq!(memberships(&fixture, fixture.a).await, before);
}

#[tokio::test]
async fn a_tenant_cannot_end_sessions() {
    let fixture = TwoTenants::new().await;
    let mut victim = fixture.session(fixture.b).await;
    let victims = pid(&mut victim).await;
    for tenant in [fixture.a, fixture.b] {
        let schema = provisioner(tenant);
        for call in [
            format!("end_backend('{tenant}', {victims})"),
            format!("end_backends('{tenant}')"),
            format!("end_sessions('{tenant}', {victims})"),
        ] {
            fixture.refused(&format!("SELECT {schema}.{call}"), DENIED).await;
        }
    }
    victim.ping().await.unwrap();
}
