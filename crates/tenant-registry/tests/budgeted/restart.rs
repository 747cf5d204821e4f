//! Crash recovery of the server, on a server of the test's own with tenants that are bare logins.

use std::process::Command;
use std::time::Duration;

use testkit::TestServer;
use tokio::time::{sleep, timeout};

use crate::bare_cluster::BareCluster;
use crate::suite::support::{Knobs, within_long};
use crate::test_cluster::{checked_snapshot, select_one};

/// Simulates a crash: when one backend dies, the server ends all of them and recovers.
fn crash(backend: i32) {
    let killed = Command::new("kill")
        .args(["-9", &backend.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_server_all_tenants_are_served_and_every_permit_is_there() {
    let mut cluster = BareCluster::new(TestServer::bare().await, 4, 3, Knobs::default()).await;
    for db in &cluster.dbs[..3] {
        select_one(db).await.unwrap();
    }
    assert_eq!(checked_snapshot(&cluster.budget).ledger.open, 3);

    let victim: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&cluster.dbs[0])
        .await
        .unwrap();
    crash(victim);
    // The superuser's connection ends with all others.
    let superuser = &mut cluster.superuser;
    within_long(async { while sqlx::query("SELECT 1").execute(&mut *superuser).await.is_ok() {} }).await;
    for db in &cluster.dbs {
        within_long(async {
            while !matches!(timeout(Duration::from_secs(1), select_one(db)).await, Ok(Ok(()))) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
    within_long(async {
        while checked_snapshot(&cluster.budget).ledger.closing
            + checked_snapshot(&cluster.budget).ledger.quarantine
            > 0
        {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    cluster.close().await;
}
