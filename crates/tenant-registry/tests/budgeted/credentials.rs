//! A password that has changed: the source is asked once, and nobody notices.

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;

use crate::suite::support::{login, within_long};
use crate::town::{Plan, Town, select_one};

async fn set_password(town: &Town, password: &str) {
    let alter = format!("ALTER ROLE {} PASSWORD '{password}'", login(town.tenants[0]));
    town.world
        .superuser()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
}

fn learn(town: &Town, password: &str) {
    let mut specs = town.specs.0.lock().unwrap();
    let spec = specs.get_mut(&town.tenants[0]).unwrap();
    spec.connect = spec.connect.clone().password(password);
}

#[tokio::test]
async fn fresh_credentials_are_asked_for_once_and_used_from_then_on() {
    let town = Town::new(Plan {
        tenants: 1,
        ..Plan::default()
    })
    .await;
    // The pool is open, with the old password, and has no connection.
    let db = town.nth(0).await;
    set_password(&town, "the new one").await;
    learn(&town, "the new one");
    let held = db.acquire().await.unwrap();
    let another = db.acquire().await.unwrap();
    assert_eq!(town.books().failed_logins, 0);
    drop((held, another));
    town.close().await;
}

#[tokio::test]
async fn a_source_that_knows_no_better_is_asked_once_a_login() {
    let town = Town::new(Plan {
        tenants: 1,
        ..Plan::default()
    })
    .await;
    let db = town.nth(0).await;
    set_password(&town, "known to nobody").await;
    let error = within_long(select_one(&db)).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::PasswordRefused, "{error}");
    let snapshot = db.snapshot();
    let trouble = snapshot.trouble.unwrap();
    assert_eq!((trouble.failure, trouble.failures), (Failure::PasswordRefused, 1));
    // Until its time has come the answer is the same, and at once.
    let again = within_long(select_one(&db)).await.unwrap_err();
    assert_eq!(Failure::of(&again), Failure::PasswordRefused);

    learn(&town, "known to nobody");
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    assert_eq!(db.snapshot().trouble, None);
    town.close().await;
}
