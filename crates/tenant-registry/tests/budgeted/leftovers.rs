//! Session state that stays for the same tenant's next request, and state that is reset.

use sqlx::Executor as _;

use crate::suite::support::{Db, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster};

async fn one_connection() -> (TestCluster, Db) {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        max: 1,
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    (cluster, db)
}

async fn show(db: &Db, setting: &str) -> String {
    within_long(
        sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(db),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_setting_stays_on_the_connection_and_a_bare_connection_is_reset() {
    let (cluster, db) = one_connection().await;
    // As documented in the README: SET stays within a tenant.
    db.execute("SET lock_timeout = '1234ms'").await.unwrap();
    assert_eq!(show(&db, "lock_timeout").await, "1234ms");

    let mut connection = db.acquire().await.unwrap();
    connection
        .bare()
        .unwrap()
        .execute("SET lock_timeout = '4321ms'")
        .await
        .unwrap();
    drop(connection);
    // Reset to the start-up options, not to PostgreSQL's defaults.
    assert_eq!(show(&db, "lock_timeout").await, "5s");
    assert_eq!(show(&db, "search_path").await, "pg_catalog");
    cluster.close().await;
}

#[tokio::test]
async fn a_transaction_that_was_begun_on_the_bare_connection_is_rolled_back() {
    let (cluster, db) = one_connection().await;
    let mut connection = db.acquire().await.unwrap();
    let bare = connection.bare().unwrap();
    bare.execute("BEGIN").await.unwrap();
    bare.execute("INSERT INTO app.users (name) VALUES ('lost')")
        .await
        .unwrap();
    // A tracked statement after it does not mark the connection clean again.
    sqlx::query("SELECT 1").execute(&mut connection).await.unwrap();
    drop(connection);
    let count: i64 = within_long(sqlx::query_scalar("SELECT count(*) FROM app.users").fetch_one(&db))
        .await
        .unwrap();
    assert_eq!(count, 0);
    assert!(cluster.world.committed(cluster.tenants[0]).await.is_empty());
    cluster.close().await;
}

#[tokio::test]
async fn nothing_is_sent_besides_the_query() {
    let (cluster, db) = one_connection().await;
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&db)
        .await
        .unwrap();
    let mut superuser = cluster.world.superuser().await;
    for _ in 0..3 {
        sqlx::query("SELECT 'the one that is looked for'")
            .execute(&db)
            .await
            .unwrap();
        let last: String = sqlx::query_scalar("SELECT query FROM pg_stat_activity WHERE pid = $1")
            .bind(pid)
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        assert_eq!(last, "SELECT 'the one that is looked for'");
    }
    cluster.close().await;
}
