//! Panics of callbacks that a library's user provides: no permit is lost, and the sentinel keeps running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{
    Budget, BudgetSettings, BudgetedPool, Failure, Registry, RegistrySettings, SourceFuture, TenantDb,
    TenantId, TenantSource,
};

use crate::engine;
use crate::suite::support::{Knobs, World, login, within_long};
use crate::test_cluster::{ClusterSetup, InMemorySource, TestCluster, select_one};

/// Panics while `panics` is set.
struct Panicking {
    specs: Arc<InMemorySource>,
    panics: AtomicBool,
}

impl TenantSource for Panicking {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        assert!(!self.panics.load(Ordering::SeqCst), "a defect of the source");
        self.specs.load(tenant)
    }
}

#[tokio::test]
async fn a_source_that_panics_when_a_login_asks_it_takes_no_permit_along() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 2,
        cap: 2,
        ..ClusterSetup::default()
    })
    .await;
    let source = Arc::new(Panicking {
        specs: Arc::clone(&cluster.specs),
        panics: AtomicBool::new(false),
    });
    let registry: Registry<BudgetedPool> = Registry::new(
        Arc::clone(&source) as Arc<dyn TenantSource>,
        RegistrySettings::default(),
        engine::of(cluster.budget.clone(), Knobs::default()),
    );
    let [refused, other] = [cluster.tenants[0], cluster.tenants[1]];
    let db = TenantDb::new(registry.lease(refused).await.unwrap());
    let other = TenantDb::new(registry.lease(other).await.unwrap());
    // The login is refused, so the source is asked for fresh credentials.
    let alter = format!("ALTER ROLE {} PASSWORD 'not in the source'", login(refused));
    cluster
        .maintenance_connection()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
    source.panics.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        let error = within_long(select_one(&db)).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::LoginRefused, "{error}");
    }
    cluster.until(|snapshot| snapshot.ledger.free == 2).await;
    // The whole budget is available to other tenants.
    let (one, two) = within_long(async { tokio::join!(other.acquire(), other.acquire()) }).await;
    drop((one.unwrap(), two.unwrap()));
    registry.shutdown(crate::suite::support::LONG).await;
    cluster.close().await;
}

#[tokio::test]
async fn a_closure_that_panics_does_not_end_the_sentinel() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut sentinel = engine::sentinel(&world.databases);
    sentinel.end_backend = Some(Arc::new(|_| panic!("a defect of the closure")));
    let budget = Budget::start(BudgetSettings {
        max_connections: Some(1),
        ..BudgetSettings::new(sentinel)
    });
    let registry: Registry<BudgetedPool> = Registry::new(
        Arc::new(world.plane.source()),
        RegistrySettings::default(),
        engine::of(budget.clone(), Knobs::default()),
    );
    let running = tokio::spawn({
        let db = TenantDb::new(registry.lease(tenant).await.unwrap());
        async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) }
    });
    world.until_running(tenant, "pg_sleep(600)").await;
    // The pool is closed with a query running: its backend is to be ended, and the closure panics.
    within_long(registry.shutdown(std::time::Duration::from_millis(100))).await;
    running.abort();
    let _ = running.await;
    // The sentinel still notices that the backend is gone.
    within_long(async {
        while budget.snapshot().ledger.free != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
}
