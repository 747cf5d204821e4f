//! Randomised test of the budget's invariants: random tenants, cancellations and network faults, with a real server.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor as _;
use tenant_registry::{Budget, TenantId};
use testkit::Proxy;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::suite::support::{Db, INSERT, Knobs, World, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, checked_snapshot, select_one};

const WORKERS: u64 = 8;
const STEPS: u64 = 120;
const CAP: u32 = 5;
const TENANTS: usize = 12;

/// Marsaglia's xorshift generator, so that a run can be repeated by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// One random request. Adds names whose commit was acknowledged to `acknowledged`.
async fn step(db: &Db, random: &mut Random, name: &str, acknowledged: &mut Vec<String>) {
    let soon = Duration::from_micros(random.below(8_000));
    match random.below(8) {
        0 => drop(select_one(db).await),
        1 => drop(timeout(soon, select_one(db)).await),
        2 => drop(timeout(soon, sqlx::query("SELECT pg_sleep(0.02)").execute(db)).await),
        3 => drop(timeout(soon, sqlx::query("SELECT 1 / 0").execute(db)).await),
        4 => {
            if sqlx::query(INSERT).bind(name).execute(db).await.is_ok() {
                acknowledged.push(name.to_owned());
            }
        }
        5 => {
            let work = async {
                let mut transaction = db.begin().await?;
                sqlx::query(INSERT)
                    .bind("rolled back")
                    .execute(&mut transaction)
                    .await?;
                sqlx::query("SELECT pg_sleep(0.002)")
                    .execute(&mut transaction)
                    .await?;
                transaction.rollback().await
            };
            drop(timeout(soon, work).await);
        }
        6 => {
            if let Ok(mut connection) = db.acquire().await {
                let _ = sqlx::query("SELECT generate_series(1, 1000)")
                    .fetch_optional(&mut connection)
                    .await;
            }
        }
        _ => {
            if let Ok(mut connection) = db.acquire().await
                && let Ok(bare) = connection.bare()
            {
                let _ = timeout(soon, bare.execute("BEGIN; SELECT pg_sleep(0.001)")).await;
            }
        }
    }
}

async fn watch(budget: Budget) {
    loop {
        let ledger = checked_snapshot(&budget).ledger;
        assert!(ledger.cap <= CAP, "{ledger:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_balances_under_random_faults() {
    let world = World::new().await;
    let proxy = Arc::new(Proxy::before(world.databases.server().cluster()));
    let cluster = Arc::new(
        TestCluster::with_world(
            world,
            ClusterSetup {
                tenants: TENANTS,
                cap: CAP,
                max: 3,
                knobs: Knobs {
                    acquire_timeout: Duration::from_millis(1_500),
                    ..Knobs::default()
                },
                clean_up: Duration::from_millis(100),
                ..ClusterSetup::default()
            },
        )
        .await,
    );
    // A third of the tenants connects through a proxy that fails.
    let broken: Vec<TenantId> = cluster.tenants[..TENANTS / 3].to_vec();
    for tenant in &broken {
        let mut specs = cluster.specs.0.lock().unwrap();
        let spec = specs.get_mut(tenant).unwrap();
        let address = proxy.address();
        spec.connect = spec
            .connect
            .clone()
            .host(&address.ip().to_string())
            .port(address.port());
    }
    cluster.limit_connections_on_server(CAP).await;
    let counter = cluster.count_backends().await;
    let watching = tokio::spawn(watch(cluster.budget.clone()));

    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let cluster = Arc::clone(&cluster);
        workers.spawn(async move {
            let mut random = Random(0x9E37_79B9 + worker);
            let mut acknowledged = Vec::new();
            for number in 0..STEPS {
                let tenant = cluster.tenants[usize::try_from(random.below(TENANTS as u64)).unwrap()];
                let db = cluster.db(tenant).await;
                let name = format!("kept {worker} {number}");
                step(&db, &mut random, &name, &mut acknowledged).await;
                if random.below(20) == 0 {
                    cluster.registry.invalidate(tenant);
                }
            }
            acknowledged
        });
    }
    let faults = tokio::spawn({
        let (proxy, budget) = (Arc::clone(&proxy), cluster.budget.clone());
        async move {
            let mut random = Random(0xC2B2_AE35);
            for _ in 0..12 {
                match random.below(4) {
                    0 => proxy.cut().await,
                    1 => proxy.freeze(),
                    2 => proxy.refuse().await,
                    _ => budget.set_max_connections(Some(2 + u32::try_from(random.below(4)).unwrap())),
                }
                tokio::time::sleep(Duration::from_millis(150)).await;
                proxy.heal();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            budget.set_max_connections(Some(CAP));
        }
    });
    let acknowledged = within_long(workers.join_all()).await.concat();
    within_long(faults).await.unwrap();
    assert!(!watching.is_finished(), "the books were wrong");
    watching.abort();
    let most = counter.max().await;
    assert!(most <= i64::from(CAP), "{most} backends");

    let cluster = Arc::into_inner(cluster).unwrap();
    for tenant in cluster.tenants.clone() {
        let db = cluster.db(tenant).await;
        within_long(async { while select_one(&db).await.is_err() {} }).await;
    }
    let mut committed = Vec::new();
    for tenant in &cluster.tenants {
        committed.extend(cluster.world.committed(*tenant).await);
    }
    for name in &acknowledged {
        assert!(committed.contains(name), "{name} was acknowledged and lost");
    }
    assert!(!committed.iter().any(|name| name == "rolled back"));
    cluster.close().await;
}
