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

/// Samples the number of tenants' backends on the server until it is stopped, and returns the maximum.
struct BackendCounter {
    stop: Arc<AtomicBool>,
    most: JoinHandle<i64>,
}

impl BackendCounter {
    async fn of(service: &Service) -> Self {
        let mut superuser = service.databases.server().superuser("postgres").await;
        let database = service.databases.data().to_string();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let most = tokio::spawn(async move {
            let mut most = 0;
            while !stopped.load(Ordering::Relaxed) {
                most = most.max(tenants_backends(&mut superuser, &database).await);
                sleep(Duration::from_millis(1)).await;
            }
            most
        });
        Self { stop, most }
    }

    async fn max(self) -> i64 {
        self.stop.store(true, Ordering::Relaxed);
        self.most.await.unwrap()
    }
}

async fn tenants_backends(superuser: &mut PgConnection, database: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename LIKE 'tn\\_%'")
        .bind(database)
        .fetch_one(superuser)
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

/// A request in a task of its own.
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
    let counter = BackendCounter::of(&service).await;

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

    assert_eq!(counter.max().await, 3, "all of the budget is used, and no more");
    let budget = service.budget.snapshot();
    assert_eq!((budget.ledger.cap, budget.target), (3, 3));
    assert_eq!((budget.failed_logins, budget.timeouts), (0, 0));
    assert!(budget.logins >= 10, "connections change tenant: {budget:?}");
    assert_eq!(service.registry.stats().opened, 10);
}

/// A service with two tenants. Both of the connections that acme may have are in use, by requests that wait for a lock.
struct Saturated {
    service: Service,
    acme: Client,
    globex: (Tenant, Client),
    locked: Locked,
    under_way: [JoinHandle<Answer>; 2],
}

impl Saturated {
    async fn new(settings: &[&str]) -> Self {
        let common = [
            "registry.max_connections_per_tenant=2",
            "registry.acquire_timeout=300ms",
            "registry.lock_timeout=1m",
            "registry.statement_timeout=1m",
        ];
        let service = Service::with(&[&common, settings].concat()).await;
        let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
        let client = service.client(&acme);
        let mut locked = Locked::users(&service).await;
        let under_way = [ask(&client), ask(&client)];
        locked.hold(&acme, 2).await;
        Self {
            acme: client,
            globex: (globex.clone(), service.client(&globex)),
            service,
            locked,
            under_way,
        }
    }

    /// Releases the lock. The waiting requests are answered, and globex is served.
    async fn release(self) {
        self.locked.release().await;
        for answer in self.under_way {
            answer.await.unwrap().expect(200);
        }
        self.acme.get(USERS).await.expect(200);
        self.globex.1.get(USERS).await.expect(200);
    }
}

#[tokio::test]
async fn a_tenant_at_its_own_limit_gets_429_and_others_are_served() {
    let saturated = Saturated::new(&[]).await;
    let busy = saturated.acme.get(USERS).await;
    assert!(retry_after(&busy) >= 1);
    busy.refused(429, "POOL_BUSY");
    let lease = saturated.service.registry.lease(saturated.globex.0.id).await;
    let db = TenantDb::new(lease.unwrap());
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&db).await.unwrap();
    assert_eq!(one, 1);
    saturated.release().await;
}

#[tokio::test]
async fn a_budget_spent_by_others_is_a_temporary_cluster_error() {
    let saturated = Saturated::new(&["registry.max_connections=2"]).await;
    let busy = saturated.globex.1.get(USERS).await;
    assert!(retry_after(&busy) >= 1);
    busy.refused(503, "CLUSTER_BUSY");
    let operator = saturated.service.operator();
    operator.get("/readyz").await.expect(200);
    saturated.release().await;
}
