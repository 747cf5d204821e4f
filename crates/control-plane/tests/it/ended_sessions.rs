//! The provisioners' functions end sessions of the tenant that the service names, and of nobody else.

use std::time::Duration;

use control_plane::postgres::Login;
use futures_util::future::join_all;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tenant_registry::TenantId;
use tokio::time::{sleep, timeout};

use crate::support::{DENIED, World, one, provisioner, role, run, sqlstate};

/// On a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// As a sentinel logs in.
async fn service(world: &World) -> PgConnection {
    world.plane.sentinel_login().connect().await.unwrap()
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
    .expect("the session is ended");
}

/// A session of the tenant's other login.
async fn as_other_login(world: &World, tenant: TenantId) -> PgConnection {
    let login = Login::new(world.other_login(tenant).await, "other".to_owned().into());
    let server = world.databases.server();
    server
        .connect(&login, world.databases.data().as_str())
        .await
        .unwrap()
}

/// Who is a member of the tenant's roles, by whose grant and with which options, to the last column.
async fn memberships(world: &World, tenant: TenantId) -> String {
    let query = format!(
        "SELECT coalesce(string_agg(pg_auth_members::text, E'\\n' ORDER BY pg_auth_members::text), '') FROM pg_auth_members
         WHERE roleid::regrole::text ~ '^{}'",
        role(tenant)
    );
    one(&mut world.superuser().await, &query).await
}

#[tokio::test]
async fn one_session_is_ended_and_no_other() {
    let world = World::new().await;
    let mut other = as_other_login(&world, world.a).await;
    let before = (
        memberships(&world, world.a).await,
        memberships(&world, world.b).await,
    );
    let mut service = service(&world).await;
    let (mut target, mut sibling) = (world.session(world.a).await, world.session(world.a).await);
    let mut neighbour = world.session(world.b).await;

    let backend = pid(&mut target).await;
    assert!(end(&mut service, world.a, Some(backend)).await);
    is_gone(&mut target).await;
    // The number is free now.
    assert!(!end(&mut service, world.a, Some(backend)).await);
    for session in [&mut sibling, &mut neighbour] {
        session.ping().await.unwrap();
    }

    // The other login of a tenant is the tenant as well.
    let backend = pid(&mut other).await;
    assert!(!end(&mut service, world.b, Some(backend)).await);
    other.ping().await.unwrap();
    assert!(end(&mut service, world.a, Some(backend)).await);
    is_gone(&mut other).await;

    let after = (
        memberships(&world, world.a).await,
        memberships(&world, world.b).await,
    );
    assert_eq!(after, before);
}

/// Whatever number the service names, and under whatever tenant.
#[tokio::test]
async fn what_is_not_the_tenants_is_not_ended() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let mut service = service(&world).await;
    let mut victims = vec![
        world.session(world.b).await,
        world.superuser().await,
        self::service(&world).await,
    ];
    let server = world.databases.server();
    let migrator = server
        .connect(server.migrator(), world.databases.data().as_str())
        .await
        .unwrap();
    victims.push(migrator);
    let mut numbers = vec![pid(&mut service).await, 0, -1, 1, i32::MAX];
    for victim in &mut victims {
        numbers.push(pid(victim).await);
    }
    let of_the_server: Vec<i32> =
        sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend'")
            .fetch_all(&mut world.superuser().await)
            .await
            .unwrap();
    assert!(!of_the_server.is_empty());
    numbers.extend(of_the_server);

    for tenant in [world.a, testkit::nobody()] {
        for number in &numbers {
            assert!(!end(&mut service, tenant, Some(*number)).await, "{number}");
        }
        assert!(!end(&mut service, tenant, None).await);
        assert_eq!(end_all(&mut service, tenant).await, 0);
    }
    let nobody = format!(
        "SELECT {0}.end_backend(NULL, {1}) OR {0}.end_backends(NULL) > 0",
        provisioner(world.b),
        numbers[5]
    );
    assert!(!one::<bool>(&mut service, &nobody).await);
    for victim in &mut victims {
        victim.ping().await.unwrap();
    }
    assert_eq!(world.fingerprint().await, before);
}

/// In whatever database, whatever they are doing, and of both logins.
#[tokio::test]
async fn all_sessions_of_a_tenant_are_ended() {
    let (world, elsewhere) = (World::new().await, World::new().await);
    let other = as_other_login(&world, world.a).await;
    let before = memberships(&world, world.a).await;
    let options = world.options(world.a).await;
    let away = options.database(elsewhere.databases.data().as_str());
    let mut ended = vec![
        world.session(world.a).await,
        PgConnection::connect_with(&away).await.unwrap(),
        other,
    ];
    run(&mut ended[0], "BEGIN; UPDATE app.users SET name = 'x'")
        .await
        .unwrap();
    let mut busy = world.session(world.a).await;
    let number = pid(&mut busy).await;
    let busy = tokio::spawn(async move { run(&mut busy, "SELECT pg_sleep(600)").await.map(|_| ()) });
    let running = format!(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {number} AND wait_event = 'PgSleep')"
    );
    let mut superuser = world.superuser().await;
    timeout(DEADLINE, async {
        while !one::<bool>(&mut superuser, &running).await {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();

    let mut service = service(&world).await;
    let mut neighbour = world.session(world.b).await;
    assert_eq!(end_all(&mut service, world.a).await, 4);
    for session in &mut ended {
        is_gone(session).await;
    }
    let error = timeout(DEADLINE, busy).await.unwrap().unwrap().unwrap_err();
    assert_eq!(sqlstate(&error), "57P01", "{error}");
    neighbour.ping().await.unwrap();
    assert_eq!(memberships(&world, world.a).await, before);
}

/// As when the network to a tenant's clients breaks.
#[tokio::test]
async fn many_are_ended_at_once() {
    let world = World::new().await;
    let before = memberships(&world, world.a).await;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push((service(&world).await, world.session(world.a).await));
    }
    join_all(sessions.iter_mut().map(async |(service, session)| {
        let backend = pid(session).await;
        for _ in 0..5 {
            // Of no use, and takes its turn all the same.
            assert!(!end(service, world.b, Some(backend)).await);
        }
        assert!(end(service, world.a, Some(backend)).await);
        is_gone(session).await;
    }))
    .await;
    assert_eq!(memberships(&world, world.a).await, before);
}

/// Whatever it holds in a transaction that it leaves open, as far as it may do these at all.
#[tokio::test]
async fn a_tenant_does_not_stand_in_the_way() {
    let world = World::new().await;
    let mut service = service(&world).await;
    let login = format!("{}_a", role(world.a));
    for held in [
        format!("ALTER ROLE {login} SET work_mem = '1MB'"),
        format!("ALTER ROLE {login} PASSWORD 'x'"),
        format!("DROP OWNED BY {login}"),
        format!("REVOKE tenantry_tenant FROM {login}"),
        format!("GRANT {login} TO {}_a", role(world.b)),
        "DROP OWNED BY tenantry_tenant".to_owned(),
        "SELECT pg_advisory_lock(1)".to_owned(),
        "LOCK TABLE pg_auth_members IN ACCESS SHARE MODE".to_owned(),
    ] {
        let (mut target, backend) = holding(&world, &held).await;
        assert!(end(&mut service, world.a, Some(backend)).await, "{held}");
        is_gone(&mut target).await;
    }

    // On PostgreSQL 14 a login may be granted by itself, and what we do then waits for it: not for long.
    let held = format!("GRANT {login} TO tenantry_{}", provisioner(world.a));
    let (mut target, backend) = holding(&world, &held).await;
    let ended = try_to_end(&mut service, world.a, Some(backend)).await;
    if world.major().await >= 15 {
        assert!(ended.unwrap());
        is_gone(&mut target).await;
    } else {
        let error = ended.unwrap_err();
        assert_eq!(sqlstate(&error), "55P03", "{error}");
    }
}

/// A session of `a` within a transaction that has done this, if it could, and its backend.
async fn holding(world: &World, held: &str) -> (PgConnection, i32) {
    let mut session = world.session(world.a).await;
    let backend = pid(&mut session).await;
    run(&mut session, "BEGIN").await.unwrap();
    if let Err(error) = run(&mut session, held).await {
        assert_eq!(sqlstate(&error), DENIED, "{held}: {error}");
    }
    (session, backend)
}

/// Within a transaction that is not committed too, the provisioner is a member for nobody but itself.
#[tokio::test]
async fn nothing_is_left_of_the_membership() {
    let world = World::new().await;
    let before = memberships(&world, world.a).await;
    let mut service = service(&world).await;
    let mut target = world.session(world.a).await;
    let backend = pid(&mut target).await;
    run(&mut service, "BEGIN").await.unwrap();
    assert!(end(&mut service, world.a, Some(backend)).await);
    is_gone(&mut target).await;
    assert_eq!(memberships(&world, world.a).await, before);
    let powers = "SELECT count(*) FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
        AND rolname NOT IN (session_user, 'pg_use_reserved_connections')";
    assert_eq!(one::<i64>(&mut service, powers).await, 0);
    run(&mut service, "ROLLBACK").await.unwrap();
    assert_eq!(memberships(&world, world.a).await, before);
}

#[tokio::test]
async fn a_tenant_ends_nobody() {
    let world = World::new().await;
    let mut victim = world.session(world.b).await;
    let victims = pid(&mut victim).await;
    for tenant in [world.a, world.b] {
        let schema = provisioner(tenant);
        for call in [
            format!("end_backend('{tenant}', {victims})"),
            format!("end_backends('{tenant}')"),
            format!("end_sessions('{tenant}', {victims})"),
        ] {
            world.refused(&format!("SELECT {schema}.{call}"), DENIED).await;
        }
    }
    victim.ping().await.unwrap();
}
