//! The cap, with the server as judge.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::suite::support::{Knobs, within_long};
use crate::town::{Plan, Town, select_one};

const CAP: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_never_has_more_backends_than_the_cap() {
    let town = Town::new(Plan {
        tenants: 20,
        cap: CAP,
        ..Plan::default()
    })
    .await;
    town.limit_on_the_server(CAP).await;
    let judge = town.judge().await;
    let mut requests = JoinSet::new();
    for worker in 0..12 {
        let dbs = futures_util::future::join_all((0..20).map(|number| town.nth(number))).await;
        requests.spawn(async move {
            for round in 0..60_usize {
                // Each walks over the tenants in an order of its own.
                select_one(&dbs[(worker * 7 + round * (worker + 1)) % dbs.len()])
                    .await
                    .unwrap();
            }
        });
    }
    within_long(requests.join_all()).await;
    let most = judge.most().await;
    assert!(most <= i64::from(CAP), "{most} backends");
    assert!(most >= 2, "the judge was looking: {most}");
    let books = town.books();
    assert_eq!((books.failed_logins, books.timeouts), (0, 0), "{books:?}");
    assert!(books.logins > 20, "connections changed hands: {books:?}");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_go_away_cost_no_permit_and_no_backend_more() {
    let town = Town::new(Plan {
        tenants: 8,
        cap: CAP,
        ..Plan::default()
    })
    .await;
    town.limit_on_the_server(CAP).await;
    let judge = town.judge().await;
    let mut requests = JoinSet::new();
    for worker in 0..8_u64 {
        let dbs = futures_util::future::join_all((0..8).map(|number| town.nth(number))).await;
        requests.spawn(async move {
            for round in 0..40_u64 {
                let db = &dbs[usize::try_from((worker * 3 + round) % 8).unwrap()];
                let soon = Duration::from_micros(round * 397 % 6_000);
                let work = async {
                    let mut transaction = db.begin().await?;
                    sqlx::query("SELECT pg_sleep(0.002)")
                        .execute(&mut transaction)
                        .await?;
                    transaction.commit().await
                };
                if let Ok(outcome) = timeout(soon, work).await {
                    outcome.unwrap();
                }
            }
        });
    }
    within_long(requests.join_all()).await;
    let most = judge.most().await;
    assert!(most <= i64::from(CAP), "{most} backends");
    assert_eq!(town.books().failed_logins, 0, "{:?}", town.books());
    for number in 0..8 {
        within_long(select_one(&town.nth(number).await)).await.unwrap();
    }
    town.close().await;
}

#[tokio::test]
async fn the_cap_changes_while_it_runs() {
    let town = Town::new(Plan {
        tenants: 6,
        cap: 6,
        max: 1,
        ..Plan::default()
    })
    .await;
    let mut held = Vec::new();
    for number in 0..6 {
        held.push(town.nth(number).await.acquire().await.unwrap());
    }
    town.budget.set_max_connections(Some(2));
    town.until(|books| books.target == 2).await;
    assert_eq!(town.books().ledger.open, 6, "what is in use is not taken away");
    held.truncate(4);
    town.until(|books| books.ledger.cap == 4).await;
    held.truncate(1);
    // Two may stay, of which one is held, and each that came back above that is closed.
    town.until(|books| books.ledger.cap == 2).await;
    drop(held);
    town.budget.set_max_connections(Some(5));
    town.until(|books| books.ledger.cap == 5).await;
    for number in 0..6 {
        select_one(&town.nth(number).await).await.unwrap();
    }
    town.close().await;
}

#[tokio::test]
async fn the_cap_is_what_the_server_allows_unless_it_is_less() {
    let town = Town::new(Plan {
        tenants: 1,
        cap: 100_000,
        ..Plan::default()
    })
    .await;
    let mut superuser = town.world.superuser().await;
    let allowed: i32 = sqlx::query_scalar(
        "SELECT current_setting('max_connections')::int4 - current_setting('superuser_reserved_connections')::int4
            - coalesce(current_setting('reserved_connections', true), '0')::int4",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    let allowed = u32::try_from(allowed).unwrap();
    town.until(|books| books.ledger.cap == allowed - 10).await;
    town.budget.set_max_connections(None);
    town.budget.set_max_connections(Some(7));
    town.until(|books| books.ledger.cap == 7).await;
    town.close().await;
}

#[tokio::test]
async fn the_budget_spent_by_others_is_told_from_a_tenants_own_limit() {
    let town = Town::new(Plan {
        tenants: 3,
        cap: 2,
        max: 2,
        knobs: Knobs {
            acquire_timeout: Duration::from_millis(300),
            ..Knobs::default()
        },
        ..Plan::default()
    })
    .await;
    let first = town.nth(0).await;
    let (one, other) = (first.acquire().await.unwrap(), first.acquire().await.unwrap());
    let own = first.acquire().await.map(drop).unwrap_err();
    assert_eq!(Failure::of(&own), Failure::PoolBusy, "{own}");
    let spent = town.nth(1).await.acquire().await.map(drop).unwrap_err();
    assert_eq!(Failure::of(&spent), Failure::BudgetSpent, "{spent}");
    assert!(Failure::retry_after(&spent).is_some());
    drop((one, other));
    select_one(&town.nth(1).await).await.unwrap();
    town.close().await;
}

#[tokio::test]
async fn a_full_server_is_told_as_such() {
    let town = Town::new(Plan::default()).await;
    town.until(|books| books.ledger.cap > 0).await;
    // The budget's own are the only connections that it may have.
    town.limit_on_the_server(0).await;
    let error = within_long(select_one(&town.nth(0).await)).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::ServerFull, "{error}");
    let unlimited = format!(
        "ALTER DATABASE {} CONNECTION LIMIT -1",
        town.world.databases.data()
    );
    town.outside()
        .await
        .execute(AssertSqlSafe(unlimited))
        .await
        .unwrap();
    let db = town.nth(0).await;
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    assert!(town.books().server_full >= 1, "it was tried a second time");
    town.close().await;
}
