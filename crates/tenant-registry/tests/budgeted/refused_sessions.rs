//! Sessions refused after their login, whose backends end late: they keep their permits until then.

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::Instant;

use crate::suite::support::{Knobs, World, login, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

const TENANTS: usize = 10;
const CAP: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_holds_for_logins_that_bypass_row_level_security() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let cluster = TestCluster::with_world(
        world,
        ClusterSetup {
            tenants: TENANTS,
            cap: CAP,
            knobs: Knobs {
                acquire_timeout: Duration::from_secs(1),
                ..Knobs::default()
            },
            proxy_address: Some(proxy.address()),
            ..ClusterSetup::default()
        },
    )
    .await;
    let mut outside = cluster.maintenance_connection().await;
    let mut alter_all = async |to: &str| {
        for tenant in &cluster.tenants {
            let alter = format!("ALTER ROLE {} {to}", login(*tenant));
            outside.execute(AssertSqlSafe(alter)).await.unwrap();
        }
    };
    alter_all("BYPASSRLS").await;
    proxy.delay_parting(Duration::from_secs(3));
    let counter = cluster.count_backends().await;
    let dbs = join_all((0..TENANTS).map(|number| cluster.tenant_db(number))).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        for outcome in within_long(join_all(dbs.iter().map(select_one))).await {
            let failure = Failure::of(&outcome.unwrap_err());
            assert!(
                matches!(
                    failure,
                    Failure::NotIsolated | Failure::BudgetSpent | Failure::PoolBusy
                ),
                "{failure:?}"
            );
        }
    }
    let most = counter.max().await;
    assert!(most <= i64::from(CAP), "{most} backends");
    assert!(most >= 2, "the counter was looking: {most}");
    alter_all("NOBYPASSRLS").await;
    proxy.heal();
    for db in &dbs {
        within_long(async { while select_one(db).await.is_err() {} }).await;
    }
    drop(dbs);
    cluster.close().await;
}
