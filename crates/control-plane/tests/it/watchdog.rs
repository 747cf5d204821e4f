//! The watchdog's function ends sessions of the named tenant only, and waits for no lock that a tenant can hold.

use std::time::Duration;

use control_plane::ControlPlane;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tenant_registry::TenantId;
use tokio::time::{sleep, timeout};

use crate::support::{DENIED, TwoTenants, one, provisioner, role, run, sqlstate};

/// Generous, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

async fn service(fixture: &TwoTenants) -> PgConnection {
    fixture.plane.sentinel_login().connect().await.unwrap()
}

async fn pid(session: &mut PgConnection) -> i32 {
    one(session, "SELECT pg_backend_pid()").await
}

/// Ends a session like the sentinel.
async fn end(service: &mut PgConnection, tenant: TenantId, backend: i32) -> bool {
    sqlx::query_scalar(AssertSqlSafe(ControlPlane::end_backend_sql(tenant)))
        .bind(tenant.as_uuid())
        .bind(backend)
        .fetch_one(service)
        .await
        .unwrap()
}

/// Ends a session like the watchdog.
async fn end_beyond(
    service: &mut PgConnection,
    tenant: Option<TenantId>,
    backend: Option<i32>,
    beyond: Option<i32>,
) -> bool {
    let ended: Vec<bool> = sqlx::query_scalar(ControlPlane::END_SESSIONS)
        .bind(vec![tenant.map(TenantId::as_uuid)])
        .bind(vec![backend])
        .bind(vec![beyond])
        .fetch_one(service)
        .await
        .unwrap();
    ended == [true]
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

#[tokio::test]
async fn one_session_is_ended() {
    let fixture = TwoTenants::new().await;
    let before = fixture.fingerprint().await;
    let mut service = service(&fixture).await;
    let (mut target, mut sibling) = (fixture.session(fixture.a).await, fixture.session(fixture.a).await);
    let mut neighbour = fixture.session(fixture.b).await;
    let backend = pid(&mut target).await;
    assert!(!end(&mut service, fixture.b, backend).await);
    target.ping().await.unwrap();
    assert!(end(&mut service, fixture.a, backend).await);
    is_gone(&mut target).await;
    // A backend tells its client before it leaves the list of backends.
    let mut superuser = fixture.superuser().await;
    timeout(DEADLINE, async {
        let listed = format!("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {backend})");
        while one::<bool>(&mut superuser, &listed).await {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the backend leaves the list");
    assert!(!end(&mut service, fixture.a, backend).await);
    for session in [&mut sibling, &mut neighbour] {
        session.ping().await.unwrap();
    }
    assert_eq!(fixture.fingerprint().await, before);
}

/// For any process id, and any named tenant.
#[tokio::test]
async fn sessions_of_others_are_not_ended() {
    let fixture = TwoTenants::new().await;
    let mut service = service(&fixture).await;
    let server = fixture.databases.server();
    let database = fixture.databases.data().as_str();
    let mut victims = vec![
        fixture.session(fixture.b).await,
        fixture.superuser().await,
        self::service(&fixture).await,
        server.connect(server.migrator(), database).await.unwrap(),
    ];
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
    for tenant in [Some(fixture.a), Some(testkit::unknown_tenant()), None] {
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

/// A session that has released its locks meanwhile is not ended.
#[tokio::test]
async fn only_sessions_that_still_hold_too_many_locks_are_ended() {
    let fixture = TwoTenants::new().await;
    let mut service = service(&fixture).await;
    let mut target = fixture.session(fixture.a).await;
    let backend = pid(&mut target).await;
    let takes_five = "BEGIN; INSERT INTO app.users (name) VALUES ('x');
        SAVEPOINT a; INSERT INTO app.users (name) VALUES ('x'); SAVEPOINT b; INSERT INTO app.users (name) VALUES ('x');
        SAVEPOINT c; INSERT INTO app.users (name) VALUES ('x'); SAVEPOINT d; INSERT INTO app.users (name) VALUES ('x')";
    run(&mut target, takes_five).await.unwrap();
    let asks = async |service: &mut PgConnection, beyond| {
        end_beyond(service, Some(fixture.a), Some(backend), Some(beyond)).await
    };
    assert!(!asks(&mut service, 50).await);
    run(&mut target, "ROLLBACK").await.unwrap();
    assert!(!asks(&mut service, 4).await);
    // A NOTIFY takes a lock on database 0 at its commit.
    run(&mut target, "NOTIFY news").await.unwrap();
    assert!(!asks(&mut service, 4).await);
    run(&mut target, takes_five).await.unwrap();
    assert!(asks(&mut service, 4).await);
    is_gone(&mut target).await;

    let mut target = fixture.session(fixture.a).await;
    let backend = pid(&mut target).await;
    run(&mut target, "BEGIN; ALTER ROLE CURRENT_USER SET work_mem = '1MB'")
        .await
        .unwrap();
    assert!(end_beyond(&mut service, Some(fixture.a), Some(backend), Some(i32::MAX)).await);
    is_gone(&mut target).await;
}

/// Neither the tenant's locks nor a lock on memberships delays the end.
#[tokio::test]
async fn no_lock_delays_the_end() {
    let fixture = TwoTenants::new().await;
    let mut service = service(&fixture).await;
    let mut superuser = fixture.superuser().await;
    run(
        &mut superuser,
        "BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE",
    )
    .await
    .unwrap();
    let login = format!("{}_a", role(fixture.a));
    for held in [
        format!("ALTER ROLE {login} SET work_mem = '1MB'"),
        format!("ALTER ROLE {login} PASSWORD 'x'"),
        "LOCK TABLE app.users IN ACCESS SHARE MODE".to_owned(),
    ] {
        let mut target = fixture.session(fixture.a).await;
        let backend = pid(&mut target).await;
        run(&mut target, "BEGIN").await.unwrap();
        run(&mut target, &held).await.unwrap();
        assert!(end(&mut service, fixture.a, backend).await, "{held}");
        is_gone(&mut target).await;
    }
    run(&mut superuser, "ROLLBACK").await.unwrap();
    // Up to PostgreSQL 14, a login may grant itself, and the provisioners' function waits for that lock.
    let mut target = fixture.session(fixture.a).await;
    let backend = pid(&mut target).await;
    run(&mut target, "BEGIN").await.unwrap();
    let grant = format!("GRANT {login} TO tenantry_{}", provisioner(fixture.a));
    if let Err(error) = run(&mut target, &grant).await {
        assert_eq!(sqlstate(&error), DENIED, "{error}");
    }
    assert!(end(&mut service, fixture.a, backend).await);
    is_gone(&mut target).await;
}
