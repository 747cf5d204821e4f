//! Backends that outlive their connections are their tenant's until they are gone, and nobody else's trouble.

use std::time::Duration;

use futures_util::future::join_all;
use tenant_registry::Failure;
use tokio::time::timeout;

use crate::suite::support::{Knobs, within_long};
use crate::town::{Plan, Town, select_one};

/// libxml2 looks for no interrupt: some seconds of processor that neither a cancel nor a terminate ends.
const UNINTERRUPTIBLE: &str = "SELECT xpath('count(//a[count(//a[count(//a)>0])>0])',
    ('<r>' || repeat('<a/>', 500) || '</r>')::xml)::text";

const CAP: u32 = 10;
const MAX: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_cannot_be_interrupted_take_no_more_than_their_tenants_maximum() {
    let town = Town::new(Plan {
        tenants: 6,
        cap: CAP,
        max: MAX,
        knobs: Knobs {
            acquire_timeout: Duration::from_secs(1),
            ..Knobs::default()
        },
        clean_up: Duration::from_millis(50),
        ..Plan::default()
    })
    .await;
    let attacker = town.nth(0).await;
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
        // Its client hangs up.
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

    let others = join_all((1..6).map(|number| town.nth(number))).await;
    let mut served = 0;
    loop {
        let (refused, outcomes) = tokio::join!(attacker.acquire(), join_all(others.iter().map(select_one)));
        for outcome in outcomes {
            outcome.unwrap();
            served += 1;
        }
        match refused {
            Err(error) => assert_eq!(Failure::of(&error), Failure::PoolBusy, "its own limit: {error}"),
            // One of its statements has ended by itself.
            Ok(_) => break,
        }
        let books = town.books();
        assert!(books.ledger.closing + books.ledger.quarantine <= MAX, "{books:?}");
    }
    assert!(served >= 5, "{served} requests of others");
    assert!(attacker.snapshot().size + attacker.snapshot().closing <= MAX);
    drop(others);
    drop(attacker);
    town.close().await;
}

/// An ordinary tenant with one connection, which is replaced again and again by its age: nobody is refused for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_at_its_maximum_is_served_while_its_connection_is_replaced() {
    let town = Town::new(Plan {
        tenants: 1,
        max: 1,
        lifetime: Duration::from_millis(1),
        knobs: Knobs {
            acquire_timeout: Duration::from_secs(10),
            ..Knobs::default()
        },
        ..Plan::default()
    })
    .await;
    let db = town.nth(0).await;
    // However fast the machine is: until it was replaced ten times.
    within_long(async {
        while town.books().logins <= 10 {
            for outcome in join_all((0..8).map(|_| select_one(&db))).await {
                outcome.unwrap();
            }
        }
    })
    .await;
    let books = town.books();
    assert_eq!((books.failed_logins, books.timeouts), (0, 0), "{books:?}");
    drop(db);
    town.close().await;
}
