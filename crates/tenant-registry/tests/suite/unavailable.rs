//! Temporary failures of a server, and its refusals of a session.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tenant_registry::{ConnectFailure, Failure, TenantSource as _};
use tokio::time::sleep;

use super::support::{Db, INSERT, Setup, World, within_long};

async fn insert(db: &Db) -> Result<(), sqlx::Error> {
    within_long(sqlx::query(INSERT).bind("Ada").execute(db))
        .await
        .map(drop)
}

/// Sets something for the session of the tenant's only connection, which goes back clean.
async fn set(db: &Db, sql: &'static str) {
    db.acquire().await.unwrap().execute(sql).await.unwrap();
}

#[tokio::test]
async fn a_session_that_takes_no_writes_is_not_used_again() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;
    set(&db, "SET default_transaction_read_only = on").await;
    let error = insert(&db).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::Unavailable, "{error}");
    insert(&db).await.unwrap();

    set(&db, "SET default_transaction_read_only = on").await;
    let mut transaction = db.begin().await.unwrap();
    let error = sqlx::query(INSERT)
        .bind("Bea")
        .execute(&mut transaction)
        .await
        .unwrap_err();
    assert_eq!(Failure::of(&error), Failure::Unavailable, "{error}");
    drop(transaction);
    insert(&db).await.unwrap();
    assert_eq!(world.committed(tenant).await, ["Ada", "Ada"]);
}

#[tokio::test]
async fn a_session_that_was_closed_as_idle_is_replaced() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut setup = Setup::connections(1);
    // Found out by the statement, not by a ping before it.
    setup.pool.ping_after_idle = super::support::LONG;
    let db = world.db(tenant, setup).await;
    set(&db, "SET idle_session_timeout = '50ms'").await;
    world.until_backends(tenant, 0).await;
    // It may be the end of the connection that is seen first.
    if let Err(error) = insert(&db).await {
        let failure = Failure::of(&error);
        assert!(
            matches!(failure, Failure::Unavailable | Failure::ConnectionLost),
            "{error}"
        );
    }
    insert(&db).await.unwrap();
}

/// The database with its name in place of `{}`.
async fn in_maintenance(world: &World, sql: &str) -> PgConnection {
    let mut superuser = world.databases.server().superuser("postgres").await;
    let sql = sql.replace("{}", world.databases.data().as_str());
    superuser.execute(AssertSqlSafe(sql)).await.unwrap();
    superuser
}

#[tokio::test]
async fn a_database_that_refuses_all_logins_is_unreachable() {
    let world = World::new().await;
    for (closed, opened, sqlstate) in [
        (
            "ALTER DATABASE {} ALLOW_CONNECTIONS false",
            "ALTER DATABASE {} ALLOW_CONNECTIONS true",
            "55000",
        ),
        (
            "REVOKE CONNECT ON DATABASE {} FROM tenantry_tenant",
            "GRANT CONNECT ON DATABASE {} TO tenantry_tenant",
            "42501",
        ),
    ] {
        let tenant = world.tenant().await;
        let db = world.db(tenant, Setup::connections(1)).await;
        insert(&db).await.unwrap();
        in_maintenance(&world, closed).await;
        let fresh = world.plane.source().load(tenant).await.unwrap().connect;
        let refused = fresh.connect().await.unwrap_err();
        let state = refused.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(state, sqlstate);
        assert_eq!(ConnectFailure::from(refused).kind(), Failure::Unreachable);
        let cut_off = world.db(tenant, Setup::connections(1).impatient()).await;
        let error = insert(&cut_off).await.unwrap_err();
        let failure = Failure::of(&error);
        // Without the sentinel's answer nothing is known of the budget.
        assert!(
            matches!(failure, Failure::Unreachable | Failure::BudgetSpent),
            "{closed}: {error}"
        );
        in_maintenance(&world, opened).await;
        within_long(async {
            while insert(&cut_off).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_cannot_be_reached() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let spec = world.plane.source().load(tenant).await.unwrap();
    let refused = spec.connect.database("nowhere").connect().await.unwrap_err();
    let state = refused.as_database_error().unwrap().code().unwrap().into_owned();
    assert!(matches!(state.as_str(), "3D000" | "28000"), "{state}");
    assert!(matches!(
        ConnectFailure::from(refused).kind(),
        Failure::Unreachable | Failure::LoginRefused
    ));
}
