//! Backends that outlive their connections count against their tenant's maximum, and do not delay other tenants.

use std::time::Duration;

use futures_util::future::join_all;
use tenant_registry::Failure;
use tokio::time::timeout;

use crate::suite::support::{Knobs, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

/// libxml2 checks for no interrupts: some seconds of CPU that neither a cancel nor a terminate ends.
const UNINTERRUPTIBLE: &str = "SELECT xpath('count(//a[count(//a[count(//a)>0])>0])',
    ('<r>' || repeat('<a/>', 500) || '</r>')::xml)::text";

const CAP: u32 = 10;
const MAX: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_cannot_be_interrupted_take_no_more_than_their_tenants_maximum() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 6,
        cap: CAP,
        max: MAX,
        knobs: Knobs {
            acquire_timeout: Duration::from_secs(1),
            ..Knobs::default()
        },
        clean_up: Duration::from_millis(50),
        ..ClusterSetup::default()
    })
    .await;
    let attacker = cluster.tenant_db(0).await;
    let attacks = (0..MAX).map(|_| async {
        let mut connection = within_long(async {
            loop {
                if let Ok(connection) = attacker.acquire().await {
                    break connection;
                }
            }
        })
        .await;
        let query = sqlx::query(UNINTERRUPTIBLE).execute(&mut connection);
        // The client disconnects.
        drop(timeout(Duration::from_millis(200), query).await);
        drop(connection);
    });
    join_all(attacks).await;
    within_long(async {
        while attacker.snapshot().closing < MAX {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;

    let others = join_all((1..6).map(|number| cluster.tenant_db(number))).await;
    let mut served = 0;
    loop {
        let (refused, outcomes) = tokio::join!(attacker.acquire(), join_all(others.iter().map(select_one)));
        for outcome in outcomes {
            outcome.unwrap();
            served += 1;
        }
        match refused {
            Err(error) => assert_eq!(error.failure(), Failure::PoolBusy, "its own limit: {error}"),
            // One of the attacker's statements has finished by itself.
            Ok(_) => break,
        }
        let snapshot = cluster.checked_snapshot();
        assert!(
            snapshot.ledger.closing + snapshot.ledger.quarantine <= MAX,
            "{snapshot:?}"
        );
    }
    assert!(served >= 5, "{served} requests of others");
    assert!(attacker.snapshot().size + attacker.snapshot().closing <= MAX);
    drop(others);
    drop(attacker);
    cluster.close().await;
}

/// A tenant with one connection that is replaced over and over by its maximum age: no request is refused for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_at_its_maximum_is_served_while_its_connection_is_replaced() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        max: 1,
        lifetime: Duration::from_millis(1),
        knobs: Knobs {
            acquire_timeout: Duration::from_secs(10),
            ..Knobs::default()
        },
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    // Until the connection was replaced ten times, however fast the machine is.
    within_long(async {
        while cluster.checked_snapshot().logins <= 10 {
            for outcome in join_all((0..8).map(|_| select_one(&db))).await {
                outcome.unwrap();
            }
        }
    })
    .await;
    let snapshot = cluster.checked_snapshot();
    assert_eq!(
        (snapshot.failed_logins, snapshot.timeouts),
        (0, 0),
        "{snapshot:?}"
    );
    drop(db);
    cluster.close().await;
}
