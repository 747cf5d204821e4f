//! Statements that were prepared before the schema changed, or that the server has forgotten.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Failure, TenantId};

use super::support::{Db, INSERT, Setup, World, login, within_long};

const NAMES: &str = "SELECT name FROM app.users WHERE tenant_id = $1 ORDER BY name";

/// A tenant with one connection, on which the statement was prepared.
async fn prepared() -> (World, TenantId, Db) {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;
    sqlx::query(INSERT).bind("Ada").execute(&db).await.unwrap();
    assert_eq!(names(&db).await.unwrap(), ["Ada"]);
    (world, tenant, db)
}

async fn names(db: &Db) -> Result<Vec<String>, sqlx::Error> {
    within_long(
        sqlx::query_scalar(NAMES)
            .bind(db.tenant().as_uuid())
            .fetch_all(db),
    )
    .await
}

/// Changes the type that the statement's result has, each time to another one.
async fn retype(superuser: &mut PgConnection, length: u32) {
    // A column of which another is computed keeps its type.
    let alter = format!(
        "ALTER TABLE app.users DROP COLUMN IF EXISTS name_search, ALTER COLUMN name TYPE varchar({length})"
    );
    superuser.execute(AssertSqlSafe(alter)).await.unwrap();
}

async fn backend(superuser: &mut PgConnection, tenant: TenantId) -> i32 {
    sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE usename = $1")
        .bind(login(tenant))
        .fetch_one(superuser)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_query_outlives_a_change_of_its_type() {
    let (world, tenant, db) = prepared().await;
    let mut superuser = world.superuser().await;
    let before = backend(&mut superuser, tenant).await;

    retype(&mut superuser, 201).await;
    assert_eq!(names(&db).await.unwrap(), ["Ada"]);

    retype(&mut superuser, 202).await;
    let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
    assert_eq!(query.fetch_optional(&db).await.unwrap().as_deref(), Some("Ada"));

    retype(&mut superuser, 203).await;
    let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
    let rows: Vec<_> = query.fetch(&db).try_collect().await.unwrap();
    assert_eq!(rows, ["Ada"]);

    let mut connection = db.acquire().await.unwrap();
    for length in [204, 205] {
        retype(&mut superuser, length).await;
        let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
        if length == 204 {
            assert_eq!(query.fetch_all(&mut connection).await.unwrap(), ["Ada"]);
        } else {
            assert_eq!(query.fetch_one(&mut connection).await.unwrap(), "Ada");
        }
    }
    drop(connection);
    // No new login was needed for it.
    assert_eq!(backend(&mut superuser, tenant).await, before);
}

#[tokio::test]
async fn a_write_runs_once_whatever_is_prepared_anew() {
    let (world, tenant, db) = prepared().await;
    let mut superuser = world.superuser().await;
    let returning = "INSERT INTO app.users (name) VALUES ($1) RETURNING name";
    for (name, length) in [("Bea", 201), ("Cleo", 202), ("Dora", 203)] {
        let made: String = sqlx::query_scalar(returning)
            .bind(name)
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(made, name);
        retype(&mut superuser, length).await;
    }
    assert_eq!(world.committed(tenant).await, ["Ada", "Bea", "Cleo", "Dora"]);
}

#[tokio::test]
async fn a_statement_that_the_server_has_forgotten_is_prepared_anew() {
    let (_world, tenant, db) = prepared().await;
    for forget in ["DEALLOCATE ALL", "DISCARD ALL"] {
        db.acquire().await.unwrap().execute(forget).await.unwrap();
        assert_eq!(names(&db).await.unwrap(), ["Ada"], "{forget}");
    }
    let mut connection = db.acquire().await.unwrap();
    connection.execute("DEALLOCATE ALL").await.unwrap();
    let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
    assert_eq!(query.fetch_one(&mut connection).await.unwrap(), "Ada");
}

/// What came before it in the transaction is lost: its caller has to know.
#[tokio::test]
async fn within_a_transaction_it_fails_once() {
    let (world, tenant, db) = prepared().await;
    let mut superuser = world.superuser().await;
    for (length, streamed) in [(201, true), (202, false)] {
        retype(&mut superuser, length).await;
        let mut transaction = db.begin().await.unwrap();
        let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
        let error = if streamed {
            query.fetch_all(&mut transaction).await.unwrap_err()
        } else {
            query.fetch_optional(&mut transaction).await.unwrap_err()
        };
        assert_eq!(Failure::of(&error), Failure::Outdated, "{error}");
        assert!(Failure::retry_after(&error).is_some());
        drop(transaction);

        let mut again = db.begin().await.unwrap();
        let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
        assert_eq!(query.fetch_one(&mut again).await.unwrap(), "Ada");
        again.commit().await.unwrap();
    }
}

/// 0A000 is whatever PostgreSQL has no support for; that does not pass by running it once more.
#[tokio::test]
async fn an_unsupported_feature_is_not_an_outdated_statement() {
    let (_world, tenant, db) = prepared().await;
    let raised = "DO $$ BEGIN
            RAISE EXCEPTION 'cached plan must not change result type' USING ERRCODE = '0A000';
        END $$";
    for unsupported in [raised, "SELECT count(*) FROM app.users FOR UPDATE"] {
        let error = sqlx::query(unsupported).execute(&db).await.unwrap_err();
        let state = error.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(state, "0A000");
        assert_eq!(Failure::of(&error), Failure::Other);
    }
    // Of one that is not prepared, a part may have run.
    let mut connection = db.acquire().await.unwrap();
    let text = format!(
        "INSERT INTO app.users (name) VALUES ('once'); COMMIT; EXECUTE {}",
        "nothing"
    );
    let error = connection.execute(AssertSqlSafe(text)).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::Outdated);
    drop(connection);
    let query = sqlx::query_scalar::<_, String>(NAMES).bind(tenant.as_uuid());
    assert_eq!(query.fetch_all(&db).await.unwrap(), ["Ada", "once"]);
}
