//! Backends that should be gone are ended until they are, and nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use control_plane::ControlPlane;
use futures_util::stream;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Change, TenantId, TenantNotice};
use testkit::Proxy;
use tokio::time::{sleep, timeout};

use crate::suite::support::{Knobs, World, within_long};
use crate::town::{Plan, Town, select_one};

/// The backend of the connection that ends others, once it waits for a lock or sleeps; not the one of before.
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

/// Nobody can be given a role for a while, which the provisioners' functions need; and the connection that ends
/// backends is ended itself meanwhile.
#[tokio::test]
async fn what_is_to_be_ended_is_ended_whatever_comes_between() {
    const STATEMENTS: usize = 5;
    let mut knobs = Knobs::default();
    knobs.session.statement_timeout = Duration::from_mins(10);
    let town = Town::new(Plan {
        tenants: 1,
        cap: 5,
        knobs,
        end_backend: Some(Arc::new(by_the_provisioner)),
        ..Plan::default()
    })
    .await;
    let db = town.nth(0).await;
    let statements: Vec<_> = (0..STATEMENTS)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) })
        })
        .collect();
    town.world.until_backends(town.tenants[0], 5).await;
    town.world.until_running(town.tenants[0], "pg_sleep(600)").await;

    let mut outside = town.world.superuser().await;
    let mut looker = town.world.superuser().await;
    outside
        .execute("BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE")
        .await
        .unwrap();
    let suspended = Change::Tenant(TenantNotice {
        tenant: town.tenants[0],
        version: Some(u64::MAX),
        served: false,
    });
    town.registry.follow(stream::iter([suspended]));
    let database = town.world.databases.data().to_string();
    let first = stuck(&mut looker, &database, 0).await;
    sqlx::query("SELECT pg_terminate_backend($1)")
        .bind(first)
        .execute(&mut looker)
        .await
        .unwrap();
    stuck(&mut looker, &database, first).await;
    outside.execute("ROLLBACK").await.unwrap();

    for statement in statements {
        within_long(statement).await.unwrap().unwrap_err();
    }
    drop(db);
    town.close().await;
}

fn by_the_provisioner(tenant: TenantId) -> String {
    let number = tenant.as_uuid().into_bytes()[15] % 64;
    format!("SELECT provisioner_{number:02}.end_backend($1, $2)")
}

/// The end of one tenant's backend hangs. The next connection changes its tenant all the same.
#[tokio::test]
async fn ending_does_not_keep_the_sentinel_from_looking() {
    let world = World::new().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let town = Town::in_world(
        world,
        Plan {
            tenants: 3,
            cap: 2,
            knobs: Knobs {
                // Below the time that an end may take.
                acquire_timeout: Duration::from_secs(2),
                ..Knobs::default()
            },
            end_backend: Some(Arc::new(|tenant| {
                format!(
                    "SELECT false FROM pg_sleep(3600) WHERE $1::uuid IS NOT NULL AND $2::int4 > 0 /* {tenant} */"
                )
            })),
            ..Plan::default()
        },
    )
    .await;
    {
        let mut specs = town.specs.0.lock().unwrap();
        let spec = specs.get_mut(&town.tenants[0]).unwrap();
        let address = proxy.address();
        spec.connect = spec
            .connect
            .clone()
            .host(&address.ip().to_string())
            .port(address.port());
    }
    let mut silent = town.nth(0).await.acquire().await.unwrap();
    select_one(&town.nth(1).await).await.unwrap();
    proxy.freeze();
    let query = sqlx::query("SELECT 1").execute(&mut silent);
    assert!(timeout(Duration::from_millis(100), query).await.is_err());
    drop(silent);
    let mut looker = town.world.superuser().await;
    stuck(&mut looker, town.world.databases.data().as_str(), 0).await;

    select_one(&town.nth(2).await).await.unwrap();

    proxy.heal();
    // It never ends anything here: the healed network does.
    looker
        .execute(AssertSqlSafe(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'",
            crate::suite::support::login(town.tenants[0])
        )))
        .await
        .unwrap();
    town.close().await;
}

/// The service's own way.
#[tokio::test]
async fn a_suspended_tenant_has_no_session_left() {
    let town = Town::new(Plan {
        tenants: 1,
        end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
        ..Plan::default()
    })
    .await;
    let db = town.nth(0).await;
    let statement = {
        let db = db.clone();
        tokio::spawn(async move { sqlx::query("SELECT pg_sleep(600)").execute(&db).await.map(drop) })
    };
    town.world.until_running(town.tenants[0], "pg_sleep(600)").await;
    let suspended = Change::Tenant(TenantNotice {
        tenant: town.tenants[0],
        version: Some(u64::MAX),
        served: false,
    });
    town.registry.follow(stream::iter([suspended]));
    within_long(statement).await.unwrap().unwrap_err();
    town.world.until_backends(town.tenants[0], 0).await;
    drop(db);
    town.close().await;
}
