//! Lost and half-open connections of the listener.

use std::time::Duration;

use futures_util::StreamExt as _;
use tenant_registry::TenantSource as _;
use tokio::time::{Instant, timeout};

use super::{ChangesFixture, DEADLINE, listeners, resync};
use crate::support::run;

/// A reset connection is noticed at once, and changes during the outage are not missed.
#[tokio::test]
async fn a_lost_connection_is_replaced_and_reported() {
    let mut fixture = ChangesFixture::new().await;
    let mut changes = fixture.changes().await;
    fixture.proxy.cut().await;
    resync(&mut changes).await;

    fixture.proxy.refuse().await;
    fixture.proxy.cut().await;
    fixture.set("state = 'suspended'").await;
    // While the store is unreachable, the stream yields nothing and does not end.
    assert!(timeout(Duration::from_secs(1), changes.next()).await.is_err());
    fixture.proxy.heal();
    resync(&mut changes).await;
    let now = fixture.now().await;
    assert_eq!(fixture.standing(fixture.tenant).await, [now]);

    fixture.set("state = 'active'").await;
    let now = fixture.now().await;
    fixture.expect_notice(&mut changes, now).await;
}

/// The server terminates the backend, as at a restart.
#[tokio::test]
async fn a_terminated_backend_is_replaced() {
    let mut fixture = ChangesFixture::new().await;
    let mut changes = fixture.changes().await;
    assert_eq!(listeners(&mut fixture.operator).await, 1);
    run(
        &mut fixture.operator,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = 'tenantry_service' AND query ~ 'LISTEN'",
    )
    .await
    .unwrap();
    resync(&mut changes).await;
    fixture.set("state = 'suspended'").await;
    let now = fixture.now().await;
    fixture.expect_notice(&mut changes, now).await;
}

/// A half-open connection is detected by the heartbeat.
#[tokio::test]
async fn a_half_open_connection_is_noticed() {
    let mut fixture = ChangesFixture::new().await;
    let mut changes = fixture.changes().await;
    let connections = fixture.proxy.accepted();
    fixture.proxy.freeze();
    fixture.set("state = 'suspended'").await;
    timeout(DEADLINE, async {
        while fixture.proxy.accepted() == connections {
            let told = timeout(Duration::from_millis(20), changes.next()).await;
            assert!(told.is_err(), "told over a network that is silent: {told:?}");
        }
    })
    .await
    .expect("it reconnects");
    fixture.proxy.heal();
    resync(&mut changes).await;
    let now = fixture.now().await;
    assert_eq!(fixture.standing(fixture.tenant).await, [now]);
    fixture.set("state = 'active'").await;
    let now = fixture.now().await;
    fixture.expect_notice(&mut changes, now).await;
}

/// All open sockets are dead, those of the store's pool too: missed changes are found over the listener's new connection,
/// long before the pool's acquire timeout (30 s here).
#[tokio::test]
async fn missed_changes_are_found_while_the_pools_sockets_are_dead() {
    let mut fixture = ChangesFixture::new().await;
    let store = fixture.plane.store().clone();
    let several = || async { tokio::join!(store.ping(), store.ping(), store.ping(), store.ping()) };
    let opened = several().await;
    opened.0.and(opened.1).and(opened.2).and(opened.3).unwrap();
    let mut changes = fixture.changes().await;
    let began = Instant::now();
    fixture.proxy.freeze_open();
    fixture.set("state = 'suspended'").await;
    resync(&mut changes).await;
    let source = fixture.plane.source();
    let standing = timeout(DEADLINE, async {
        tokio::select! {
            standing = source.standing(vec![fixture.tenant]) => standing.unwrap().unwrap(),
            // Like a registry, which polls changes while it compares.
            _ = async { loop { changes.next().await; } } => unreachable!(),
        }
    });
    let standing = standing.await.expect("the query does not wait for the pool");
    assert_eq!(standing, [fixture.now().await]);
    // The pool tries one dead connection, and no second one.
    timeout(DEADLINE, store.ping()).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
