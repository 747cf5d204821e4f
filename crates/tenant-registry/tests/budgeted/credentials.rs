//! A password that has changed: the source is asked once, and nobody notices.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;
use testkit::Proxy;
use tokio::time::sleep;

use crate::suite::support::{World, login, within_long};
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

/// The login has changed under a connection that is closed after that: its permit is free when its own backend is gone.
#[tokio::test]
async fn a_connection_of_an_earlier_login_holds_its_permit_as_well() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let town = Town::in_world(
        world,
        Plan {
            tenants: 1,
            by_way_of: Some(proxy.address()),
            ..Plan::default()
        },
    )
    .await;
    let mut superuser = town.world.superuser().await;
    let earlier = login(town.tenants[0]);
    let later = format!("{earlier}_later");
    let create = format!("CREATE ROLE {later} LOGIN PASSWORD 'a test' IN ROLE tenantry_tenant");
    superuser.execute(AssertSqlSafe(create)).await.unwrap();
    let db = town.nth(0).await;
    let old = db.acquire().await.unwrap();
    let close = format!("ALTER ROLE {earlier} NOLOGIN");
    superuser.execute(AssertSqlSafe(close)).await.unwrap();
    {
        let mut specs = town.specs.0.lock().unwrap();
        let spec = specs.get_mut(&town.tenants[0]).unwrap();
        spec.connect = spec.connect.clone().username(&later).password("a test");
    }
    let new = db.acquire().await.unwrap();
    // What comes back is one too many.
    town.budget.set_max_connections(Some(1));
    town.until(|books| books.target == 1).await;
    proxy.delay_parting(Duration::from_secs(2));
    drop(old);
    within_long(async {
        // First it is open still, and closed when it is seen to be one too many.
        while db.snapshot().size > 1 || db.snapshot().closing > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let backends = town.world.backends(&mut superuser, town.tenants[0]).await;
    assert_eq!(backends, 0, "the permit is free, and the backend is there");
    proxy.heal();
    drop((new, db));
    let stats = within_long(town.registry.shutdown(crate::suite::support::LONG)).await;
    assert_eq!(stats.open(), 0);
    let drop_role = format!("DROP ROLE {later}");
    within_long(async { while superuser.execute(AssertSqlSafe(drop_role.clone())).await.is_err() {} }).await;
}
