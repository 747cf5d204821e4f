//! Transactions: what commit promises, and what is left when there is none.

use tenant_registry::Failure;

use super::support::{INSERT, Setup, World, within_long};

#[tokio::test]
async fn only_committed_writes_persist() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;

    let mut committed = db.begin().await.unwrap();
    assert_eq!(committed.tenant(), tenant);
    for name in ["one", "two"] {
        sqlx::query(INSERT)
            .bind(name)
            .execute(&mut committed)
            .await
            .unwrap();
    }
    assert!(world.committed(tenant).await.is_empty());
    committed.commit().await.unwrap();

    let mut rolled_back = db.begin().await.unwrap();
    sqlx::query(INSERT)
        .bind("rolled back")
        .execute(&mut rolled_back)
        .await
        .unwrap();
    rolled_back.rollback().await.unwrap();

    let mut dropped = db.begin().await.unwrap();
    sqlx::query(INSERT)
        .bind("dropped")
        .execute(&mut dropped)
        .await
        .unwrap();
    drop(dropped);

    sqlx::query(INSERT).bind("three").execute(&db).await.unwrap();
    assert_eq!(world.committed(tenant).await, ["one", "three", "two"]);
}

#[tokio::test]
async fn committing_a_failed_transaction_is_an_error() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;
    let mut transaction = db.begin().await.unwrap();
    sqlx::query(INSERT)
        .bind("lost")
        .execute(&mut transaction)
        .await
        .unwrap();
    let division = sqlx::query("SELECT 1 / 0")
        .execute(&mut transaction)
        .await
        .unwrap_err();
    assert_eq!(Failure::of(&division), Failure::Other);

    let refused = transaction.commit().await.unwrap_err();
    let code = refused.as_database_error().unwrap().code();
    assert_eq!(code.as_deref(), Some("25P02"));
    sqlx::query(INSERT).bind("kept").execute(&db).await.unwrap();
    assert_eq!(world.committed(tenant).await, ["kept"]);
}

#[tokio::test]
async fn a_failed_transaction_can_be_rolled_back_and_its_connection_is_used_again() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;
    let pid = "SELECT pg_backend_pid()";
    let before: i32 = sqlx::query_scalar(pid).fetch_one(&db).await.unwrap();
    let mut transaction = db.begin().await.unwrap();
    sqlx::query("SELECT 1 / 0")
        .execute(&mut transaction)
        .await
        .unwrap_err();
    transaction.rollback().await.unwrap();
    let after: i32 = sqlx::query_scalar(pid).fetch_one(&db).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn two_that_cannot_be_serialised_are_a_conflict() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(2)).await;
    let serializable = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
    let count = "SELECT count(*) FROM app.users";
    let (mut one, mut other) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    for transaction in [&mut one, &mut other] {
        sqlx::query(serializable)
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query(count).execute(&mut *transaction).await.unwrap();
        sqlx::query(INSERT)
            .bind("one of two")
            .execute(transaction)
            .await
            .unwrap();
    }
    one.commit().await.unwrap();
    let refused = within_long(other.commit()).await.unwrap_err();
    assert_eq!(Failure::of(&refused), Failure::Conflict);
    assert_eq!(world.committed(tenant).await.len(), 1);
}
