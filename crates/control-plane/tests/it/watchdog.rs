//! The watchdog's function ends sessions of the tenant that the service names, and of nobody else; and it waits for no
//! lock that a tenant can hold.

use std::time::Duration;

use control_plane::ControlPlane;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tenant_registry::TenantId;
use tokio::time::{sleep, timeout};

use crate::support::{DENIED, World, one, provisioner, role, run, sqlstate};

/// On a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

async fn service(world: &World) -> PgConnection {
    world.plane.sentinel_login().connect().await.unwrap()
}

async fn pid(session: &mut PgConnection) -> i32 {
    one(session, "SELECT pg_backend_pid()").await
}

/// As the sentinel has it ended.
async fn end(service: &mut PgConnection, tenant: TenantId, backend: i32) -> bool {
    sqlx::query_scalar(AssertSqlSafe(ControlPlane::end_backend_sql(tenant)))
        .bind(tenant.as_uuid())
        .bind(backend)
        .fetch_one(service)
        .await
        .unwrap()
}

/// As the watchdog has it ended.
async fn end_beyond(
    service: &mut PgConnection,
    tenant: Option<TenantId>,
    backend: Option<i32>,
    beyond: Option<i32>,
) -> bool {
    sqlx::query_scalar(ControlPlane::END_SESSION)
        .bind(tenant.map(TenantId::as_uuid))
        .bind(backend)
        .bind(beyond)
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

#[tokio::test]
async fn one_session_is_ended_and_no_other() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let mut service = service(&world).await;
    let (mut target, mut sibling) = (world.session(world.a).await, world.session(world.a).await);
    let mut neighbour = world.session(world.b).await;
    let backend = pid(&mut target).await;
    assert!(!end(&mut service, world.b, backend).await);
    target.ping().await.unwrap();
    assert!(end(&mut service, world.a, backend).await);
    is_gone(&mut target).await;
    // The number is free now.
    assert!(!end(&mut service, world.a, backend).await);
    for session in [&mut sibling, &mut neighbour] {
        session.ping().await.unwrap();
    }
    assert_eq!(world.fingerprint().await, before);
}

/// Whatever number the service names, and under whatever tenant.
#[tokio::test]
async fn what_is_not_the_tenants_is_not_ended() {
    let world = World::new().await;
    let mut service = service(&world).await;
    let server = world.databases.server();
    let database = world.databases.data().as_str();
    let mut victims = vec![
        world.session(world.b).await,
        world.superuser().await,
        self::service(&world).await,
        server.connect(server.migrator(), database).await.unwrap(),
    ];
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
    for tenant in [Some(world.a), Some(testkit::nobody()), None] {
        for number in numbers.iter().copied().map(Some).chain([None]) {
            for beyond in [None, Some(0)] {
                assert!(
                    !end_beyond(&mut service, tenant, number, beyond).await,
                    "{tenant:?} {number:?}"
                );
            }
        }
    }
    for victim in &mut victims {
        victim.ping().await.unwrap();
    }
}

/// What it has given back meanwhile is no reason any more.
#[tokio::test]
async fn only_what_still_holds_too_much_is_ended() {
    let world = World::new().await;
    let mut service = service(&world).await;
    let mut target = world.session(world.a).await;
    let backend = pid(&mut target).await;
    let takes_five = "BEGIN; INSERT INTO app.users (name) VALUES ('x');
        SAVEPOINT a; INSERT INTO app.users (name) VALUES ('x'); SAVEPOINT b; INSERT INTO app.users (name) VALUES ('x');
        SAVEPOINT c; INSERT INTO app.users (name) VALUES ('x'); SAVEPOINT d; INSERT INTO app.users (name) VALUES ('x')";
    run(&mut target, takes_five).await.unwrap();
    let asks = async |service: &mut PgConnection, beyond| {
        end_beyond(service, Some(world.a), Some(backend), Some(beyond)).await
    };
    assert!(!asks(&mut service, 50).await);
    run(&mut target, "ROLLBACK").await.unwrap();
    assert!(!asks(&mut service, 4).await);
    // A NOTIFY takes its turn by a lock on database 0, at its commit.
    run(&mut target, "NOTIFY news").await.unwrap();
    assert!(!asks(&mut service, 4).await);
    run(&mut target, takes_five).await.unwrap();
    assert!(asks(&mut service, 4).await);
    is_gone(&mut target).await;

    let mut target = world.session(world.a).await;
    let backend = pid(&mut target).await;
    run(&mut target, "BEGIN; ALTER ROLE CURRENT_USER SET work_mem = '1MB'")
        .await
        .unwrap();
    assert!(end_beyond(&mut service, Some(world.a), Some(backend), Some(i32::MAX)).await);
    is_gone(&mut target).await;
}

/// Whatever it holds in a transaction that it leaves open, and while nobody may be given a role.
#[tokio::test]
async fn nothing_stands_in_the_way() {
    let world = World::new().await;
    let mut service = service(&world).await;
    let mut superuser = world.superuser().await;
    run(
        &mut superuser,
        "BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE",
    )
    .await
    .unwrap();
    let login = format!("{}_a", role(world.a));
    for held in [
        format!("ALTER ROLE {login} SET work_mem = '1MB'"),
        format!("ALTER ROLE {login} PASSWORD 'x'"),
        "LOCK TABLE app.users IN ACCESS SHARE MODE".to_owned(),
    ] {
        let mut target = world.session(world.a).await;
        let backend = pid(&mut target).await;
        run(&mut target, "BEGIN").await.unwrap();
        run(&mut target, &held).await.unwrap();
        assert!(end(&mut service, world.a, backend).await, "{held}");
        is_gone(&mut target).await;
    }
    run(&mut superuser, "ROLLBACK").await.unwrap();
    // Up to PostgreSQL 14 a login may be granted by itself, for which the provisioners' function has to wait.
    let mut target = world.session(world.a).await;
    let backend = pid(&mut target).await;
    run(&mut target, "BEGIN").await.unwrap();
    let grant = format!("GRANT {login} TO tenantry_{}", provisioner(world.a));
    if let Err(error) = run(&mut target, &grant).await {
        assert_eq!(sqlstate(&error), DENIED, "{error}");
    }
    assert!(end(&mut service, world.a, backend).await);
    is_gone(&mut target).await;
}
