//! One tenant's network breaks; its neighbour does not notice.

use tenant_registry::{Failure, TenantDb};
use testkit::Proxy;
use tokio::task::JoinSet;

use crate::engine::{FAIL_WITH_A_LOGIN, LOGINS_AT_ONCE};

use super::support::{Setup, World, within_long};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_database_is_silent_or_gone_delays_no_other() {
    let world = World::new().await;
    let (broken, neighbour) = (world.tenant().await, world.tenant().await);
    let proxy = Proxy::before(world.databases.server().cluster());
    let mut setup = Setup::connections(2);
    // Those who wait for the broken one wait until the test is through.
    setup.pool.acquire_timeout = super::support::LONG * 10;
    setup.by_way_of.insert(broken, proxy.address());
    let registry = world.registry(setup);
    let lease = async |tenant| TenantDb::new(registry.lease(tenant).await.unwrap());

    proxy.freeze();
    let mut waiting = JoinSet::new();
    for _ in 0..20 {
        let db = lease(broken).await;
        waiting.spawn(async move { sqlx::query("SELECT 1").execute(&db).await });
    }
    within_long(async {
        while proxy.accepted() < LOGINS_AT_ONCE as u64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..50 {
        within_long(sqlx::query("SELECT 1").execute(&lease(neighbour).await))
            .await
            .unwrap();
    }
    assert!(
        waiting.try_join_next().is_none(),
        "all of the broken one's still wait"
    );

    proxy.cut().await;
    proxy.heal();
    // The logins that were cut fail the requests that wait for them, and the others take their place.
    let outcomes = within_long(waiting.join_all()).await;
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    assert!(failed.len() <= LOGINS_AT_ONCE * FAIL_WITH_A_LOGIN, "{failed:?}");
    assert!(
        failed
            .iter()
            .all(|error| Failure::of(error) == Failure::Unreachable),
        "{failed:?}"
    );
    for tenant in [broken, neighbour] {
        let db = lease(tenant).await;
        within_long(async { while sqlx::query("SELECT 1").execute(&db).await.is_err() {} }).await;
    }
}
