//! Warm-up: limited concurrency, without eviction of other tenants.

use std::sync::Arc;
use std::time::Duration;

use tenant_registry::{RegistrySettings, TenantId, WarmedUp};
use tokio::time::{Instant, sleep};

use crate::fakes::{Answer, LONG, registry, settings, state, tenant_id, touch, within_long};

fn some(count: usize) -> Vec<TenantId> {
    (0..count).map(|_| tenant_id()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_opens_a_limited_number_at_once() {
    let (registry, source) = registry(settings());
    let tenants = some(20);
    let gates: Vec<_> = tenants.iter().map(|tenant| source.gate(*tenant)).collect();
    let warming = tokio::spawn({
        let (registry, tenants) = (registry.clone(), tenants.clone());
        async move { registry.warm(tenants, 4).await }
    });
    sleep(Duration::from_millis(10)).await;
    assert_eq!(source.loads(), 4);
    gates[0].add_permits(1);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(source.loads(), 5);
    for gate in &gates[1..] {
        gate.add_permits(1);
    }
    let warmed_up = within_long(warming).await.unwrap();
    assert_eq!(
        warmed_up,
        WarmedUp {
            opened: 20,
            failed: 0
        }
    );
    for tenant in &tenants {
        touch(&registry, *tenant).await;
    }
    assert_eq!(source.loads(), 20);
    assert_eq!(registry.warm(tenants, 4).await, WarmedUp::default(), "all there");
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_evicts_no_tenant() {
    let (registry, source) = registry(RegistrySettings {
        max_resident: 10,
        ..settings()
    });
    let mut pools = Vec::new();
    for tenant in some(7) {
        pools.push(touch(&registry, tenant).await);
    }
    let warmed_up = registry.warm(some(20), 5).await;
    assert_eq!(warmed_up, WarmedUp { opened: 3, failed: 0 });
    // Two more of the first five may have been in flight when the cap was reached.
    assert!(source.loads() <= 7 + 5, "{} loads", source.loads());
    sleep(LONG).await;
    let totals = registry.snapshot().totals;
    assert_eq!((totals.resident, totals.retired), (10, 0));
    assert!(pools.iter().all(|pool| !pool.is_closed()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_joins_a_warm_up_above_the_cap_still_gets_a_lease() {
    let (registry, source) = registry(RegistrySettings {
        max_resident: 1,
        ..settings()
    });
    let (tenant, other) = (tenant_id(), tenant_id());
    let gate = source.gate(tenant);
    let warming = tokio::spawn({
        let registry = registry.clone();
        async move { registry.warm([tenant], 1).await }
    });
    source.loaded(1).await;
    let waiting = tokio::spawn({
        let registry = registry.clone();
        async move { state(&registry.lease(tenant).await.unwrap()) }
    });
    let resident = touch(&registry, other).await;
    gate.add_permits(2);
    assert_eq!(within_long(warming).await.unwrap(), WarmedUp::default());
    let pool = within_long(waiting).await.unwrap();
    resident.closed().await;
    assert!(Arc::ptr_eq(&touch(&registry, tenant).await, &pool));
}

#[tokio::test(start_paused = true)]
async fn failures_are_counted_and_the_rest_goes_on() {
    let (registry, source) = registry(settings());
    let tenants = some(10);
    source.set(tenants[0], Answer::Unknown);
    source.set(tenants[1], Answer::Suspended);
    let warmed_up = registry.warm(tenants, 1).await;
    assert_eq!(warmed_up, WarmedUp { opened: 8, failed: 2 });
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_is_not_rate_limited() {
    let (registry, _) = registry(RegistrySettings {
        strangers_per_second: 1,
        ..settings()
    });
    let start = Instant::now();
    assert_eq!(registry.warm(some(50), 10).await.opened, 50);
    assert!(start.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_it() {
    let (registry, source) = registry(settings());
    source.set_all(Some(Answer::Never));
    let warming = tokio::spawn({
        let registry = registry.clone();
        async move { registry.warm(some(20), 4).await }
    });
    source.loaded(4).await;
    registry.shutdown(LONG).await;
    assert_eq!(within_long(warming).await.unwrap(), WarmedUp::default());
    assert_eq!(source.loads(), 4);
}

#[tokio::test(start_paused = true)]
async fn recently_used_excludes_tenants_that_were_only_warmed_up() {
    let (registry, _) = registry(settings());
    let [long_ago, lately, warmed, warmed_and_used] = [(); 4].map(|()| tenant_id());
    touch(&registry, long_ago).await;
    sleep(LONG).await;
    touch(&registry, lately).await;
    registry.warm([warmed, warmed_and_used], 2).await;
    touch(&registry, warmed_and_used).await;
    let mut expected = [lately, warmed_and_used];
    expected.sort();
    // Before and after a scan clears the use marks.
    for _ in 0..2 {
        let mut used = registry.recently_used(LONG / 2);
        used.sort();
        assert_eq!(used, expected);
        sleep(Duration::from_secs(7)).await;
    }
    assert_eq!(registry.recently_used(LONG * 10).len(), 3);
    sleep(LONG).await;
    assert!(registry.recently_used(LONG / 2).is_empty());
}
