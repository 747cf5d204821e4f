//! Eviction of idle pools, and of the least recently used one beyond the cap.
//!
//! moka's clock is the machine's, so idleness takes milliseconds of real time; ticks are on tokio's, mostly paused.

use std::sync::Arc;
use std::time::Duration;

use tenant_registry::RegistrySettings;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::fakes::{by_mokas_clock, registry, settings, state, tenant_id, touch, until, within_long};

const IDLE: Duration = Duration::from_millis(400);

fn idle_soon() -> RegistrySettings {
    RegistrySettings {
        idle_timeout: IDLE,
        ..settings()
    }
}

/// A quarter of the idle timeout.
const TICK: Duration = IDLE.checked_div(4).unwrap();

#[tokio::test]
async fn an_idle_pool_is_closed_and_not_before() {
    let (registry, source) = registry(idle_soon());
    let tenant = tenant_id();
    let used = Instant::now();
    let pool = touch(&registry, tenant).await;
    let idle = pool.closed().await - used;
    assert!(idle >= IDLE, "{idle:?}");
    until(|| registry.stats().open() == 0).await;

    assert!(!touch(&registry, tenant).await.is_closed());
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_pool_is_closed_within_two_ticks() {
    let (registry, _) = registry(idle_soon());
    let pool = touch(&registry, tenant_id()).await;
    // The first tick finds it used.
    sleep(TICK * 3 / 2).await;
    by_mokas_clock(IDLE);
    sleep(TICK * 2).await;
    assert!(pool.is_closed());
}

#[tokio::test]
async fn a_pool_that_was_used_within_the_idle_timeout_stays() {
    let (registry, source) = registry(idle_soon());
    let (touched, held) = (tenant_id(), tenant_id());
    let lease = registry.lease(held).await.unwrap();
    let mut used = Instant::now();
    let mut pool = touch(&registry, touched).await;
    let mut opened = 2;
    for _ in 0..40 {
        sleep(IDLE / 8).await;
        let again = touch(&registry, touched).await;
        let unused = used.elapsed();
        used = Instant::now();
        if !Arc::ptr_eq(&again, &pool) {
            // On a machine that stood still for so long.
            assert!(unused >= IDLE, "evicted after {unused:?}");
            opened += 1;
            pool = again;
        }
    }
    assert_eq!(source.loads(), opened);
    // Held for five idle timeouts.
    assert!(Arc::ptr_eq(&touch(&registry, held).await, &state(&lease)));
    let held = state(&lease);
    drop(lease);
    held.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_use_since_the_last_tick_counts_when_the_idle_time_has_run_out() {
    let (registry, source) = registry(idle_soon());
    let [used, unused] = [(); 2].map(|()| tenant_id());
    let pool = touch(&registry, used).await;
    let gone = touch(&registry, unused).await;
    sleep(TICK * 3 / 2).await;
    // Long expired by moka's clock, and leased before the tick that finds it out.
    by_mokas_clock(IDLE);
    touch(&registry, used).await;
    sleep(TICK * 2).await;
    assert!(!pool.is_closed() && gone.is_closed());
    assert!(Arc::ptr_eq(&touch(&registry, used).await, &pool));
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn above_the_cap_the_least_recently_used_pool_is_evicted() {
    let (registry, _) = registry(RegistrySettings {
        max_resident: 3,
        ..settings()
    });
    let [a, b, c, d] = [(); 4].map(|()| tenant_id());
    for tenant in [a, b, c] {
        touch(&registry, tenant).await;
    }
    let unused = touch(&registry, b).await;
    // Over a tick, which is when the registry looks who was used; then all but b.
    sleep(Duration::from_secs(11)).await;
    let used = [touch(&registry, a).await, touch(&registry, c).await];

    let newcomer = touch(&registry, d).await;
    unused.closed().await;
    assert!(!newcomer.is_closed());
    for (tenant, pool) in [(a, &used[0]), (c, &used[1]), (d, &newcomer)] {
        assert!(Arc::ptr_eq(&touch(&registry, tenant).await, pool));
    }
    assert_eq!(registry.stats().open(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_newcomer_is_never_refused() {
    for max_resident in [0, 1] {
        let (registry, _) = registry(RegistrySettings {
            max_resident,
            ..settings()
        });
        let mut last = touch(&registry, tenant_id()).await;
        for _ in 0..20 {
            let newcomer = tenant_id();
            let pool = touch(&registry, newcomer).await;
            last.closed().await;
            assert!(Arc::ptr_eq(&touch(&registry, newcomer).await, &pool), "and stays");
            last = pool;
        }
        assert_eq!(registry.stats().open(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn held_pools_go_last_and_are_reaped_after_their_lease() {
    let (registry, _) = registry(RegistrySettings {
        max_resident: 2,
        ..settings()
    });
    let lease = registry.lease(tenant_id()).await.unwrap();
    sleep(Duration::from_mins(1)).await;
    let unheld = touch(&registry, tenant_id()).await;
    let second = registry.lease(tenant_id()).await.unwrap();
    unheld.closed().await;
    assert!(!lease.0.is_closed(), "older, but held");

    // Now both are held, and the newcomer needs a place all the same.
    let newcomer = touch(&registry, tenant_id()).await;
    sleep(Duration::from_mins(1)).await;
    assert!(!lease.0.is_closed() && !second.0.is_closed() && !newcomer.is_closed());
    assert_eq!(
        registry.stats().open(),
        3,
        "one of them over the cap while it is held"
    );
    let both = [state(&lease), state(&second)];
    drop((lease, second));
    let closed = async {
        while !both.iter().any(|pool| pool.is_closed()) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    within_long(closed).await;
    assert_eq!(registry.stats().open(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_burst_beyond_the_cap_serves_all_and_leaves_as_many_as_the_cap_allows() {
    const CAP: usize = 10;
    const BURST: u64 = 1_000;
    let (registry, source) = registry(RegistrySettings {
        max_resident: CAP as u64,
        strangers_per_second: u32::MAX,
        ..settings()
    });
    let mut callers = JoinSet::new();
    for _ in 0..BURST {
        let registry = registry.clone();
        callers.spawn(async move { drop(registry.lease(tenant_id()).await.unwrap()) });
    }
    within_long(callers.join_all()).await;
    until(|| registry.stats().open() == CAP as u64).await;
    assert_eq!(registry.snapshot().totals.resident, CAP);
    assert_eq!(source.loads() as u64, BURST, "none was opened twice");
    assert_eq!(registry.snapshot().totals.departures.capacity, BURST - CAP as u64);
}

#[tokio::test(start_paused = true)]
async fn the_cap_holds_when_all_are_held() {
    let (registry, source) = registry(RegistrySettings {
        max_resident: 3,
        ..settings()
    });
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(registry.lease(tenant_id()).await.unwrap());
    }
    // Ticks change nothing: what left waits for its leases, what is resident stays.
    sleep(Duration::from_mins(1)).await;
    let totals = registry.snapshot().totals;
    assert_eq!((totals.resident, totals.retired, totals.leases), (3, 7, 10));
    assert_eq!(totals.departures.capacity, 7);
    assert!(held.iter().all(|lease| !lease.0.is_closed()));
    // Those held the longest went.
    for lease in &held[7..] {
        let again = registry.lease(lease.tenant()).await.unwrap();
        assert!(Arc::ptr_eq(&again.0, &lease.0));
    }
    assert_eq!(source.loads(), 10);
    drop(held);
    until(|| registry.stats().open() == 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_never_ends_meets_the_reapers_deadline() {
    let reap_deadline = Duration::from_secs(7);
    let (registry, _) = registry(RegistrySettings {
        reap_deadline,
        ..settings()
    });
    let tenant = tenant_id();
    let lease = registry.lease(tenant).await.unwrap();
    registry.invalidate(tenant);
    let retired = Instant::now();
    let waited = lease.0.closed().await - retired;
    assert!(
        waited >= reap_deadline && waited < reap_deadline + Duration::from_secs(1),
        "{waited:?}"
    );
    drop(lease);
    assert_eq!(registry.stats().open(), 0);
}

#[tokio::test(start_paused = true)]
async fn settings_may_say_for_ever() {
    let (registry, _) = registry(RegistrySettings {
        max_resident: u64::MAX,
        idle_timeout: Duration::MAX,
        open_timeout: Duration::MAX,
        reap_deadline: Duration::MAX,
        ..settings()
    });
    let tenant = tenant_id();
    let pool = touch(&registry, tenant).await;
    sleep(Duration::from_hours(24)).await;
    assert!(Arc::ptr_eq(&touch(&registry, tenant).await, &pool));
    registry.invalidate(tenant);
    pool.closed().await;
}

#[tokio::test(start_paused = true)]
async fn the_order_of_use_holds_over_many() {
    const GROUP: usize = 100;
    let (registry, _) = registry(RegistrySettings {
        max_resident: 4 * GROUP as u64,
        ..settings()
    });
    let mut groups = Vec::new();
    for _ in 0..4 {
        let mut group = Vec::new();
        for _ in 0..GROUP {
            let tenant = tenant_id();
            group.push((tenant, touch(&registry, tenant).await));
        }
        groups.push(group);
        // Over a tick, which is when the registry looks who was used.
        sleep(Duration::from_secs(11)).await;
    }
    // The first group is used again, one of the second is held, and the rest of that is the longest unused.
    for (tenant, _) in &groups[0] {
        touch(&registry, *tenant).await;
    }
    let held = registry.lease(groups[1][0].0).await.unwrap();
    for n in 1..GROUP + GROUP / 2 {
        touch(&registry, tenant_id()).await;
        until(|| registry.snapshot().totals.resident == 4 * GROUP).await;
        // What is used while others go is not taken for what it was before.
        if n == GROUP - 1 {
            for (tenant, _) in &groups[2][..GROUP / 2] {
                touch(&registry, *tenant).await;
            }
        }
    }
    sleep(Duration::from_secs(1)).await;
    let closed: Vec<Vec<bool>> = groups
        .iter()
        .map(|group| group.iter().map(|(_, pool)| pool.is_closed()).collect())
        .collect();
    assert!(!closed[0].contains(&true) && !closed[3].contains(&true));
    assert!(!closed[1][0] && !closed[1][1..].contains(&false));
    assert!(!closed[2][..GROUP / 2].contains(&true) && !closed[2][GROUP / 2..].contains(&false));
    assert!(!held.0.is_closed());
}

/// Not a test: prints how long it takes. `cargo test --release -p tenant-registry --test registry -- --ignored
/// --nocapture takes`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn how_long_a_miss_takes_when_ten_thousand_are_resident() {
    for max_resident in [20_000, 10_000] {
        let (registry, _) = registry(RegistrySettings {
            max_resident,
            strangers_per_second: u32::MAX,
            ..settings()
        });
        for _ in 0..10_000 {
            touch(&registry, tenant_id()).await;
        }
        let start = std::time::Instant::now();
        for _ in 0..5_000 {
            touch(&registry, tenant_id()).await;
        }
        println!("of at most {max_resident}: {:?} a miss", start.elapsed() / 5_000);
    }
}
