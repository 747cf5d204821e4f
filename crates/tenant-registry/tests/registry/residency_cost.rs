//! Measurements, not tests: they print what residency costs with 10,000 residents. `cargo test --release -p
//! tenant-registry --test registry -- --ignored --nocapture residency_cost`

use std::time::{Duration, Instant};

use tenant_registry::{Registry, RegistrySettings, TenantId};
use tokio::time::sleep;

use crate::fakes::{FakePool, registry, settings, tenant_id, touch};

const RESIDENTS: usize = 10_000;

async fn residents(idle_timeout: Duration) -> (Registry<FakePool>, Vec<TenantId>) {
    let (registry, _) = registry(RegistrySettings {
        max_resident: RESIDENTS as u64,
        strangers_per_second: u32::MAX,
        idle_timeout,
        ..settings()
    });
    let tenants: Vec<_> = (0..RESIDENTS).map(|_| tenant_id()).collect();
    for tenant in &tenants {
        touch(&registry, *tenant).await;
    }
    (registry, tenants)
}

#[tokio::test(start_paused = true)]
#[ignore = "a measurement"]
async fn a_tick() {
    // Time stands still, so a sleep lasts as long as what runs meanwhile.
    const TICK: Duration = Duration::from_secs(5);
    let (registry, tenants) = residents(Duration::from_hours(1)).await;
    sleep(TICK).await;
    for used in [RESIDENTS, RESIDENTS / 100, 0] {
        let mut took = Vec::new();
        for _ in 0..11 {
            for tenant in &tenants[..used] {
                drop(registry.resident(*tenant));
            }
            let start = Instant::now();
            sleep(TICK).await;
            took.push(start.elapsed());
        }
        took.sort();
        println!("a tick, {used} used of {RESIDENTS}: median {:?}", took[5]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_hit_between_ticks() {
    for (ticks, idle_timeout) in [
        ("every 5 s", Duration::from_hours(1)),
        ("every 250 ms", Duration::from_secs(1)),
    ] {
        let (registry, tenants) = residents(idle_timeout).await;
        let mut took = Vec::new();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(6) {
            for tenant in &tenants {
                let hit = Instant::now();
                let lease = registry.lease(*tenant).await;
                drop(lease);
                took.push(hit.elapsed());
            }
            tokio::task::yield_now().await;
        }
        took.sort();
        let [p50, p99, p999] = [500, 990, 999].map(|part| took[took.len() * part / 1_000]);
        println!("a hit, ticks {ticks}: p50 {p50:?}, p99 {p99:?}, p99.9 {p999:?}");
    }
}
