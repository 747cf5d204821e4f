//! Networks that go silent under a connection: the waiter gets its error at its deadline, and the budget its permit as
//! soon as the backend is seen gone.

use std::time::Duration;

use testkit::Proxy;
use tokio::time::timeout;

use crate::suite::support::{Knobs, World, within_long};
use crate::town::{Plan, Town, select_one};

#[tokio::test]
async fn a_connection_on_a_silent_network_gives_its_permit_back() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let town = Town::in_world(
        world,
        Plan {
            tenants: 2,
            cap: 1,
            ..Plan::default()
        },
    )
    .await;
    {
        let mut specs = town.specs.0.lock().unwrap();
        let spec = specs.get_mut(&town.tenants[0]).unwrap();
        let address = proxy.address();
        spec.connect = spec
            .connect
            .clone()
            .host(&address.ip().to_string())
            .port(address.port());
    }
    let (silent, other) = (town.nth(0).await, town.nth(1).await);
    let mut connection = silent.acquire().await.unwrap();
    proxy.freeze();
    let query = sqlx::query("SELECT 1").execute(&mut connection);
    assert!(timeout(Duration::from_millis(100), query).await.is_err());
    drop(connection);
    // The server cannot know that its client has gone: the sentinel ends the backend.
    within_long(select_one(&other)).await.unwrap();
    town.world.until_backends(town.tenants[0], 0).await;
    assert_eq!(town.books().ledger.quarantine, 0);
    proxy.heal();
    town.close().await;
}

#[tokio::test]
async fn an_abandoned_query_does_not_run_on() {
    let mut knobs = Knobs::default();
    knobs.session.statement_timeout = Duration::from_mins(10);
    let town = Town::new(Plan {
        tenants: 2,
        cap: 1,
        knobs,
        clean_up: Duration::from_millis(50),
        ..Plan::default()
    })
    .await;
    let (first, second) = (town.nth(0).await, town.nth(1).await);
    let query = tokio::spawn({
        let first = first.clone();
        async move {
            sqlx::query("SELECT pg_sleep(600)")
                .execute(&first)
                .await
                .map(drop)
        }
    });
    town.world.until_running(town.tenants[0], "pg_sleep(600)").await;
    query.abort();
    within_long(select_one(&second)).await.unwrap();
    town.world.until_backends(town.tenants[0], 0).await;
    town.close().await;
}

#[tokio::test]
async fn while_the_server_cannot_be_asked_no_permit_is_given_back() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let address = proxy.address();
    let town = Town::in_world(
        world,
        Plan {
            tenants: 3,
            cap: 2,
            knobs: Knobs {
                acquire_timeout: Duration::from_millis(600),
                ..Knobs::default()
            },
            by_way_of: Some(address),
            ..Plan::default()
        },
    )
    .await;
    let (one, other) = (
        town.nth(0).await.acquire().await.unwrap(),
        town.nth(1).await.acquire().await.unwrap(),
    );
    // Nothing passes: neither what the tenants say nor what the sentinel asks.
    proxy.freeze();
    let (mut one, mut other) = (one, other);
    for connection in [&mut one, &mut other] {
        let query = sqlx::query("SELECT 1").execute(connection);
        assert!(timeout(Duration::from_millis(50), query).await.is_err());
    }
    drop((one, other));
    town.until(|books| books.ledger.quarantine == 2).await;
    let refused = within_long(select_one(&town.nth(2).await)).await;
    assert!(refused.is_err());
    assert_eq!(town.books().ledger.free, 0, "they may still be there");
    proxy.heal();
    town.until(|books| books.ledger.quarantine == 0).await;
    for number in 0..3 {
        let db = town.nth(number).await;
        within_long(async { while select_one(&db).await.is_err() {} }).await;
    }
    town.close().await;
}
