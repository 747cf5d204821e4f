//! A login that row level security no longer binds, while its tenant is being served.

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;

use crate::suite::support::{login, within_long};
use crate::town::{Plan, Town, select_one};

async fn alter(town: &Town, attribute: &str) {
    let alter = format!("ALTER ROLE {} {attribute}", login(town.tenants[0]));
    town.outside().await.execute(AssertSqlSafe(alter)).await.unwrap();
}

async fn town() -> Town {
    let mut plan = Plan {
        tenants: 2,
        ..Plan::default()
    };
    plan.knobs.session.isolated_table = Some("app.users".to_owned());
    Town::new(plan).await
}

#[tokio::test]
async fn a_new_session_is_refused_at_once_and_those_that_are_open_end_with_it() {
    let town = town().await;
    let (db, other) = (town.nth(0).await, town.nth(1).await);
    select_one(&other).await.unwrap();
    let held = db.acquire().await.unwrap();
    let idle = db.acquire().await.unwrap();
    drop(idle);
    let taken = db.acquire().await.unwrap();
    alter(&town, "BYPASSRLS").await;
    // The next session of its own, a moment after the last one was checked.
    let error = within_long(db.acquire()).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::LoginRefused, "{error}");
    town.world.until_backends(town.tenants[0], 0).await;
    drop((held, taken));
    let error = within_long(select_one(&db)).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::LoginRefused, "{error}");
    select_one(&other).await.unwrap();

    alter(&town, "NOBYPASSRLS").await;
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    town.close().await;
}

#[tokio::test]
async fn sessions_that_are_open_are_ended_without_a_new_one() {
    let town = town().await;
    let db = town.nth(0).await;
    let running = tokio::spawn({
        let db = db.clone();
        async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) }
    });
    town.world.until_running(town.tenants[0], "pg_sleep(600)").await;
    let idle = db.acquire().await.unwrap();
    drop(idle);
    alter(&town, "BYPASSRLS").await;
    within_long(running).await.unwrap().unwrap_err();
    town.world.until_backends(town.tenants[0], 0).await;
    alter(&town, "NOBYPASSRLS").await;
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    town.close().await;
}
