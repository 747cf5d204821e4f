//! A server that has fewer connections than the budget counts on (53300), since others have them.

use std::time::Duration;

use control_plane::postgres::Login;
use futures_util::future::join_all;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Failure, TenantDb};
use testkit::TestServer;
use tokio::time::sleep;

use crate::bare::Bare;
use crate::suite::support::{Knobs, login, within_long};
use crate::town::{Plan, Town, books, select_one};

const TENANTS: usize = 30;
/// What the budget believes, and what there is.
const CAP: u32 = 14;
const PLACES: usize = 6;

async fn full(knobs: Knobs) -> (Bare, Vec<PgConnection>) {
    let mut bare = Bare::new(
        TestServer::bare_with(&[("max_connections", "20")]).await,
        TENANTS,
        CAP,
        knobs,
    )
    .await;
    let create = "CREATE ROLE another_service LOGIN PASSWORD 'a test'";
    bare.superuser.execute(create).await.unwrap();
    let another = Login::new("another_service", "a test".to_owned().into());
    let mut others = Vec::new();
    fill(&bare, &another, &mut others).await;
    (bare, others)
}

/// Until the server has no place left for this login.
async fn fill(bare: &Bare, login: &Login, others: &mut Vec<PgConnection>) {
    within_long(async {
        while let Ok(connection) = bare.server.connect(login, "postgres").await {
            others.push(connection);
        }
    })
    .await;
}

async fn until_withheld(bare: &Bare, so: impl Fn(u32) -> bool) {
    within_long(async {
        while !so(books(&bare.budget).withheld) {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_served_over_what_there_is_and_the_cap_grows_back() {
    let (bare, mut others) = full(Knobs::default()).await;
    others.truncate(others.len() - PLACES);
    for _ in 0..3 {
        for outcome in within_long(join_all(bare.dbs.iter().map(select_one))).await {
            outcome.unwrap();
        }
    }
    let short = books(&bare.budget);
    assert!(short.server_full > 0, "{short:?}");
    assert_eq!((short.failed_logins, short.failing_tenants), (0, 0), "{short:?}");
    drop(others);
    until_withheld(&bare, |withheld| withheld == 0).await;
    assert_eq!(books(&bare.budget).ledger.cap, CAP);
    // As many at a time as the cap is.
    let held = join_all(bare.dbs[..CAP as usize].iter().map(TenantDb::acquire));
    for connection in within_long(held).await {
        connection.unwrap();
    }
    bare.close().await;
}

/// Neither the reserved places nor the last ones are had, which PostgreSQL refuses in two ways.
#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_place_waits_until_its_deadline_and_is_told_why() {
    let (bare, mut others) = full(Knobs {
        acquire_timeout: Duration::from_millis(700),
        ..Knobs::default()
    })
    .await;
    for reserved_too in [false, true] {
        if reserved_too {
            fill(&bare, bare.server.superuser_login(), &mut others).await;
        }
        let error = within_long(select_one(&bare.dbs[0])).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::ServerFull, "{error}");
        assert!(Failure::retry_after(&error).is_some());
        let short = books(&bare.budget);
        assert_eq!((short.failed_logins, short.failing_tenants), (0, 0), "{short:?}");
        assert_eq!(bare.dbs[0].snapshot().trouble, None);
    }
    // Who waits when a place comes up is served.
    let db = bare.dbs[1].clone();
    let waiting = tokio::spawn(async move { while select_one(&db).await.is_err() {} });
    until_withheld(&bare, |withheld| withheld > 0).await;
    drop(others);
    within_long(waiting).await.unwrap();
    until_withheld(&bare, |withheld| withheld == 0).await;
    bare.close().await;
}

/// 53300 as well, and nobody else's affair.
#[tokio::test]
async fn the_limit_of_a_login_or_of_a_database_takes_nothing_from_the_cap() {
    let town = Town::new(Plan {
        tenants: 3,
        ..Plan::default()
    })
    .await;
    let (limited, another, other) = (town.nth(0).await, town.nth(1).await, town.nth(2).await);
    let mut outside = town.outside().await;
    let of_login = format!("ROLE {}", login(town.tenants[0]));
    let of_database = format!("DATABASE {}", town.world.databases.data());
    select_one(&other).await.unwrap();
    for (db, limit, failure) in [
        (&limited, of_login, Failure::PoolBusy),
        (&another, of_database, Failure::ServerFull),
    ] {
        let alter = |to: i32| AssertSqlSafe(format!("ALTER {limit} CONNECTION LIMIT {to}"));
        outside.execute(alter(0)).await.unwrap();
        let error = within_long(select_one(db)).await.unwrap_err();
        assert_eq!(Failure::of(&error), failure, "{error}");
        let books = town.books();
        assert_eq!((books.withheld, books.ledger.cap), (0, books.target), "{books:?}");
        select_one(&other).await.unwrap();
        outside.execute(alter(-1)).await.unwrap();
        within_long(async { while select_one(db).await.is_err() {} }).await;
    }
    town.close().await;
}
