//! Fairness between tenants: one tenant's load delays another by no more than a turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::task::JoinSet;

use crate::suite::support::within_long;
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_waiters_of_one_tenant_are_no_storm_of_logins() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        cap: 20,
        max: 5,
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    let most_opening = Arc::new(AtomicU32::new(0));
    let sampling = tokio::spawn({
        let (budget, most) = (cluster.budget.clone(), Arc::clone(&most_opening));
        async move {
            loop {
                most.fetch_max(budget.snapshot().ledger.opening, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        }
    });
    let mut requests = JoinSet::new();
    for _ in 0..5_000 {
        let db = db.clone();
        requests.spawn(async move { select_one(&db).await });
    }
    for outcome in within_long(requests.join_all()).await {
        outcome.unwrap();
    }
    sampling.abort();
    assert!(most_opening.load(Ordering::SeqCst) <= 1, "one login at a time");
    assert!(
        cluster.checked_snapshot().logins <= 5,
        "{:?}",
        cluster.checked_snapshot()
    );
    cluster.close().await;
}

/// A tenant with a thousand waiters is queued once, like one with a single waiter. The single waiter is served after
/// one turn, long before the thousand.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_waiter_is_served_before_another_ones_thousand() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 2,
        cap: 1,
        ..ClusterSetup::default()
    })
    .await;
    let (crowd, single) = (cluster.tenant_db(0).await, cluster.tenant_db(1).await);
    let held = crowd.acquire().await.unwrap();
    let served = Arc::new(AtomicU32::new(0));
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let (crowd, served) = (crowd.clone(), Arc::clone(&served));
        requests.spawn(async move {
            let mut connection = crowd.acquire().await.unwrap();
            sqlx::query("SELECT pg_sleep(0.005)")
                .execute(&mut connection)
                .await
                .unwrap();
            served.fetch_add(1, Ordering::SeqCst);
        });
    }
    cluster.until(|snapshot| snapshot.waiting == 1_000).await;
    let one = tokio::spawn(async move { select_one(&single).await });
    cluster.until(|snapshot| snapshot.waiting == 1_001).await;
    drop(held);
    within_long(one).await.unwrap().unwrap();
    let before = served.load(Ordering::SeqCst);
    // The longest turn is 200 ms, at 5 ms a request; all thousand take five seconds.
    assert!(before < 300, "{before} of the crowd came before");
    requests.abort_all();
    while requests.join_next().await.is_some() {}
    cluster.close().await;
}

#[tokio::test]
async fn an_idle_connection_passes_on_without_waiting_for_a_timeout() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 4,
        cap: 3,
        max: 3,
        ..ClusterSetup::default()
    })
    .await;
    for number in 0..3 {
        select_one(&cluster.tenant_db(number).await).await.unwrap();
    }
    assert_eq!(cluster.checked_snapshot().ledger.free, 0);
    within_long(select_one(&cluster.tenant_db(3).await))
        .await
        .unwrap();
    // Tenant 0's connection was the least recently used.
    assert_eq!(cluster.tenant_db(0).await.snapshot().size, 0);
    assert_eq!(cluster.tenant_db(1).await.snapshot().size, 1);
    cluster.close().await;
}

#[tokio::test]
async fn a_floor_is_never_stolen_below() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 5,
        cap: 3,
        max: 3,
        ..ClusterSetup::default()
    })
    .await;
    cluster
        .specs
        .0
        .lock()
        .unwrap()
        .get_mut(&cluster.tenants[0])
        .unwrap()
        .floor = 2;
    let guaranteed = cluster.tenant_db(0).await;
    drop((
        guaranteed.acquire().await.unwrap(),
        guaranteed.acquire().await.unwrap(),
    ));
    let pid = "SELECT pg_backend_pid()";
    let mut pids = Vec::new();
    for _ in 0..2 {
        pids.push(
            sqlx::query_scalar::<_, i32>(pid)
                .fetch_one(&guaranteed)
                .await
                .unwrap(),
        );
        for number in 1..5 {
            within_long(select_one(&cluster.tenant_db(number).await))
                .await
                .unwrap();
        }
        assert_eq!(
            guaranteed.snapshot().size,
            2,
            "the others pass one connection about"
        );
    }
    assert_eq!(pids[0], pids[1]);
    cluster.close().await;
}

#[tokio::test]
async fn a_waiter_takes_a_connection_given_back_before_its_login_is_done() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        cap: 2,
        max: 2,
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    let mut held = db.acquire().await.unwrap();
    let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut held)
        .await
        .unwrap();
    let mut waiting = Box::pin(db.acquire());
    // After one poll the request is queued and a login is in flight.
    assert!(futures_util::poll!(&mut waiting).is_pending());
    drop(held);
    let mut got = match futures_util::poll!(&mut waiting) {
        std::task::Poll::Ready(got) => got.unwrap(),
        std::task::Poll::Pending => panic!("it was given back, and the waiter was not answered"),
    };
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut got)
        .await
        .unwrap();
    assert_eq!(pid, own);
    drop((waiting, got));
    cluster.close().await;
}
