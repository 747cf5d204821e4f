//! Classification of failures, and the pool's recovery from each.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Failure, TenantId};
use testkit::Proxy;
use tokio::time::sleep;

use super::support::{Db, Setup, World, acquired, login, within_long};

async fn failure(db: &Db) -> Failure {
    let error = within_long(sqlx::query("SELECT 1").execute(db))
        .await
        .unwrap_err();
    Failure::of(&error)
}

/// Waits until the tenant is served again. A half-open idle connection is detected by the query that gets it.
async fn recovered(db: &Db) {
    within_long(async {
        while sqlx::query("SELECT 1").execute(db).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

struct Proxied {
    world: World,
    tenant: TenantId,
    proxy: Proxy,
    db: Db,
}

/// A tenant whose database is reached through a proxy. Keep the returned world alive.
async fn proxied() -> Proxied {
    proxied_with(Setup::default().impatient()).await
}

async fn proxied_with(mut setup: Setup) -> Proxied {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    setup.by_way_of.insert(tenant, proxy.address());
    let db = world.db(tenant, setup).await;
    Proxied {
        world,
        tenant,
        proxy,
        db,
    }
}

#[tokio::test]
async fn a_pool_whose_connections_are_all_in_use_is_busy() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1).impatient()).await;
    let held = acquired(&db).await;
    assert_eq!(failure(&db).await, Failure::PoolBusy);
    let beginning = within_long(db.begin()).await.unwrap_err();
    assert_eq!(beginning.failure(), Failure::PoolBusy);
    drop(held);
    recovered(&db).await;
}

/// One connection is open when the limit is set, and another is wanted.
async fn past_a_limit(limited: impl Fn(&World, TenantId) -> String, failure_then: Failure) {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(2).impatient()).await;
    let held = acquired(&db).await;
    let mut superuser = world.superuser().await;
    for (limit, expected) in [("1", Some(failure_then)), ("-1", None)] {
        let alter = format!("ALTER {} CONNECTION LIMIT {limit}", limited(&world, tenant));
        superuser.execute(AssertSqlSafe(alter)).await.unwrap();
        if let Some(expected) = expected {
            assert_eq!(failure(&db).await, expected);
        }
    }
    recovered(&db).await;
    drop(held);
}

#[tokio::test]
async fn a_database_without_a_connection_left_is_full() {
    past_a_limit(
        |world, _| format!("DATABASE {}", world.databases.data()),
        Failure::ServerFull,
    )
    .await;
}

/// The login's `CONNECTION LIMIT` is the tenant's own limit, even if other sessions use it up.
#[tokio::test]
async fn a_login_without_a_connection_left_is_busy() {
    past_a_limit(|_, tenant| format!("ROLE {}", login(tenant)), Failure::PoolBusy).await;
}

#[tokio::test]
async fn a_refusing_server_is_unreachable() {
    let Proxied {
        world: _world,
        proxy,
        db,
        ..
    } = proxied().await;
    proxy.refuse().await;
    assert_eq!(failure(&db).await, Failure::Unreachable);
    proxy.heal();
    recovered(&db).await;
}

#[tokio::test]
async fn a_silent_server_is_unreachable() {
    let Proxied {
        world: _world,
        proxy,
        db,
        ..
    } = proxied().await;
    proxy.freeze();
    assert_eq!(failure(&db).await, Failure::Unreachable);
    proxy.heal();
    recovered(&db).await;
}

#[tokio::test]
async fn a_network_that_breaks_under_a_query_is_a_connection_lost() {
    let Proxied {
        world,
        tenant,
        proxy,
        db,
    } = proxied().await;
    let query = tokio::spawn({
        let db = db.clone();
        async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await }
    });
    world.until_running(tenant, "pg_sleep").await;
    proxy.cut().await;
    let error = within_long(query).await.unwrap().unwrap_err();
    assert_eq!(Failure::of(&error), Failure::ConnectionLost, "{error}");
    recovered(&db).await;
}

#[tokio::test]
async fn idle_connections_that_were_cut_are_replaced() {
    let Proxied {
        world,
        tenant,
        proxy,
        db,
        ..
    } = proxied().await;
    let connections = [acquired(&db).await, acquired(&db).await];
    drop(connections);
    proxy.cut().await;
    world.until_backends(tenant, 0).await;
    recovered(&db).await;
    recovered(&db).await;
    for _ in 0..10 {
        sqlx::query("SELECT 1").execute(&db).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_lay_idle_is_tried_before_it_is_used() {
    let mut setup = Setup::default();
    setup.pool.ping_after_idle = Duration::ZERO;
    let Proxied {
        world,
        tenant,
        proxy,
        db,
        ..
    } = proxied_with(setup).await;
    let connections = [acquired(&db).await, acquired(&db).await];
    drop(connections);
    proxy.cut().await;
    world.until_backends(tenant, 0).await;
    // A connection that broke while idle fails no request.
    sqlx::query("SELECT 1").execute(&db).await.unwrap();
}

#[tokio::test]
async fn a_terminated_backend_is_a_connection_lost_and_replaced() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;
    let mut transaction = db.begin().await.unwrap();
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1")
        .bind(login(tenant))
        .execute(&mut world.superuser().await)
        .await
        .unwrap();
    let error = within_long(sqlx::query("SELECT 1").execute(&mut transaction))
        .await
        .unwrap_err();
    assert_eq!(Failure::of(&error), Failure::ConnectionLost, "{error}");
    drop(transaction);
    recovered(&db).await;
}

#[tokio::test]
async fn no_error_shows_a_password() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let alter = format!("ALTER ROLE {} PASSWORD 'known only here'", login(tenant));
    world
        .superuser()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
    let source = tenant_registry::TenantSource::load(&world.plane.source(), tenant)
        .await
        .unwrap();
    let shown = format!("{source:?}");
    assert!(
        shown.contains(&login(tenant)) && !shown.contains("password"),
        "{shown}"
    );
    let db = world.db(tenant, Setup::default().impatient()).await;
    let error = sqlx::query("SELECT 1").execute(&db).await.unwrap_err();
    assert!(
        !format!("{error:?} {db:?}").contains("PgConnectOptions"),
        "{error:?}"
    );
}
