//! The watchdog ends sessions above their bounds, counts them, and reconnects after its connection was lost.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use control_plane::ControlPlane;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tenant_registry::{Budget, BudgetSettings, TenantId, TenantSource as _, WatchdogSettings};
use tokio::time::sleep;

use crate::engine;
use crate::suite::support::{World, within_long};

/// The last values of counters and gauges, by name and labels.
#[derive(Default)]
struct LastValues(Mutex<HashMap<String, Arc<AtomicU64>>>);

impl LastValues {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    fn value(&self, name: &str) -> u64 {
        let cells = self.0.lock().unwrap();
        cells.get(name).map_or(0, |cell| cell.load(Ordering::SeqCst))
    }
}

impl Recorder for LastValues {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// A budget whose watchdog samples this tenant's sessions only, and none of another test's.
fn budget(world: &World, tenant: TenantId) -> Budget {
    Budget::start(BudgetSettings {
        max_connections: Some(5),
        watchdog: Some(WatchdogSettings {
            interval: Duration::from_millis(5),
            session_lock_percent: 1,
            tenant_lock_percent: 2,
            tenant_login: format!("^tn_({})_a$", tenant.as_uuid().simple()),
            end_sessions: ControlPlane::END_SESSIONS.to_owned(),
            limit_connections: None,
        }),
        ..BudgetSettings::new(engine::sentinel(&world.databases))
    })
}

async fn session(world: &World, tenant: TenantId) -> PgConnection {
    let spec = world.plane.source().load(tenant).await.unwrap();
    spec.connect.connect().await.unwrap()
}

/// A session that holds this many of the lock table's 25,600 entries.
async fn holding(world: &World, tenant: TenantId, entries: usize) -> PgConnection {
    let mut session = session(world, tenant).await;
    let takes = "SAVEPOINT s; INSERT INTO app.users (name) VALUES ('x');".repeat(entries);
    // The session may be ended while it takes locks.
    let _ = session.execute(AssertSqlSafe(format!("BEGIN; {takes}"))).await;
    session
}

async fn is_ended(session: &mut PgConnection) {
    within_long(async {
        while session.ping().await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_above_its_share_is_ended_and_counted() {
    let recorded = LastValues::default();
    let _local = metrics::set_default_local_recorder(&recorded);
    let world = World::new().await;
    let (tenant, neighbour) = (world.tenant().await, world.tenant().await);
    let _budget = budget(&world, tenant);
    let mut modest = holding(&world, tenant, 100).await;
    let mut other = holding(&world, neighbour, 300).await;
    let mut greedy = holding(&world, tenant, 300).await;
    is_ended(&mut greedy).await;
    for session in [&mut modest, &mut other] {
        session.ping().await.unwrap();
    }
    drop(modest);
    let counted = |reason: &str| recorded.value(&format!("tenantry.watchdog.ended default {reason}"));
    // Counted when the server has confirmed the end, a moment after the session sees it.
    within_long(async {
        while counted("session_locks") == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!((counted("session_locks"), counted("tenant_locks")), (1, 0));
    assert!(f64::from_bits(recorded.value("tenantry.watchdog.lock_table default")) > 0.0);

    // Together above the tenant's two percent, and none above the session's one.
    let mut many = Vec::new();
    for _ in 0..3 {
        many.push(holding(&world, tenant, 220).await);
    }
    within_long(async {
        while counted("tenant_locks") == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let mut ended = 0;
    for session in &mut many {
        ended += u32::from(session.ping().await.is_err());
    }
    assert_eq!((ended, counted("session_locks")), (1, 1));
}

#[tokio::test]
async fn a_watchdog_whose_connection_was_ended_watches_again() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let _budget = budget(&world, tenant);
    let mut superuser = world.superuser().await;
    let watching = "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'tenantry watchdog' AND datname = current_database()";
    for _ in 0..2 {
        within_long(async {
            while sqlx::query(watching)
                .fetch_optional(&mut superuser)
                .await
                .unwrap()
                .is_none()
            {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let mut greedy = holding(&world, tenant, 300).await;
        is_ended(&mut greedy).await;
    }
}
