//! Logins that get BYPASSRLS or superuser while their tenant is served.

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::Failure;

use crate::suite::support::{login, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

async fn alter(cluster: &TestCluster, attribute: &str) {
    let alter = format!("ALTER ROLE {} {attribute}", login(cluster.tenants[0]));
    cluster
        .maintenance_connection()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
}

async fn cluster() -> TestCluster {
    let mut setup = ClusterSetup {
        tenants: 2,
        ..ClusterSetup::default()
    };
    setup.knobs.session.isolated_table = Some("app.users".to_owned());
    TestCluster::new(setup).await
}

#[tokio::test]
async fn a_new_session_is_refused_at_once_and_those_that_are_open_end_with_it() {
    let cluster = cluster().await;
    let (db, other) = (cluster.tenant_db(0).await, cluster.tenant_db(1).await);
    select_one(&other).await.unwrap();
    let held = db.acquire().await.unwrap();
    let idle = db.acquire().await.unwrap();
    drop(idle);
    let taken = db.acquire().await.unwrap();
    alter(&cluster, "BYPASSRLS").await;
    // The next session of the tenant, just after the previous one was checked.
    let error = within_long(db.acquire()).await.unwrap_err();
    assert_eq!(error.failure(), Failure::NotIsolated, "{error}");
    cluster.world.until_backends(cluster.tenants[0], 0).await;
    drop((held, taken));
    let error = within_long(select_one(&db)).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::NotIsolated, "{error}");
    select_one(&other).await.unwrap();

    alter(&cluster, "NOBYPASSRLS").await;
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    cluster.close().await;
}

#[tokio::test]
async fn sessions_that_are_open_are_ended_without_a_new_one() {
    let cluster = cluster().await;
    let db = cluster.tenant_db(0).await;
    let running = tokio::spawn({
        let db = db.clone();
        async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) }
    });
    cluster
        .world
        .until_running(cluster.tenants[0], "pg_sleep(600)")
        .await;
    let idle = db.acquire().await.unwrap();
    drop(idle);
    alter(&cluster, "BYPASSRLS").await;
    within_long(running).await.unwrap().unwrap_err();
    cluster.world.until_backends(cluster.tenants[0], 0).await;
    alter(&cluster, "NOBYPASSRLS").await;
    within_long(async { while select_one(&db).await.is_err() {} }).await;
    cluster.close().await;
}
