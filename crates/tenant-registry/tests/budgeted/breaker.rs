//! A tenant whose database does not answer, refuses, and is back.

use std::time::Duration;

use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::Instant;

use crate::suite::support::{Knobs, World, within_long};
use crate::town::{Plan, Town, select_one};

/// Tenant 0 is reached by way of the proxy, the others are not, and neither is the sentinel.
async fn town_with_a_way_of_its_own() -> (Town, Proxy) {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let town = Town::in_world(
        world,
        Plan {
            tenants: 3,
            cap: 3,
            knobs: Knobs {
                acquire_timeout: Duration::from_millis(800),
                ..Knobs::default()
            },
            ..Plan::default()
        },
    )
    .await;
    let mut specs = town.specs.0.lock().unwrap();
    let spec = specs.get_mut(&town.tenants[0]).unwrap();
    let address = proxy.address();
    spec.connect = spec
        .connect
        .clone()
        .host(&address.ip().to_string())
        .port(address.port());
    drop(specs);
    (town, proxy)
}

#[tokio::test]
async fn a_refusing_database_is_told_at_once_and_tried_seldom() {
    let (town, proxy) = town_with_a_way_of_its_own().await;
    proxy.refuse().await;
    let db = town.nth(0).await;
    let began = Instant::now();
    let mut told = 0_u32;
    while began.elapsed() < Duration::from_secs(2) {
        let error = select_one(&db).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
        told += 1;
    }
    let books = town.books();
    // 50 ms and twice as much each time, up to 700: no more than eight attempts in two seconds.
    assert!(books.failed_logins <= 10, "{books:?}");
    assert!(
        u64::from(told) > books.failed_logins * 3,
        "most were told from memory: {told}"
    );
    assert!(db.snapshot().trouble.unwrap().failures >= 3);
    proxy.heal();
    let healed = Instant::now();
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    let recovery = healed.elapsed();
    assert!(
        recovery < Duration::from_secs(2),
        "{recovery:?}: the longest backoff is below a second"
    );
    town.close().await;
}

#[tokio::test]
async fn a_silent_database_takes_no_permit_while_it_is_tried() {
    let (town, proxy) = town_with_a_way_of_its_own().await;
    proxy.freeze();
    let silent = town.nth(0).await;
    // The first login waits for as long as logins may, and its permit with it.
    within_long(async {
        while silent.snapshot().trouble.is_none() {
            let error = select_one(&silent).await.unwrap_err();
            assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
        }
    })
    .await;
    // From then on its server is tried without one.
    town.until(|books| books.ledger.opening == 0 && books.ledger.quarantine == 0)
        .await;
    for _ in 0..20 {
        let error = select_one(&silent).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
        assert_eq!(town.books().ledger.opening, 0);
        select_one(&town.nth(1).await).await.unwrap();
    }
    proxy.heal();
    within_long(async { while select_one(&silent).await.is_err() {} }).await;
    town.close().await;
}
