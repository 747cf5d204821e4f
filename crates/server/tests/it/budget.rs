//! The service within its budget of connections, with the server as judge.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use control_plane::Tenant;
use futures_util::future::join_all;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::TenantDb;
use testkit::Answer;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::support::{Client, Locked, Service, retry_after};

const USERS: &str = "/v1/internal/users";

/// Looks again and again how many backends of tenants the server has; gives the most that it saw when it is stopped.
struct Judge {
    stop: Arc<AtomicBool>,
    most: JoinHandle<i64>,
}

impl Judge {
    async fn of(service: &Service) -> Self {
        let mut looker = service.databases.server().superuser("postgres").await;
        let database = service.databases.data().to_string();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let most = tokio::spawn(async move {
            let mut most = 0;
            while !stopped.load(Ordering::Relaxed) {
                most = most.max(tenants_backends(&mut looker, &database).await);
                sleep(Duration::from_millis(1)).await;
            }
            most
        });
        Self { stop, most }
    }

    async fn verdict(self) -> i64 {
        self.stop.store(true, Ordering::Relaxed);
        self.most.await.unwrap()
    }
}

async fn tenants_backends(looker: &mut PgConnection, database: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename LIKE 'tn\\_%'")
        .bind(database)
        .fetch_one(looker)
        .await
        .unwrap()
}

/// From here on the server itself refuses any login more than these to the tenants' database: the tenants'; the budget's
/// own, of the sentinel, the watchdog, the one that ends backends and the one that looks at the notification queue; and the
/// one by which the reconciler compares the limits of logins. What the service made its tenants with is sent away, since it would count too.
async fn limit(service: &Service, tenants: u32) {
    let mut superuser = service.superuser().await;
    superuser
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'tenantry_service'
                AND application_name !~ '^tenantry (sentinel|watchdog|ending)$'",
        )
        .await
        .unwrap();
    let limit = tenants + 5;
    let database = service.databases.data();
    let alter = format!("ALTER DATABASE {database} CONNECTION LIMIT {limit}");
    superuser.execute(AssertSqlSafe(alter)).await.unwrap();
}

async fn tenants(service: &Service, count: usize) -> Vec<Tenant> {
    testkit::tenants(&service.control_plane, count).await
}

/// A request that goes on by itself.
fn ask(client: &Client) -> JoinHandle<Answer> {
    let client = client.clone();
    tokio::spawn(async move { client.get(USERS).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_tenants_are_served_within_three_connections() {
    let service = Service::with(&[
        "registry.max_connections=3",
        "registry.max_connections_per_tenant=3",
        "registry.acquire_timeout=30s",
    ])
    .await;
    let tenants = tenants(&service, 10).await;
    let clients: Vec<_> = tenants.iter().map(|tenant| service.client(tenant)).collect();
    limit(&service, 3).await;
    let judge = Judge::of(&service).await;

    for _ in 0..3 {
        for client in &clients {
            client.get(USERS).await.expect(200);
        }
    }
    for _ in 0..10 {
        let all = clients.iter().flat_map(|client| [client, client, client]);
        for answer in join_all(all.map(|client| client.get(USERS))).await {
            answer.expect(200);
        }
    }

    assert_eq!(judge.verdict().await, 3, "all of the budget is used, and no more");
    let budget = service.budget.snapshot();
    assert_eq!((budget.ledger.cap, budget.target), (3, 3));
    assert_eq!((budget.failed_logins, budget.timeouts), (0, 0));
    assert!(budget.logins >= 10, "connections change tenant: {budget:?}");
    assert_eq!(service.registry.stats().opened, 10);
}

#[tokio::test]
async fn a_tenant_at_its_own_limit_is_told_so_and_others_are_served() {
    let service = Service::with(&[
        "registry.max_connections_per_tenant=2",
        "registry.acquire_timeout=300ms",
        "registry.lock_timeout=1m",
        "registry.statement_timeout=1m",
    ])
    .await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (client, other) = (service.client(&acme), service.client(&globex));

    let mut locked = Locked::users(&service).await;
    let under_way = [ask(&client), ask(&client)];
    locked.hold(&acme, 2).await;
    let busy = client.get(USERS).await;
    assert!(retry_after(&busy) >= 1);
    busy.refused(429, "POOL_BUSY");
    let db = TenantDb::new(service.registry.lease(globex.id).await.unwrap());
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&db).await.unwrap();
    assert_eq!(one, 1);

    locked.release().await;
    for answer in under_way {
        answer.await.unwrap().expect(200);
    }
    client.get(USERS).await.expect(200);
    other.get(USERS).await.expect(200);
}

#[tokio::test]
async fn a_budget_that_others_have_spent_is_the_clusters_trouble_and_passes() {
    let service = Service::with(&[
        "registry.max_connections=2",
        "registry.max_connections_per_tenant=2",
        "registry.acquire_timeout=300ms",
        "registry.lock_timeout=1m",
        "registry.statement_timeout=1m",
    ])
    .await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (client, other) = (service.client(&acme), service.client(&globex));

    let mut locked = Locked::users(&service).await;
    let under_way = [ask(&client), ask(&client)];
    locked.hold(&acme, 2).await;
    let busy = other.get(USERS).await;
    assert!(retry_after(&busy) >= 1);
    busy.refused(503, "CLUSTER_BUSY");
    service.operator().get("/readyz").await.expect(200);

    locked.release().await;
    for answer in under_way {
        answer.await.unwrap().expect(200);
    }
    other.get(USERS).await.expect(200);
}

/// Queries whose clients have gone do not keep the budget from those who are there.
#[tokio::test]
async fn connections_of_clients_that_hung_up_come_back() {
    let service = Service::with(&[
        "registry.max_connections=2",
        "registry.max_connections_per_tenant=2",
        "registry.clean_up_timeout=100ms",
        "registry.acquire_timeout=30s",
        "registry.lock_timeout=1m",
        "registry.statement_timeout=1m",
    ])
    .await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let client = service.client(&acme);

    let mut locked = Locked::users(&service).await;
    let under_way = [ask(&client), ask(&client)];
    locked.hold(&acme, 2).await;
    for request in under_way {
        request.abort();
    }
    // The lock stays: they are waited for in vain and their backends are ended.
    locked.hold(&acme, 0).await;
    let db = TenantDb::new(service.registry.lease(globex.id).await.unwrap());
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&db).await.unwrap();
    assert_eq!(one, 1);
    locked.release().await;
    client.get(USERS).await.expect(200);
}

#[tokio::test]
async fn a_tenant_may_have_as_many_connections_as_the_configuration_takes() {
    let service = Service::with(&["registry.max_connections_per_tenant=62"]).await;
    let acme = service.tenant("acme").await;
    let pool = service.registry.lease(acme.id).await.unwrap();
    assert_eq!(pool.snapshot().max, 62);
}
