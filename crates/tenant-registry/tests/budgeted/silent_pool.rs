//! Idle connections on a network that went silent: one deadline for the whole acquire, however many there are.

use std::time::Duration;

use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::Instant;

use crate::suite::support::{Knobs, World, within_long};
use crate::town::{Plan, Town, select_one};

const IDLE: u32 = 20;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A tenant with so many idle connections, each of which is pinged before it is used.
async fn with_idle_connections(acquire_timeout: Duration) -> (Town, Proxy) {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let plan = Plan {
        tenants: 1,
        cap: IDLE,
        max: IDLE,
        knobs: Knobs {
            acquire_timeout,
            ping_after_idle: Duration::ZERO,
            ..Knobs::default()
        },
        ..Plan::default()
    };
    let town = Town::in_world(world, plan).await;
    {
        // The sentinel's own way stays open.
        let mut specs = town.specs.0.lock().unwrap();
        let spec = specs.get_mut(&town.tenants[0]).unwrap();
        let address = proxy.address();
        spec.connect = spec
            .connect
            .clone()
            .host(&address.ip().to_string())
            .port(address.port());
    }
    let db = town.nth(0).await;
    let mut held = Vec::new();
    while held.len() < IDLE as usize {
        if let Ok(connection) = db.acquire().await {
            held.push(connection);
        }
    }
    drop(held);
    town.until(|books| books.ledger.open == IDLE).await;
    (town, proxy)
}

#[tokio::test]
async fn a_silent_network_costs_one_acquire_timeout_and_is_no_limit_of_the_tenants() {
    let (town, proxy) = with_idle_connections(ACQUIRE_TIMEOUT).await;
    let db = town.nth(0).await;
    proxy.freeze();
    let began = Instant::now();
    let (one, other) = within_long(async { tokio::join!(select_one(&db), select_one(&db)) }).await;
    // A ping for each of them would take a second each.
    assert!(began.elapsed() < Duration::from_secs(u64::from(IDLE) / 2));
    for error in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!(Failure::of(&error), Failure::Unreachable, "{error}");
    }
    proxy.heal();
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    town.close().await;
}

#[tokio::test]
async fn after_one_ping_without_an_answer_the_others_are_not_tried() {
    let (town, proxy) = with_idle_connections(Duration::from_secs(15)).await;
    let db = town.nth(0).await;
    // The network has forgotten the connections that are open. New ones work.
    proxy.freeze_open();
    within_long(select_one(&db)).await.unwrap();
    town.until(|books| books.ledger.open == 1).await;
    proxy.heal();
    town.close().await;
}
