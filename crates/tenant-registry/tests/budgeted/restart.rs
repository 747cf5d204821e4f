//! The server dies and comes back. It is a server of the test's own, with tenants that are bare logins.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use control_plane::postgres::Login;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{
    Budget, BudgetSettings, BudgetedPool, BudgetedSettings, Registry, RegistrySettings, SentinelSettings,
    TenantDb, TenantId, TenantSpec,
};
use testkit::TestServer;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::suite::support::{login, within_long};
use crate::town::{Specs, books, select_one};

async fn tenant(server: &TestServer, superuser: &mut PgConnection) -> (TenantId, TenantSpec) {
    let tenant = TenantId::new(Uuid::new_v4());
    let create = format!("CREATE ROLE {} LOGIN PASSWORD 'a test'", login(tenant));
    superuser.execute(AssertSqlSafe(create)).await.unwrap();
    let login = Login::new(login(tenant), "a test".to_owned().into());
    (
        tenant,
        TenantSpec::new(tenant, server.cluster().options(&login, "postgres"), 3),
    )
}

/// As a crash does: the server ends all backends when one of them dies, and recovers.
fn crash(backend: i32) {
    let killed = Command::new("kill")
        .args(["-9", &backend.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_server_all_tenants_are_served_and_every_permit_is_there() {
    let server = TestServer::bare().await;
    let mut superuser = server.superuser("postgres").await;
    let mut specs = std::collections::HashMap::new();
    for _ in 0..4 {
        let (tenant, spec) = tenant(&server, &mut superuser).await;
        specs.insert(tenant, spec);
    }
    // The server commits without waiting for its disk, as tests' servers do: what was just written would be lost.
    superuser.execute("CHECKPOINT").await.unwrap();
    let tenants: Vec<TenantId> = specs.keys().copied().collect();
    let sentinel = SentinelSettings::new(server.cluster().options(server.superuser_login(), "postgres"));
    let budget = Budget::start(BudgetSettings {
        max_connections: Some(3),
        ..BudgetSettings::new(sentinel)
    });
    let settings = Arc::new(BudgetedSettings::new(budget.clone()));
    let source = Arc::new(Specs(specs.into()));
    let registry: Registry<BudgetedPool> = Registry::new(source, RegistrySettings::default(), settings);
    let mut dbs = Vec::new();
    for tenant in &tenants {
        dbs.push(TenantDb::new(registry.lease(*tenant).await.unwrap()));
    }
    for db in &dbs[..3] {
        select_one(db).await.unwrap();
    }
    assert_eq!(books(&budget).ledger.open, 3);

    let victim: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&dbs[0])
        .await
        .unwrap();
    crash(victim);
    // The superuser's connection ends with all others.
    within_long(async { while sqlx::query("SELECT 1").execute(&mut superuser).await.is_ok() {} }).await;
    for db in &dbs {
        within_long(async {
            while !matches!(timeout(Duration::from_secs(1), select_one(db)).await, Ok(Ok(()))) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
    within_long(async {
        while books(&budget).ledger.closing + books(&budget).ledger.quarantine > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    drop(dbs);
    assert_eq!(
        within_long(registry.shutdown(Duration::from_secs(30)))
            .await
            .open(),
        0
    );
    let ledger = books(&budget).ledger;
    assert_eq!((ledger.cap, ledger.free), (3, 3), "{ledger:?}");
}
