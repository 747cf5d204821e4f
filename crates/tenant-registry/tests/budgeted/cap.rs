//! The connection cap, checked by counting backends on the server.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::suite::support::{Knobs, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

const CAP: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_never_has_more_backends_than_the_cap() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 20,
        cap: CAP,
        ..ClusterSetup::default()
    })
    .await;
    cluster.limit_connections_on_server(CAP).await;
    let counter = cluster.count_backends().await;
    let mut requests = JoinSet::new();
    for worker in 0..12 {
        let dbs = futures_util::future::join_all((0..20).map(|number| cluster.tenant_db(number))).await;
        requests.spawn(async move {
            for round in 0..60_usize {
                // Each worker visits the tenants in its own order.
                select_one(&dbs[(worker * 7 + round * (worker + 1)) % dbs.len()])
                    .await
                    .unwrap();
            }
        });
    }
    within_long(requests.join_all()).await;
    let most = counter.max().await;
    assert!(most <= i64::from(CAP), "{most} backends");
    assert!(most >= 2, "the counter was looking: {most}");
    let snapshot = cluster.checked_snapshot();
    assert_eq!(
        (snapshot.failed_logins, snapshot.timeouts),
        (0, 0),
        "{snapshot:?}"
    );
    assert!(snapshot.logins > 20, "connections changed hands: {snapshot:?}");
    cluster.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_go_away_cost_no_permit_and_no_backend_more() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 8,
        cap: CAP,
        ..ClusterSetup::default()
    })
    .await;
    cluster.limit_connections_on_server(CAP).await;
    let counter = cluster.count_backends().await;
    let mut requests = JoinSet::new();
    for worker in 0..8_u64 {
        let dbs = futures_util::future::join_all((0..8).map(|number| cluster.tenant_db(number))).await;
        requests.spawn(async move {
            for round in 0..40_u64 {
                let db = &dbs[usize::try_from((worker * 3 + round) % 8).unwrap()];
                let soon = Duration::from_micros(round * 397 % 6_000);
                let work = async {
                    let mut transaction = db.begin().await?;
                    sqlx::query("SELECT pg_sleep(0.002)")
                        .execute(&mut transaction)
                        .await?;
                    transaction.commit().await
                };
                if let Ok(outcome) = timeout(soon, work).await {
                    outcome.unwrap();
                }
            }
        });
    }
    within_long(requests.join_all()).await;
    let most = counter.max().await;
    assert!(most <= i64::from(CAP), "{most} backends");
    assert_eq!(
        cluster.checked_snapshot().failed_logins,
        0,
        "{:?}",
        cluster.checked_snapshot()
    );
    for number in 0..8 {
        within_long(select_one(&cluster.tenant_db(number).await))
            .await
            .unwrap();
    }
    cluster.close().await;
}

#[tokio::test]
async fn the_cap_changes_while_it_runs() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 6,
        cap: 6,
        max: 1,
        ..ClusterSetup::default()
    })
    .await;
    let mut held = Vec::new();
    for number in 0..6 {
        held.push(cluster.tenant_db(number).await.acquire().await.unwrap());
    }
    cluster.budget.set_max_connections(Some(2));
    cluster.until(|snapshot| snapshot.target == 2).await;
    assert_eq!(
        cluster.checked_snapshot().ledger.open,
        6,
        "what is in use is not taken away"
    );
    held.truncate(4);
    cluster.until(|snapshot| snapshot.ledger.cap == 4).await;
    held.truncate(1);
    // Two connections may stay, one of them held; connections returned above the cap are closed.
    cluster.until(|snapshot| snapshot.ledger.cap == 2).await;
    drop(held);
    cluster.budget.set_max_connections(Some(5));
    cluster.until(|snapshot| snapshot.ledger.cap == 5).await;
    for number in 0..6 {
        select_one(&cluster.tenant_db(number).await).await.unwrap();
    }
    cluster.close().await;
}

#[tokio::test]
async fn the_cap_is_what_the_server_allows_unless_it_is_less() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        cap: 100_000,
        ..ClusterSetup::default()
    })
    .await;
    let mut superuser = cluster.world.superuser().await;
    let allowed: i32 = sqlx::query_scalar(
        "SELECT current_setting('max_connections')::int4 - current_setting('superuser_reserved_connections')::int4
            - coalesce(current_setting('reserved_connections', true), '0')::int4",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    let allowed = u32::try_from(allowed).unwrap();
    cluster
        .until(|snapshot| snapshot.ledger.cap == allowed - 10)
        .await;
    cluster.budget.set_max_connections(None);
    cluster.budget.set_max_connections(Some(7));
    cluster.until(|snapshot| snapshot.ledger.cap == 7).await;
    cluster.close().await;
}

#[tokio::test]
async fn the_budget_spent_by_others_is_told_from_a_tenants_own_limit() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 3,
        cap: 2,
        max: 2,
        knobs: Knobs {
            acquire_timeout: Duration::from_millis(300),
            ..Knobs::default()
        },
        ..ClusterSetup::default()
    })
    .await;
    let first = cluster.tenant_db(0).await;
    let (one, other) = (first.acquire().await.unwrap(), first.acquire().await.unwrap());
    let own = first.acquire().await.map(drop).unwrap_err();
    assert_eq!(own.failure(), Failure::PoolBusy, "{own}");
    let spent = cluster.tenant_db(1).await.acquire().await.map(drop).unwrap_err();
    assert_eq!(spent.failure(), Failure::BudgetSpent, "{spent}");
    assert!(spent.retry_after().is_some());
    drop((one, other));
    select_one(&cluster.tenant_db(1).await).await.unwrap();
    cluster.close().await;
}

#[tokio::test]
async fn a_full_server_is_reported_as_full() {
    let cluster = TestCluster::new(ClusterSetup::default()).await;
    cluster.until(|snapshot| snapshot.ledger.cap > 0).await;
    // The server has room for the budget's own connections only.
    cluster.limit_connections_on_server(0).await;
    let error = within_long(select_one(&cluster.tenant_db(0).await))
        .await
        .unwrap_err();
    assert_eq!(Failure::of(&error), Failure::ServerFull, "{error}");
    let unlimited = format!(
        "ALTER DATABASE {} CONNECTION LIMIT -1",
        cluster.world.databases.data()
    );
    cluster
        .maintenance_connection()
        .await
        .execute(AssertSqlSafe(unlimited))
        .await
        .unwrap();
    let db = cluster.tenant_db(0).await;
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    assert!(
        cluster.checked_snapshot().server_full >= 1,
        "it was tried a second time"
    );
    cluster.close().await;
}
