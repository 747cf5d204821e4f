//! Termination of backends, retried until they are gone, in the background.

use std::sync::Arc;
use std::time::Duration;

use control_plane::ControlPlane;
use futures_util::stream;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Change, PoolKey, TenantNotice};
use testkit::Proxy;
use tokio::time::{sleep, timeout};

use crate::suite::support::{Knobs, World, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, select_one};

/// The backend of the terminator's connection once it waits for a lock or sleeps, other than `before`.
async fn stuck(superuser: &mut PgConnection, database: &str, before: i32) -> i32 {
    let stuck = "SELECT pid FROM pg_stat_activity WHERE application_name = 'tenantry ending' AND datname = $1
        AND pid <> $2 AND state = 'active' AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')";
    within_long(async {
        loop {
            let found: Option<i32> = sqlx::query_scalar(stuck)
                .bind(database)
                .bind(before)
                .fetch_optional(&mut *superuser)
                .await
                .unwrap();
            if let Some(pid) = found {
                return pid;
            }
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// GRANT, which the provisioners' functions need, is blocked for a while, and the terminator's own connection is
/// terminated meanwhile.
#[tokio::test]
async fn a_session_to_end_is_ended_despite_interruptions() {
    const STATEMENTS: usize = 5;
    let mut knobs = Knobs::default();
    knobs.session.statement_timeout = Duration::from_mins(10);
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        cap: 5,
        knobs,
        end_backend: Some(Arc::new(by_the_provisioner)),
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    let statements: Vec<_> = (0..STATEMENTS)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) })
        })
        .collect();
    cluster.world.until_backends(cluster.tenants[0], 5).await;
    cluster
        .world
        .until_running(cluster.tenants[0], "pg_sleep(600)")
        .await;

    let mut blocker = cluster.world.superuser().await;
    let mut observer = cluster.world.superuser().await;
    blocker
        .execute("BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE")
        .await
        .unwrap();
    let suspended = Change::Tenant(TenantNotice {
        tenant: cluster.tenants[0],
        version: Some(u64::MAX),
        served: false,
    });
    cluster.registry.follow(stream::iter([suspended]));
    let database = cluster.world.databases.data().to_string();
    let first = stuck(&mut observer, &database, 0).await;
    sqlx::query("SELECT pg_terminate_backend($1)")
        .bind(first)
        .execute(&mut observer)
        .await
        .unwrap();
    stuck(&mut observer, &database, first).await;
    blocker.execute("ROLLBACK").await.unwrap();

    for statement in statements {
        within_long(statement).await.unwrap().unwrap_err();
    }
    drop(db);
    cluster.close().await;
}

fn by_the_provisioner(tenant: PoolKey) -> String {
    let number = tenant.as_uuid().into_bytes()[15] % 64;
    format!("SELECT provisioner_{number:02}.end_backend($1, $2)")
}

/// Terminating one tenant's backend hangs; the next connection still passes to another tenant.
#[tokio::test]
async fn ending_does_not_keep_the_sentinel_from_looking() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let cluster = TestCluster::with_world(
        world,
        ClusterSetup {
            tenants: 3,
            cap: 2,
            knobs: Knobs {
                // Shorter than the timeout of a termination.
                acquire_timeout: Duration::from_secs(2),
                ..Knobs::default()
            },
            end_backend: Some(Arc::new(|tenant| {
                format!(
                    "SELECT false FROM pg_sleep(3600) WHERE $1::uuid IS NOT NULL AND $2::int4 > 0 /* {tenant} */"
                )
            })),
            ..ClusterSetup::default()
        },
    )
    .await;
    cluster.route_through(&proxy, 0);
    let mut silent = cluster.tenant_db(0).await.acquire().await.unwrap();
    select_one(&cluster.tenant_db(1).await).await.unwrap();
    proxy.freeze();
    let query = sqlx::query("SELECT 1").execute(&mut silent);
    assert!(timeout(Duration::from_millis(100), query).await.is_err());
    drop(silent);
    let mut observer = cluster.world.superuser().await;
    stuck(&mut observer, cluster.world.databases.data().as_str(), 0).await;

    select_one(&cluster.tenant_db(2).await).await.unwrap();

    proxy.heal();
    // `end_backend` never succeeds in this test; the healed network ends the backend.
    observer
        .execute(AssertSqlSafe(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'",
            crate::suite::support::login(cluster.tenants[0])
        )))
        .await
        .unwrap();
    cluster.close().await;
}

/// With the statement that the service uses.
#[tokio::test]
async fn a_suspended_tenant_has_no_session_left() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 1,
        end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
        ..ClusterSetup::default()
    })
    .await;
    let db = cluster.tenant_db(0).await;
    let statement = {
        let db = db.clone();
        tokio::spawn(async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) })
    };
    cluster
        .world
        .until_running(cluster.tenants[0], "pg_sleep(600)")
        .await;
    let suspended = Change::Tenant(TenantNotice {
        tenant: cluster.tenants[0],
        version: Some(u64::MAX),
        served: false,
    });
    cluster.registry.follow(stream::iter([suspended]));
    within_long(statement).await.unwrap().unwrap_err();
    cluster.world.until_backends(cluster.tenants[0], 0).await;
    drop(db);
    cluster.close().await;
}
