//! Opening and closing of pools with their backends.

use std::sync::Arc;
use std::time::Duration;

use tenant_registry::{Closed, PoolSnapshot, Refusal, TenantDb, TenantPool};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::support::{LONG, Setup, World, within_long};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_first_requests_open_one_pool() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let registry = world.registry(Setup::default());
    let together = Arc::new(Barrier::new(50));
    let mut requests = JoinSet::new();
    for _ in 0..50 {
        let (registry, together) = (registry.clone(), Arc::clone(&together));
        requests.spawn(async move {
            together.wait().await;
            let db = TenantDb::new(registry.lease(tenant).await.unwrap());
            sqlx::query_scalar::<_, uuid::Uuid>("SELECT app.tid()")
                .fetch_one(&db)
                .await
                .unwrap()
        });
    }
    for id in within_long(requests.join_all()).await {
        assert_eq!(id, tenant.as_uuid());
    }
    assert_eq!(registry.stats().opened, 1);
    let backends = world.backends(&mut world.superuser().await, tenant).await;
    assert!((1..=5).contains(&backends), "{backends}");
}

#[tokio::test]
async fn a_lease_alone_takes_no_connection() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(3)).await;
    let nothing = PoolSnapshot {
        size: 0,
        idle: 0,
        closing: 0,
        max: 3,
        waiting: 0,
        trouble: None,
    };
    assert_eq!(db.snapshot(), nothing);
    assert_eq!(world.backends(&mut world.superuser().await, tenant).await, 0);
}

#[tokio::test]
async fn an_idle_pool_closes_and_its_backends_leave() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut setup = Setup::default();
    setup.registry.idle_timeout = Duration::from_millis(200);
    let registry = world.registry(setup);
    for opened in 1..=2 {
        let db = TenantDb::new(registry.lease(tenant).await.unwrap());
        let (one, other) = (db.acquire().await.unwrap(), db.acquire().await.unwrap());
        world.until_backends(tenant, 2).await;
        drop((one, other, db));
        world.until_backends(tenant, 0).await;
        within_long(async {
            while registry.stats().open() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(registry.stats().opened, opened);
    }
}

#[tokio::test]
async fn a_lease_held_over_eviction_still_answers() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let registry = world.registry(Setup::default());
    let held = TenantDb::new(registry.lease(tenant).await.unwrap());
    let mut connection = held.acquire().await.unwrap();
    registry.invalidate(tenant);
    let new = TenantDb::new(registry.lease(tenant).await.unwrap());
    for _ in 0..3 {
        sqlx::query("SELECT 1").execute(&held).await.unwrap();
        sqlx::query("SELECT 1").execute(&mut connection).await.unwrap();
        sqlx::query("SELECT 1").execute(&new).await.unwrap();
    }
    drop(held);
    // An acquired connection keeps the pool open as well.
    sqlx::query("SELECT 1").execute(&mut connection).await.unwrap();
    assert_eq!(registry.stats().open(), 2);
    drop(connection);
    within_long(async {
        while registry.stats().open() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    sqlx::query("SELECT 1").execute(&new).await.unwrap();
}

#[tokio::test]
async fn shutdown_ends_every_backend() {
    let world = World::new().await;
    let registry = world.registry(Setup::default());
    let tenants = [world.tenant().await, world.tenant().await];
    for tenant in tenants {
        let db = TenantDb::new(registry.lease(tenant).await.unwrap());
        sqlx::query("SELECT 1").execute(&db).await.unwrap();
    }
    let stats = within_long(registry.shutdown(LONG)).await;
    assert_eq!((stats.opened, stats.closed), (2, 2));
    for tenant in tenants {
        world.until_backends(tenant, 0).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_not_given_back_meets_the_deadline_and_holds_no_other() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let registry = world.registry(Setup::default());
    let lease = registry.lease(tenant).await.unwrap();
    let db = TenantDb::new(lease.clone());
    let mut borrowed = db.acquire().await.unwrap();
    drop(db.acquire().await.unwrap());
    world.until_backends(tenant, 2).await;
    within_long(async {
        while db.snapshot().idle == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let soon = Instant::now() + Duration::from_millis(300);
    assert_eq!(
        within_long(TenantPool::close(&*lease, soon)).await,
        Closed::Deadline
    );
    world.until_backends(tenant, 1).await;
    // The acquired connection still works; new ones are refused.
    sqlx::query("SELECT 1").execute(&mut borrowed).await.unwrap();
    let refused = db.acquire().await.map(drop).unwrap_err();
    assert!(matches!(refused, Refusal::Closed), "{refused}");
    drop(borrowed);
    world.until_backends(tenant, 0).await;
}
