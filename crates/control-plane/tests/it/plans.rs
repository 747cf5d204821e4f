//! Plans: in the store, and in the memory of other processes.

use std::num::NonZeroU32;
use std::time::Duration;

use control_plane::{
    Actor, ChangeError, ControlPlane, ControlPlaneSettings, CreateError, NewPlan, NewTenant, Plan,
    PlanChange, PlanError, PlanName, Revisions, TenantChange, TenantFilter, Transition,
};
use tenant_limits::{Override, Overrides, RequestLimits};
use tenant_registry::TenantId;
use testkit::{Databases, Proxy, in_store};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{DENIED, name, one, run, sqlstate};

/// Time within which a change is known to every process.
const PROMISE: Duration = Duration::from_secs(1);
/// Generous, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn ops() -> Actor {
    Actor::service("ops")
}

fn plan(text: &str) -> PlanName {
    PlanName::new(text).unwrap()
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Overrides of the rate alone.
fn rate(requests_per_second: u32) -> Overrides {
    Overrides {
        requests_per_second: Override::Limit(number(requests_per_second)),
        ..Overrides::default()
    }
}

async fn create(plane: &ControlPlane, name: &str, limits: Overrides) -> Result<Plan, PlanError> {
    let new = NewPlan {
        name: plan(name),
        description: "For a test.".to_owned(),
        limits: limits.over(&RequestLimits::default()),
    };
    plane.store().create_plan(&ops(), &new).await
}

async fn set_rate(plane: &ControlPlane, name: &str, requests_per_second: u32) -> Plan {
    let change = PlanChange {
        description: None,
        limits: rate(requests_per_second),
    };
    let store = plane.store();
    store
        .change_plan(&ops(), &plan(name), &change, &Revisions::ANY)
        .await
        .unwrap()
}

async fn give(plane: &ControlPlane, tenant: TenantId, change: TenantChange) -> Result<(), ChangeError> {
    plane
        .change_tenant(&ops(), tenant, &change, &Revisions::ANY, None)
        .await
        .map(|_| ())
}

fn with_plan(name: &str) -> TenantChange {
    TenantChange {
        plan: Some(plan(name)),
        ..TenantChange::default()
    }
}

#[tokio::test]
async fn a_plan_is_created_changed_and_deleted() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let store = plane.store();
    let default = store.plan(&PlanName::default()).await.unwrap().unwrap();
    assert_eq!(default.limits, RequestLimits::default());

    let pro = create(&plane, "pro", rate(50)).await.unwrap();
    assert_eq!(pro.limits.requests_per_second, Some(number(50)));
    let again = create(&plane, "pro", rate(1)).await;
    assert!(matches!(again, Err(PlanError::Exists)), "{again:?}");
    create(&plane, "a-z", Overrides::default()).await.unwrap();
    let names = async |after: Option<&str>, limit| {
        let found = store.plans(after, limit).await.unwrap();
        let names: Vec<_> = found.iter().map(|plan| plan.name.as_str().to_owned()).collect();
        names.join(" ")
    };
    assert_eq!(names(None, 10).await, "a-z default pro");
    assert_eq!(names(Some("a-z"), 1).await, "default");

    // Limits that a change does not name stay.
    let change = PlanChange {
        description: Some("Customers.".to_owned()),
        limits: Overrides {
            burst: Override::Limit(number(100)),
            ..Overrides::default()
        },
    };
    let at = |plan: &Plan| Revisions::Only(vec![plan.revision]);
    let changed = store
        .change_plan(&ops(), &pro.name, &change, &at(&pro))
        .await
        .unwrap();
    assert_eq!(changed.revision, pro.revision + 1);
    assert_eq!(changed.limits.requests_per_second, Some(number(50)));
    assert_eq!(changed.limits.burst, Some(number(100)));
    assert_eq!(changed.description, "Customers.");
    let unlimited = PlanChange {
        limits: Overrides {
            requests_per_second: Override::Unlimited,
            ..Overrides::default()
        },
        ..PlanChange::default()
    };
    let stale = store.change_plan(&ops(), &pro.name, &unlimited, &at(&pro)).await;
    assert!(matches!(stale, Err(PlanError::Revision(2))), "{stale:?}");
    let changed = store
        .change_plan(&ops(), &pro.name, &unlimited, &at(&changed))
        .await
        .unwrap();
    assert_eq!(changed.limits.requests_per_second, None);
    // A repetition changes nothing.
    let again = store
        .change_plan(&ops(), &pro.name, &unlimited, &at(&changed))
        .await
        .unwrap();
    assert_eq!(again, changed);

    let delete = async |name: &str| store.delete_plan(&ops(), &plan(name), &Revisions::ANY).await;
    assert!(matches!(delete("default").await, Err(PlanError::Default)));
    assert!(matches!(delete("none").await, Err(PlanError::Unknown)));
    let acme = testkit::tenant(&plane, "acme").await.id;
    give(&plane, acme, with_plan("pro")).await.unwrap();
    assert!(matches!(delete("pro").await, Err(PlanError::InUse(1))));
    give(&plane, acme, with_plan("default")).await.unwrap();
    let stale = store.delete_plan(&ops(), &pro.name, &at(&pro)).await;
    assert!(matches!(stale, Err(PlanError::Revision(3))), "{stale:?}");
    delete("pro").await.unwrap();
    assert!(store.plan(&pro.name).await.unwrap().is_none());

    let mut session = in_store(&databases).await;
    let log =
        "SELECT string_agg(concat_ws(' ', actor, action, target, before->'limits'->>'requests_per_second',
            after->'limits'->>'requests_per_second', after->>'description'), E'\\n' ORDER BY id)
         FROM control.audit_log WHERE action LIKE 'plan.%' AND target = 'pro'";
    assert_eq!(
        one::<String>(&mut session, log).await,
        "ops plan.create pro 50 For a test.\n\
         ops plan.change pro 50 50 Customers.\n\
         ops plan.change pro 50 Customers.\n\
         ops plan.change pro Customers.\n\
         ops plan.delete pro"
    );
}

#[tokio::test]
async fn a_tenant_has_a_plan_and_may_override_it() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    create(&plane, "pro", rate(50)).await.unwrap();
    let new = NewTenant {
        plan: plan("pro"),
        overrides: Overrides {
            burst: Override::Limit(number(7)),
            requests_per_second: Override::Unlimited,
            ..Overrides::default()
        },
        ..NewTenant::named(name("acme"))
    };
    let unknown = NewTenant {
        plan: plan("none"),
        ..new.clone()
    };
    let refused = plane.begin_creation(&ops(), &unknown, None).await;
    assert!(matches!(refused, Err(CreateError::Plan(name)) if name == unknown.plan));
    let started = plane.begin_creation(&ops(), &new, None).await.unwrap();
    let (acme, _) = started.within(&plane, DEADLINE).await.unwrap();
    assert_eq!((&acme.plan, acme.overrides), (&new.plan, new.overrides));
    let limits = acme.request_limits();
    assert_eq!(
        (limits.requests_per_second, limits.burst),
        (None, Some(number(7)))
    );

    // What a pool need not learn of is no new version.
    let change = TenantChange {
        overrides: Some(Overrides::default()),
        ..TenantChange::default()
    };
    let changed = plane
        .change_tenant(&ops(), acme.id, &change, &Revisions::ANY, None)
        .await
        .unwrap();
    assert_eq!(changed.request_limits().requests_per_second, Some(number(50)));
    assert_eq!(
        (changed.version, changed.revision),
        (acme.version, acme.revision + 1)
    );
    let refused = give(&plane, acme.id, with_plan("none")).await;
    assert!(matches!(refused, Err(ChangeError::Plan(_))), "{refused:?}");
    testkit::tenant(&plane, "globex").await;
    let filter = TenantFilter {
        plan: Some(plan("pro")),
        ..TenantFilter::default()
    };
    let found = plane.store().tenants(&filter, None, 10).await.unwrap();
    assert_eq!(found, [changed]);

    let mut session = in_store(&databases).await;
    let log = format!(
        "SELECT concat_ws(' ', before->'limit_overrides', after->'limit_overrides', after->>'plan')
         FROM control.audit_log WHERE tenant_id = '{}' AND action = 'tenant.change'",
        acme.id
    );
    assert_eq!(
        one::<String>(&mut session, &log).await,
        r#"{"burst": 7, "requests_per_second": null} {} pro"#
    );
}

/// By its grants the service can neither rename a plan nor set its revision, and the constraints bind operators, too.
#[tokio::test]
async fn the_store_refuses_what_no_plan_may_be() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    create(&plane, "pro", rate(50)).await.unwrap();
    let acme = testkit::tenant(&plane, "acme").await.id;
    let server = databases.server();
    let mut service = server
        .connect(server.service(), databases.control().as_str())
        .await
        .unwrap();
    for denied in [
        "UPDATE control.plans SET name = 'other' WHERE name = 'pro'",
        "UPDATE control.plans SET revision = 9",
        "UPDATE control.plans SET created_at = now(), updated_at = now()",
        "INSERT INTO control.plans (name, revision) VALUES ('other', 9)",
        "TRUNCATE control.plans CASCADE",
        "ALTER TABLE control.plans DISABLE TRIGGER ALL",
        "DROP TRIGGER keep_default_plan ON control.plans",
        "SELECT control.notify_plan()",
    ] {
        let refused = run(&mut service, denied).await.unwrap_err();
        assert_eq!(sqlstate(&refused), DENIED, "{denied}: {refused}");
    }
    let mut operator = in_store(&databases).await;
    for (code, refused) in [
        ("23001", "DELETE FROM control.plans WHERE name = 'default'"),
        (
            "23001",
            "UPDATE control.plans SET name = 'other' WHERE name = 'default'",
        ),
        ("23514", "INSERT INTO control.plans (name) VALUES ('Pro')"),
        ("23514", "INSERT INTO control.plans (name) VALUES ('-pro')"),
        ("23514", "UPDATE control.plans SET burst = 0"),
        ("23514", "UPDATE control.plans SET request_timeout_ms = 3600001"),
        (
            "23514",
            "UPDATE control.plans SET response_body_bytes = 1073741825",
        ),
        ("23503", "UPDATE control.tenants SET plan = 'none'"),
    ] {
        let error = run(&mut operator, refused).await.unwrap_err();
        assert_eq!(sqlstate(&error), code, "{refused}: {error}");
    }
    for wrong in [
        "[]",
        "null",
        "7",
        r#"{"rate": 1}"#,
        r#"{"burst": 0}"#,
        r#"{"burst": 1.5}"#,
        r#"{"burst": -1}"#,
        r#"{"burst": 1000001}"#,
        r#"{"burst": "5"}"#,
        r#"{"burst": [5]}"#,
        r#"{"burst": {}}"#,
        r#"{"burst": true}"#,
        r#"{"requests_per_second": 1000001}"#,
        r#"{"concurrent_requests": 1000001}"#,
        r#"{"request_timeout_ms": 3600001}"#,
        r#"{"statement_timeout_ms": 3600001}"#,
        r#"{"request_body_bytes": 1073741825}"#,
        r#"{"response_body_bytes": 1e12}"#,
    ] {
        let set = format!("UPDATE control.tenants SET limit_overrides = '{wrong}'");
        let error = run(&mut operator, &set).await.unwrap_err();
        assert_eq!(sqlstate(&error), "23514", "{wrong}: {error}");
    }
    // What is let in is read.
    for fit in [
        "{}",
        r#"{"burst": 50.0, "request_timeout_ms": null}"#,
        r#"{"burst": 5e1, "requests_per_second": 1000000, "response_body_bytes": 1073741824}"#,
    ] {
        let set = format!("UPDATE control.tenants SET limit_overrides = '{fit}'");
        run(&mut operator, &set).await.unwrap();
        let tenant = plane.tenant(acme).await.unwrap().unwrap();
        let burst = tenant.request_limits().burst;
        assert_eq!(burst, (fit != "{}").then_some(number(50)), "{fit}");
    }
}

/// The memory of another process, which follows the store, by way of a proxy that can break.
struct Follower {
    plane: ControlPlane,
    proxy: Proxy,
    task: tokio::task::JoinHandle<()>,
}

impl Follower {
    async fn new(databases: &Databases) -> Self {
        let settings = databases.settings();
        let proxy = Proxy::before(&settings.control);
        let settings = ControlPlaneSettings {
            control: proxy.cluster(&settings.control),
            ..settings
        };
        let plane = ControlPlane::open(settings, testkit::envelope());
        let following = plane.clone();
        let task = tokio::spawn(async move { following.follow_keys_and_plans(DEADLINE).await });
        timeout(DEADLINE, plane.live_plans().loaded()).await.unwrap();
        Self { plane, proxy, task }
    }

    fn rate_of(&self, tenant: TenantId) -> Option<u32> {
        let limits = self.plane.live_plans().of(tenant).limits;
        limits.requests_per_second.map(NonZeroU32::get)
    }

    /// Waits until the tenant has this rate.
    async fn until(&self, tenant: TenantId, rate: Option<u32>) -> Duration {
        let start = Instant::now();
        while self.rate_of(tenant) != rate {
            assert!(start.elapsed() < DEADLINE, "still {:?}", self.rate_of(tenant));
            sleep(Duration::from_millis(5)).await;
        }
        start.elapsed()
    }

    /// Waits until the tenant has this rate, which must be soon.
    async fn soon(&self, tenant: TenantId, rate: Option<u32>) {
        let taken = self.until(tenant, rate).await;
        assert!(taken < PROMISE, "{taken:?}");
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn a_change_is_known_to_other_processes_within_a_second() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    create(&plane, "pro", rate(50)).await.unwrap();
    let (acme, globex) = (
        testkit::tenant(&plane, "acme").await.id,
        testkit::tenant(&plane, "globex").await.id,
    );
    give(&plane, globex, with_plan("pro")).await.unwrap();
    let follower = Follower::new(&databases).await;
    let live = follower.plane.live_plans();
    assert_eq!(
        (follower.rate_of(acme), follower.rate_of(globex)),
        (None, Some(50))
    );

    // A plan, also the default one; a tenant's plan and overrides; a new plan with a new tenant.
    let before = live.of(globex).revision;
    set_rate(&plane, "pro", 60).await;
    follower.soon(globex, Some(60)).await;
    assert_ne!(live.of(globex).revision, before);
    set_rate(&plane, "default", 5).await;
    follower.soon(acme, Some(5)).await;
    let own = TenantChange {
        overrides: Some(rate(7)),
        ..TenantChange::default()
    };
    give(&plane, acme, own).await.unwrap();
    follower.soon(acme, Some(7)).await;
    create(&plane, "max", rate(900)).await.unwrap();
    let new = NewTenant {
        plan: plan("max"),
        ..NewTenant::named(name("initech"))
    };
    let initech = plane.begin_creation(&ops(), &new, None).await.unwrap().tenant.id;
    follower.soon(initech, Some(900)).await;
    assert_eq!(live.plan_of(initech), plan("max"));

    // An operator's SQL, in one transaction.
    let mut operator = in_store(&databases).await;
    let moved = format!(
        "BEGIN; UPDATE control.tenants SET plan = 'pro', limit_overrides = '{{}}' WHERE id = '{acme}';
         UPDATE control.plans SET requests_per_second = NULL WHERE name = 'pro'; COMMIT"
    );
    run(&mut operator, &moved).await.unwrap();
    follower.soon(acme, None).await;
    // Any login can notify: what is no name and no id is ignored, and the rest is only read again.
    let noise = format!(
        "NOTIFY plan_changed, 'No such'; NOTIFY tenant_plan_changed, 'x'; NOTIFY plan_changed, 'pro';
         NOTIFY tenant_plan_changed, '{globex}'"
    );
    let before = live.of(globex);
    run(&mut operator, &noise).await.unwrap();
    set_rate(&plane, "default", 6).await;
    follower.soon(testkit::unknown_tenant(), Some(6)).await;
    assert_eq!(live.of(globex), before);

    // A deleted tenant that is purged leaves its plan.
    let lead = async |transition| {
        let started = plane
            .transition(&ops(), initech, transition, &Revisions::ANY)
            .await
            .unwrap();
        started.within(&plane, DEADLINE).await.unwrap();
    };
    lead(Transition::Offboard {
        grace: Some(time::Duration::days(1)),
    })
    .await;
    let delete = async || {
        let store = plane.store();
        store.delete_plan(&ops(), &plan("max"), &Revisions::ANY).await
    };
    assert!(matches!(delete().await, Err(PlanError::InUse(1))));
    lead(Transition::Purge).await;
    follower.soon(initech, Some(6)).await;
    delete().await.unwrap();
    run(
        &mut operator,
        &format!("DELETE FROM control.tenants WHERE id = '{globex}'"),
    )
    .await
    .unwrap();
    follower.soon(globex, Some(6)).await;
}

#[tokio::test]
async fn what_was_missed_is_read_when_the_connection_is_back_and_until_then_the_last_limits_hold() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    create(&plane, "pro", rate(50)).await.unwrap();
    let (acme, globex) = (
        testkit::tenant(&plane, "acme").await.id,
        testkit::tenant(&plane, "globex").await.id,
    );
    give(&plane, acme, with_plan("pro")).await.unwrap();
    give(&plane, globex, with_plan("pro")).await.unwrap();
    let follower = Follower::new(&databases).await;
    let before = follower.plane.live_plans().of(acme);

    follower.proxy.refuse().await;
    follower.proxy.cut().await;
    create(&plane, "max", rate(900)).await.unwrap();
    give(&plane, acme, with_plan("max")).await.unwrap();
    give(&plane, globex, with_plan("default")).await.unwrap();
    plane
        .store()
        .delete_plan(&ops(), &plan("pro"), &Revisions::ANY)
        .await
        .unwrap();
    assert_eq!(follower.plane.live_plans().of(acme), before);
    assert_eq!(follower.rate_of(globex), Some(50));
    follower.proxy.heal();
    follower.until(acme, Some(900)).await;
    assert_eq!(follower.rate_of(globex), None);

    // Everything is loaded again: a notice is heard.
    set_rate(&plane, "max", 850).await;
    follower.soon(acme, Some(850)).await;
    // A network that drops packets: nothing says that the connection is lost.
    follower.proxy.freeze_open();
    set_rate(&plane, "max", 800).await;
    follower.until(acme, Some(800)).await;
}
