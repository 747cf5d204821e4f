//! A look from outside shows what there is, and changes nothing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tenant_registry::{Departures, PoolSnapshot, RegistrySettings, TenantState};
use tokio::time::sleep;

use crate::fakes::{Answer, LONG, by_mokas_clock, registry, settings, tenant_id, touch, until, within_long};

/// By moka's clock, which is the machine's.
const IDLE: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn it_shows_opening_resident_and_retired_pools() {
    let (registry, source) = registry(settings());
    source.version.store(7, Ordering::SeqCst);
    let (opening, resident, changed) = (tenant_id(), tenant_id(), tenant_id());
    touch(&registry, resident).await;
    sleep(LONG).await;
    let gate = source.gate(opening);
    let waiting = tokio::spawn({
        let registry = registry.clone();
        async move { registry.lease(opening).await.map(|_| ()) }
    });
    source.loaded(2).await;
    let old = registry.lease(changed).await.unwrap();
    registry.invalidate(changed);
    let new = registry.lease(changed).await.unwrap();
    let shared = new.clone();

    let snapshot = registry.snapshot();
    let of = |tenant, state| {
        let mut found = snapshot
            .tenants
            .iter()
            .filter(|other| other.tenant == tenant && other.state == state);
        let one = *found.next().unwrap();
        assert_eq!(found.next(), None);
        one
    };
    assert_eq!(snapshot.tenants.len(), 4);
    assert_eq!(of(opening, TenantState::Opening).version, None);
    let unused = of(resident, TenantState::Resident);
    assert_eq!((unused.version, unused.leases), (Some(7), 0));
    // It was used just before the look at this tick or the one before.
    assert!(unused.unused + Duration::from_secs(5) >= LONG && unused.unused <= LONG + Duration::from_secs(1));
    assert_eq!(of(changed, TenantState::Retired).leases, 1);
    let held = of(changed, TenantState::Resident);
    assert_eq!((held.leases, held.unused), (2, Duration::ZERO));

    let totals = snapshot.totals;
    assert_eq!((totals.opening, totals.resident, totals.retired), (1, 2, 1));
    assert_eq!(totals.leases, 3);
    let pool = PoolSnapshot {
        size: 6,
        idle: 3,
        closing: 3,
        max: 9,
        waiting: 12,
        trouble: None,
    };
    assert_eq!(totals.pool, pool, "of three pools");
    assert_eq!((totals.stats.opened, totals.stats.closed), (3, 0));
    drop((old, new, shared));
    gate.add_permits(1);
    within_long(waiting).await.unwrap().unwrap();
    until(|| registry.snapshot().totals.retired == 0).await;
}

#[tokio::test(start_paused = true)]
async fn it_counts_why_pools_left_and_lookups_failed() {
    let (registry, source) = registry(RegistrySettings {
        max_resident: 2,
        idle_timeout: IDLE,
        ..settings()
    });
    let unknown = tenant_id();
    source.set(unknown, Answer::Unknown);
    for _ in 0..3 {
        registry.lease(unknown).await.unwrap_err();
    }
    let totals = registry.snapshot().totals;
    assert_eq!((totals.failures, totals.remembered), (1, 1));

    for _ in 0..3 {
        touch(&registry, tenant_id()).await;
    }
    until(|| registry.snapshot().totals.resident == 2).await;
    let tenant = registry.snapshot().tenants[0].tenant;
    registry.invalidate(tenant);
    // A tick that finds the last one used, its idle timeout on moka's clock, and the tick that finds this out.
    sleep(IDLE / 2).await;
    by_mokas_clock(IDLE);
    sleep(Duration::from_mins(2)).await;
    touch(&registry, tenant).await;
    registry.shutdown(LONG).await;
    let totals = registry.snapshot().totals;
    let departures = Departures {
        idle: 1,
        capacity: 1,
        changed: 1,
        refused: 0,
        shutdown: 1,
    };
    assert_eq!(totals.departures, departures);
    assert_eq!((totals.remembered, totals.resident), (0, 0));
    assert_eq!((totals.stats.opened, totals.stats.closed), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn looking_does_not_change_the_order_of_use() {
    let (registry, _) = registry(RegistrySettings {
        max_resident: 2,
        ..settings()
    });
    let (first, second) = (tenant_id(), tenant_id());
    let unused = touch(&registry, first).await;
    sleep(Duration::from_secs(10)).await;
    let used = touch(&registry, second).await;
    // A look with an effect would take the marks of use off, or set them. Ticks are in between.
    for _ in 0..1_000 {
        registry.snapshot();
        sleep(Duration::from_millis(10)).await;
    }
    let newcomer = touch(&registry, tenant_id()).await;
    unused.closed().await;
    assert!(!used.is_closed() && !newcomer.is_closed());
}

#[tokio::test(start_paused = true)]
async fn looking_does_not_keep_a_pool_from_being_idle() {
    let (registry, _) = registry(RegistrySettings {
        idle_timeout: IDLE,
        ..settings()
    });
    let pool = touch(&registry, tenant_id()).await;
    within_long(async {
        while !pool.is_closed() {
            registry.snapshot();
            by_mokas_clock(IDLE / 10);
            sleep(IDLE / 4).await;
        }
    })
    .await;
}

/// Not a test: prints how long it takes. `cargo test --release -p tenant-registry --test registry -- --ignored
/// --nocapture takes`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn how_long_a_snapshot_of_ten_thousand_takes() {
    let (registry, _) = registry(RegistrySettings {
        max_resident: 10_000,
        strangers_per_second: u32::MAX,
        ..settings()
    });
    for _ in 0..10_000 {
        touch(&registry, tenant_id()).await;
    }
    let mut times: Vec<_> = (0..101)
        .map(|_| {
            let start = std::time::Instant::now();
            assert_eq!(registry.snapshot().tenants.len(), 10_000);
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("median {:?}, slowest {:?}", times[50], times[100]);
}
