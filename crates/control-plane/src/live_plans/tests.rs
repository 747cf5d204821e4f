use std::num::NonZeroU32;

use tenant_limits::Override;
use uuid::Uuid;

use super::*;

fn number(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

fn rate(requests_per_second: u32) -> RequestLimits {
    RequestLimits {
        requests_per_second: number(requests_per_second),
        ..RequestLimits::default()
    }
}

fn plan(name: &str, requests_per_second: u32) -> (PlanName, RequestLimits) {
    (PlanName::new(name).unwrap(), rate(requests_per_second))
}

fn row(tenant: TenantId, plan: &str, overrides: Overrides) -> TenantPlanRow {
    TenantPlanRow {
        tenant,
        plan: PlanName::new(plan).unwrap(),
        overrides,
    }
}

fn tenant() -> TenantId {
    Uuid::now_v7().into()
}

fn burst(limit: u32) -> Overrides {
    Overrides {
        burst: Override::Limit(number(limit).unwrap()),
        ..Overrides::default()
    }
}

#[test]
fn a_tenant_has_its_plans_limits_but_for_its_overrides() {
    let live = LivePlans::new();
    let (plain, pro, own) = (tenant(), tenant(), tenant());
    assert_eq!(live.of(plain), TenantLimits::default());
    let unlimited = Overrides {
        requests_per_second: Override::Unlimited,
        ..burst(7)
    };
    live.0.replace(
        vec![plan("default", 1), plan("pro", 2)],
        vec![row(pro, "pro", Overrides::default()), row(own, "pro", unlimited)],
    );
    assert_eq!(live.of(plain).limits, rate(1));
    assert_eq!(live.of(pro).limits, rate(2));
    let limits = live.of(own).limits;
    assert_eq!((limits.requests_per_second, limits.burst), (None, number(7)));
    assert_eq!(live.plan_of(own).as_str(), "pro");
    assert!(live.plan_of(plain).is_default());
    assert_eq!(
        live.0.tenants.len(),
        2,
        "the default plan as it is takes no memory"
    );
}

#[test]
fn the_revision_changes_with_the_limits_and_the_plan_and_only_then() {
    let live = LivePlans::new();
    let (acme, globex) = (tenant(), tenant());
    let mut seen = std::collections::HashSet::new();
    let mut changed = |live: &LivePlans| seen.insert(live.of(acme).revision);
    let everything = || {
        vec![
            row(acme, "pro", Overrides::default()),
            row(globex, "pro", burst(9)),
        ]
    };
    assert!(changed(&live));
    live.0
        .replace(vec![plan("default", 1), plan("pro", 2)], everything());
    assert!(changed(&live), "loaded");
    live.0
        .replace(vec![plan("default", 1), plan("pro", 2)], everything());
    assert!(!changed(&live), "loaded again");
    live.0.put(vec![plan("default", 3)], vec![]);
    assert!(!changed(&live), "another plan");
    live.0.put(vec![plan("pro", 3)], vec![]);
    assert!(changed(&live), "its plan");
    live.0.put(vec![], vec![row(acme, "pro", burst(5))]);
    assert!(changed(&live), "its overrides");
    // Two changes, of which the second one is of the plan.
    live.0.put(vec![], vec![row(acme, "default", burst(5))]);
    assert!(changed(&live), "moved");
    live.0.put(vec![plan("default", 4)], vec![]);
    assert!(changed(&live), "its new plan");
    live.0
        .put(vec![], vec![row(acme, "default", Overrides::default())]);
    assert!(changed(&live), "back to the default plan as it is");
    assert_eq!(live.of(acme).limits, rate(4));
    live.0.put(vec![], vec![row(globex, "pro", burst(1))]);
    assert!(!changed(&live), "another tenant");
}

#[test]
fn a_load_forgets_what_it_does_not_find() {
    let live = LivePlans::new();
    let (kept, gone) = (tenant(), tenant());
    live.0.replace(
        vec![plan("default", 1), plan("pro", 2), plan("old", 3)],
        vec![
            row(kept, "pro", Overrides::default()),
            row(gone, "old", Overrides::default()),
        ],
    );
    live.0.replace(
        vec![plan("default", 1), plan("pro", 2)],
        vec![row(kept, "pro", Overrides::default())],
    );
    assert_eq!(live.of(kept).limits, rate(2));
    assert_eq!(live.of(gone).limits, rate(1));
    assert_eq!((live.0.plans.len(), live.0.tenants.len()), (2, 1));
}

#[test]
fn a_plan_that_is_not_read_yet_is_replaced_by_the_default_one() {
    let live = LivePlans::new();
    let acme = tenant();
    live.0
        .replace(vec![plan("default", 1)], vec![row(acme, "pro", burst(5))]);
    let before = live.of(acme);
    assert_eq!(
        (before.limits.requests_per_second, before.limits.burst),
        (number(1), number(5))
    );
    live.0.put(vec![plan("pro", 2)], vec![]);
    let after = live.of(acme);
    assert_eq!(after.limits.requests_per_second, number(2));
    assert_ne!(after.revision, before.revision);
}

/// Also without a lock, so that a lookup never waits.
#[test]
fn a_lookup_allocates_nothing() {
    let live = LivePlans::new();
    let acme = tenant();
    live.0.replace(
        vec![plan("default", 1), plan("pro", 2)],
        vec![row(acme, "pro", burst(5))],
    );
    // The first use of a thread registers it.
    live.of(acme);
    let other = tenant();
    let taken = allocation_counter::measure(|| {
        for _ in 0..100 {
            live.of(acme);
            live.of(other);
        }
    });
    assert_eq!(taken.count_total, 0);
}

#[test]
fn a_hundred_thousand_tenants_take_less_than_128_bytes_each() {
    const TENANTS: u64 = 100_000;
    for (overrides, most) in [(Overrides::default(), 128), (burst(5), 192)] {
        let live = LivePlans::new();
        live.0.replace(vec![plan("default", 1), plan("pro", 2)], vec![]);
        let taken = allocation_counter::measure(|| {
            for _ in 0..TENANTS {
                live.0.put_tenant(row(tenant(), "pro", overrides));
            }
        });
        let each = taken.bytes_current / i64::try_from(TENANTS).unwrap();
        println!("{each} bytes a tenant");
        assert!(each < most, "{each} bytes a tenant");
    }
}
