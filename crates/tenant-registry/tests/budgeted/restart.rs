//! The server dies and comes back. It is a server of the test's own, with tenants that are bare logins.

use std::process::Command;
use std::time::Duration;

use testkit::TestServer;
use tokio::time::{sleep, timeout};

use crate::bare::Bare;
use crate::suite::support::{Knobs, within_long};
use crate::town::{books, select_one};

/// As a crash does: the server ends all backends when one of them dies, and recovers.
fn crash(backend: i32) {
    let killed = Command::new("kill")
        .args(["-9", &backend.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_server_all_tenants_are_served_and_every_permit_is_there() {
    let mut bare = Bare::new(TestServer::bare().await, 4, 3, Knobs::default()).await;
    for db in &bare.dbs[..3] {
        select_one(db).await.unwrap();
    }
    assert_eq!(books(&bare.budget).ledger.open, 3);

    let victim: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&bare.dbs[0])
        .await
        .unwrap();
    crash(victim);
    // The superuser's connection ends with all others.
    let superuser = &mut bare.superuser;
    within_long(async { while sqlx::query("SELECT 1").execute(&mut *superuser).await.is_ok() {} }).await;
    for db in &bare.dbs {
        within_long(async {
            while !matches!(timeout(Duration::from_secs(1), select_one(db)).await, Ok(Ok(()))) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
    within_long(async {
        while books(&bare.budget).ledger.closing + books(&bare.budget).ledger.quarantine > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    bare.close().await;
}
