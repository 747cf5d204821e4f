//! Logs of broken connections of the service, with the name of their pool.

use testkit::{CapturedLog, in_store};

use crate::support::{TwoTenants, run};

#[tokio::test]
async fn a_broken_connection_is_logged_with_its_pool() {
    let fixture = TwoTenants::new().await;
    let log = CapturedLog::start("info");
    fixture.plane.store().ping().await.unwrap();
    let store = fixture.databases.control();
    let end = format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = '{store}' AND usename = 'tenantry_service'"
    );
    run(&mut in_store(&fixture.databases).await, &end).await.unwrap();
    fixture.plane.store().ping().await.unwrap();
    let log = log.take();
    let broken = log
        .lines()
        .filter(|line| line.contains("a pooled connection is broken"));
    assert!(broken.clone().count() > 0, "{log}");
    let pool = format!("pool=\"{store}\"");
    assert!(broken.clone().all(|line| line.contains(&pool)), "{log}");
    assert!(!log.contains("before_acquire"), "{log}");
}
