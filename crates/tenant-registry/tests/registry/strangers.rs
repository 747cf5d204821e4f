//! Lookups are limited, those of tenants never seen also in their rate; who is known comes back all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tenant_registry::{Change, LeaseError, RegistrySettings};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::changes::stream_of;
use crate::fakes::{Answer, LONG, registry, served, settings, tenant_id, touch, within_long};

const KNOWN: usize = 10;
/// More than have their turn within the time limit: 500 at once and 500 in each of five seconds.
const TASKS: usize = 4_000;
const MADE_UP: usize = 100_000;

#[tokio::test(start_paused = true)]
async fn a_flood_of_made_up_ids_is_rate_limited_and_blocks_no_tenant() {
    let (registry, source) = registry(settings());
    let known: Vec<_> = (0..KNOWN).map(|_| tenant_id()).collect();
    for tenant in &known {
        source.set(*tenant, Answer::Served);
        touch(&registry, *tenant).await;
    }
    source.set_all(Some(Answer::Unknown));
    sleep(LONG).await;
    let (before, start) = (source.loads(), Instant::now());
    let busy = Arc::new(AtomicUsize::new(0));
    let mut flood = JoinSet::new();
    for _ in 0..TASKS {
        let (registry, busy) = (registry.clone(), Arc::clone(&busy));
        flood.spawn(async move {
            for _ in 0..MADE_UP / TASKS {
                let error = registry.lease(tenant_id()).await.unwrap_err();
                if let LeaseError::Busy { retry_after } = error {
                    assert!(retry_after >= Duration::from_secs(1) && retry_after < LONG);
                    busy.fetch_add(1, Ordering::Relaxed);
                    sleep(retry_after).await;
                }
            }
        });
    }

    let mut came_back = 0;
    while !flood.is_empty() {
        for tenant in &known {
            registry.invalidate(*tenant);
            let asked = Instant::now();
            touch(&registry, *tenant).await;
            assert!(
                asked.elapsed() < Duration::from_millis(10),
                "who is known does not wait"
            );
            came_back += 1;
        }
        let _ = timeout(Duration::from_millis(100), async {
            while let Some(done) = flood.join_next().await {
                done.unwrap();
            }
        })
        .await;
    }
    let totals = registry.snapshot().totals;
    assert_eq!(
        (totals.opening, totals.resident),
        (0, KNOWN),
        "nothing is left of it"
    );
    assert!(totals.remembered <= 500 * 6, "{} remembered", totals.remembered);
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap() + 1;
    let loads = source.loads() - before - came_back;
    let busy = busy.load(Ordering::Relaxed);
    assert!(loads <= 500 + 500 * seconds, "{loads} loads in {seconds} s");
    assert_eq!(loads + busy, MADE_UP, "each was looked up or refused");
    assert!(loads > MADE_UP / 10 && busy > 0, "{loads} loads, {busy} refused");
    assert!(came_back > KNOWN * 10);
}

/// It would have its turn too late: that is said at once, and nothing is made for it.
#[tokio::test(start_paused = true)]
async fn a_refused_lookup_costs_no_task_and_no_map_entry() {
    let (registry, source) = registry(RegistrySettings {
        strangers_per_second: 1,
        ..settings()
    });
    source.set_all(Some(Answer::Never));
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut in_time = 0;
    for _ in 0..10_000 {
        match registry.lease(tenant_id()).now_or_never() {
            None => in_time += 1,
            Some(outcome) => assert!(matches!(outcome, Err(LeaseError::Busy { .. }))),
        }
    }
    // One at once, one a second's worth ahead, and one in each of five seconds.
    assert_eq!(in_time, 7);
    assert_eq!(registry.snapshot().totals.opening, in_time);
    assert_eq!(registry.snapshot().totals.failures, 10_000 - in_time as u64);
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks + in_time);
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_of_one_unseen_tenant_take_one_turn() {
    let (registry, _) = registry(RegistrySettings {
        strangers_per_second: 1,
        ..settings()
    });
    let tenant = tenant_id();
    let leases = futures_util::future::join_all((0..1_000).map(|_| registry.lease(tenant)));
    let start = Instant::now();
    for lease in leases.await {
        lease.unwrap();
    }
    assert!(start.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn unknown_tenants_are_looked_up_at_the_configured_rate() {
    let (registry, _) = registry(RegistrySettings {
        strangers_per_second: 10,
        ..settings()
    });
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..31 {
        let registry = registry.clone();
        tasks.spawn(async move { registry.lease(tenant_id()).await.unwrap() });
    }
    let leases = tasks.join_all().await;
    assert_eq!(start.elapsed().as_secs(), 2);
    // Now they are known.
    let again = Instant::now();
    for lease in leases {
        registry.invalidate(lease.tenant());
        touch(&registry, lease.tenant()).await;
    }
    assert!(again.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_a_notice_names_is_no_stranger() {
    let (registry, _) = registry(RegistrySettings {
        strangers_per_second: 1,
        ..settings()
    });
    let (tell, changes) = mpsc::unbounded_channel();
    registry.follow(stream_of(changes));
    let made = tenant_id();
    for _ in 0..2 {
        touch(&registry, tenant_id()).await;
    }
    tell.send(Change::Tenant(served(made, 1))).unwrap();
    sleep(Duration::from_millis(1)).await;
    let asked = Instant::now();
    touch(&registry, made).await;
    assert!(asked.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn lookups_are_limited_and_the_wait_counts_against_the_deadline() {
    let (registry, source) = registry(RegistrySettings {
        max_loads: 3,
        ..settings()
    });
    let tenants: Vec<_> = (0..10).map(|_| tenant_id()).collect();
    for tenant in &tenants {
        touch(&registry, *tenant).await;
        registry.invalidate(*tenant);
    }
    let before = source.loads();
    let gates: Vec<_> = tenants.iter().map(|tenant| source.gate(*tenant)).collect();
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for tenant in tenants.clone() {
        let registry = registry.clone();
        tasks.spawn(async move { registry.lease(tenant).await.map(|_| ()) });
    }
    sleep(Duration::from_secs(4)).await;
    assert_eq!(source.loads(), before + 3);
    // One is answered, and another asks in its place: too late for an answer, which is not the source's fault.
    gates[0].add_permits(1);
    let outcomes = within_long(tasks.join_all()).await;
    assert_eq!(start.elapsed().as_secs(), settings().open_timeout.as_secs());
    assert_eq!(source.loads(), before + 4);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let busy = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(LeaseError::Busy { .. })));
    assert!(busy.count() > 0);
}

#[tokio::test(start_paused = true)]
async fn hanging_lookups_of_unknown_tenants_leave_permits_for_known_ones() {
    let (registry, source) = registry(RegistrySettings {
        max_loads: 4,
        ..settings()
    });
    let tenant = tenant_id();
    source.set(tenant, Answer::Served);
    touch(&registry, tenant).await;
    registry.invalidate(tenant);
    source.set_all(Some(Answer::Never));
    let mut strangers = JoinSet::new();
    for _ in 0..100 {
        let registry = registry.clone();
        strangers.spawn(async move { registry.lease(tenant_id()).await.is_err() });
    }
    source.loaded(3).await;
    let asked = Instant::now();
    touch(&registry, tenant).await;
    assert!(asked.elapsed() < Duration::from_millis(10));
    assert_eq!(source.loads(), 4, "two strangers, the tenant twice");
}
