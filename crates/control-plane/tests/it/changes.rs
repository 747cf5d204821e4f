//! Changes of tenants as a registry is told of them, over a network that breaks.

use std::pin::Pin;
use std::time::Duration;

use control_plane::{ControlPlane, ControlPlaneSettings};
use futures_util::{Stream, StreamExt as _};
use sqlx::postgres::PgConnection;
use tenant_registry::{Change, TenantId, TenantNotice, TenantSource as _};
use testkit::{Databases, Proxy};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{in_store, one, run};

/// On a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

type Changes = Pin<Box<dyn Stream<Item = Change> + Send>>;

/// A tenant, an operator who changes it, and a control plane whose way to the store can be broken.
struct Scene {
    databases: Databases,
    proxy: Proxy,
    plane: ControlPlane,
    tenant: TenantId,
    operator: PgConnection,
}

impl Scene {
    async fn new() -> Self {
        let databases = Databases::new().await;
        let tenant = testkit::tenant(&databases.control_plane(), "acme").await.id;
        let settings = databases.settings();
        let proxy = Proxy::before(&settings.control);
        let settings = ControlPlaneSettings {
            control: proxy.cluster(&settings.control),
            ..settings
        };
        Self {
            operator: in_store(&databases).await,
            plane: ControlPlane::open(settings, testkit::envelope()),
            databases,
            proxy,
            tenant,
        }
    }

    /// Changes from here on.
    async fn changes(&self) -> Changes {
        let mut changes: Changes = Box::pin(self.plane.changes());
        assert_eq!(next(&mut changes).await, Change::Resync);
        changes
    }

    async fn set(&mut self, change: &str) {
        let tenant = self.tenant;
        run(
            &mut self.operator,
            &format!("UPDATE control.tenants SET {change} WHERE id = '{tenant}'"),
        )
        .await
        .unwrap();
    }

    /// How the tenant stands, asked without the proxy.
    async fn now(&mut self) -> TenantNotice {
        let query = format!("SELECT version FROM control.tenants WHERE id = '{}'", self.tenant);
        let version: i64 = one(&mut self.operator, &query).await;
        let query = format!(
            "SELECT state = 'active' FROM control.tenants WHERE id = '{}'",
            self.tenant
        );
        TenantNotice {
            tenant: self.tenant,
            version: Some(version.unsigned_abs()),
            served: one(&mut self.operator, &query).await,
        }
    }

    /// What a registry asks after a [`Change::Resync`].
    async fn standing(&self, tenant: TenantId) -> Vec<TenantNotice> {
        let source = self.plane.source();
        source.standing(vec![tenant]).await.unwrap().unwrap()
    }

    /// Expects this next. A machine that stands still for half a second loses the connection, and then finds the same
    /// by asking.
    async fn hears(&self, changes: &mut Changes, expected: TenantNotice) {
        let connections = self.proxy.accepted();
        match next(changes).await {
            Change::Tenant(notice) => assert_eq!(notice, expected),
            Change::Resync => {
                assert!(self.proxy.accepted() > connections, "nothing was lost");
                assert_eq!(self.standing(expected.tenant).await, [expected]);
            }
        }
    }
}

async fn next(changes: &mut Changes) -> Change {
    timeout(DEADLINE, changes.next())
        .await
        .expect("a change comes")
        .unwrap()
}

async fn resync(changes: &mut Changes) {
    assert_eq!(next(changes).await, Change::Resync);
}

#[tokio::test]
async fn every_change_comes_as_it_stands_after_it() {
    let mut scene = Scene::new().await;
    let mut changes = scene.changes().await;
    for (change, served) in [
        ("state = 'suspended'", false),
        ("state = 'active'", true),
        ("max_connections = 3", true),
        ("state = 'provisioning'", false),
    ] {
        scene.set(change).await;
        let now = scene.now().await;
        assert_eq!(now.served, served, "{change}");
        scene.hears(&mut changes, now).await;
    }
    run(&mut scene.operator, "DELETE FROM control.tenants")
        .await
        .unwrap();
    let gone = TenantNotice {
        tenant: scene.tenant,
        version: None,
        served: false,
    };
    scene.hears(&mut changes, gone).await;
    assert_eq!(scene.standing(scene.tenant).await, [gone]);
}

#[tokio::test]
async fn what_is_rolled_back_does_not_come() {
    let mut scene = Scene::new().await;
    let mut changes = scene.changes().await;
    for sql in [
        "BEGIN; UPDATE control.tenants SET state = 'suspended'; ROLLBACK",
        "UPDATE control.tenants SET last_active_at = now()",
    ] {
        run(&mut scene.operator, sql).await.unwrap();
    }
    scene.set("max_connections = 3").await;
    let now = scene.now().await;
    scene.hears(&mut changes, now).await;
}

/// As several replicas do.
#[tokio::test]
async fn all_who_listen_are_told() {
    let mut scene = Scene::new().await;
    let mut replicas = [scene.changes().await, scene.changes().await];
    scene.set("state = 'suspended'").await;
    let now = scene.now().await;
    for changes in &mut replicas {
        scene.hears(changes, now).await;
    }
}

/// More than one query reads.
#[tokio::test]
async fn many_changes_at_once_all_come() {
    const TENANTS: usize = 3000;
    let mut scene = Scene::new().await;
    run(
        &mut scene.operator,
        &format!(
            "INSERT INTO control.tenants (id, name) SELECT gen_random_uuid(), n::text FROM generate_series(2, {TENANTS}) AS n"
        ),
    )
    .await
    .unwrap();
    let mut changes = scene.changes().await;
    run(
        &mut scene.operator,
        "BEGIN; UPDATE control.tenants SET max_connections = 1; UPDATE control.tenants SET state = 'suspended'; COMMIT",
    )
    .await
    .unwrap();
    let mut told = std::collections::HashMap::new();
    while told.len() < TENANTS {
        match next(&mut changes).await {
            Change::Tenant(notice) => drop(told.insert(notice.tenant, notice)),
            // See `hears`: whatever was missed comes with the next change.
            Change::Resync => {
                run(
                    &mut scene.operator,
                    "UPDATE control.tenants SET version = version + 1",
                )
                .await
                .unwrap();
            }
        }
    }
    assert!(told.values().all(|notice| !notice.served));
}

/// A reset is noticed at once, also where the port is closed for a while, and what changed meanwhile is not missed.
#[tokio::test]
async fn a_lost_connection_is_made_anew_and_says_so() {
    let mut scene = Scene::new().await;
    let mut changes = scene.changes().await;
    scene.proxy.cut().await;
    resync(&mut changes).await;

    scene.proxy.refuse().await;
    scene.proxy.cut().await;
    scene.set("state = 'suspended'").await;
    // Nothing comes while the store is not there: neither a change nor an end.
    assert!(timeout(Duration::from_secs(1), changes.next()).await.is_err());
    scene.proxy.heal();
    resync(&mut changes).await;
    let now = scene.now().await;
    assert_eq!(scene.standing(scene.tenant).await, [now]);

    scene.set("state = 'active'").await;
    let now = scene.now().await;
    scene.hears(&mut changes, now).await;
}

/// The server ends the backend, as at a restart.
#[tokio::test]
async fn a_backend_that_is_ended_is_replaced() {
    let mut scene = Scene::new().await;
    let mut changes = scene.changes().await;
    assert_eq!(listeners(&mut scene.operator).await, 1);
    run(
        &mut scene.operator,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = 'tenantry_service' AND query ~ 'LISTEN'",
    )
    .await
    .unwrap();
    resync(&mut changes).await;
    scene.set("state = 'suspended'").await;
    let now = scene.now().await;
    scene.hears(&mut changes, now).await;
}

/// No byte comes and no end either: only a heartbeat tells.
#[tokio::test]
async fn a_silent_network_is_noticed() {
    let mut scene = Scene::new().await;
    let mut changes = scene.changes().await;
    let connections = scene.proxy.accepted();
    scene.proxy.freeze();
    scene.set("state = 'suspended'").await;
    timeout(DEADLINE, async {
        while scene.proxy.accepted() == connections {
            let told = timeout(Duration::from_millis(20), changes.next()).await;
            assert!(told.is_err(), "told over a network that is silent: {told:?}");
        }
    })
    .await
    .expect("it connects anew");
    scene.proxy.heal();
    resync(&mut changes).await;
    let now = scene.now().await;
    assert_eq!(scene.standing(scene.tenant).await, [now]);
    scene.set("state = 'active'").await;
    let now = scene.now().await;
    scene.hears(&mut changes, now).await;
}

/// Any login of the store can notify. It can have a tenant read once more, and nothing else.
#[tokio::test]
async fn what_a_rogue_says_is_never_believed() {
    let mut scene = Scene::new().await;
    let mut changes = scene.changes().await;
    let (server, tenant) = (scene.databases.server(), scene.tenant);
    let mut rogue = server
        .connect(server.service(), scene.databases.control().as_str())
        .await
        .unwrap();
    let long = "x".repeat(7999);
    for payload in [
        "",
        "x",
        "*",
        "résumé",
        "00000000-0000-0000-0000-00000000000",
        &format!("{tenant} suspended"),
        &format!("{{\"tenant\":\"{tenant}\",\"served\":false}}"),
        &long,
    ] {
        sqlx::query("SELECT pg_notify('tenant_changed', $1)")
            .bind(payload)
            .execute(&mut rogue)
            .await
            .unwrap();
    }
    run(&mut rogue, "NOTIFY tenant_changed; NOTIFY other, 'x'")
        .await
        .unwrap();
    let nobody = testkit::nobody();
    run(&mut rogue, &format!("NOTIFY tenant_changed, '{nobody}'"))
        .await
        .unwrap();
    let unknown = TenantNotice {
        tenant: nobody,
        version: None,
        served: false,
    };
    scene.hears(&mut changes, unknown).await;

    // Named without a change, the tenant is read, and stands as it did.
    run(&mut rogue, &format!("NOTIFY tenant_changed, '{tenant}'"))
        .await
        .unwrap();
    let now = scene.now().await;
    assert!(now.served);
    scene.hears(&mut changes, now).await;
}

async fn listeners(session: &mut PgConnection) -> i64 {
    one(
        session,
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = 'tenantry_service' AND query ~ 'LISTEN'",
    )
    .await
}

#[tokio::test]
async fn dropping_it_ends_its_connection() {
    let mut scene = Scene::new().await;
    let changes = scene.changes().await;
    drop(changes);
    let service = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'tenantry_service'";
    scene.plane.close().await;
    timeout(DEADLINE, async {
        while one::<i64>(&mut scene.operator, service).await > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the connection ends");
}

/// One answer for each that is asked for, in their order.
#[tokio::test]
async fn a_source_knows_how_tenants_stand() {
    let mut scene = Scene::new().await;
    scene.set("state = 'suspended'").await;
    let suspended = scene.now().await;
    let gone = testkit::nobody();
    let active = testkit::tenant(&scene.plane, "other").await;
    let source = scene.plane.source();
    let standing = source.standing(vec![gone, scene.tenant, active.id]).await;
    assert_eq!(
        standing.unwrap().unwrap(),
        [
            TenantNotice {
                tenant: gone,
                version: None,
                served: false
            },
            suspended,
            TenantNotice {
                tenant: active.id,
                version: Some(active.version.unsigned_abs()),
                served: true
            },
        ]
    );
    assert_eq!(
        scene.plane.source().standing(Vec::new()).await.unwrap(),
        Some(vec![])
    );
}

/// A network that has forgotten the sockets that were open, those of the store's pool too: what was missed is found over
/// the listener's fresh connection, long before the pool's acquire timeout (30 s here) has passed.
#[tokio::test]
async fn what_was_missed_is_found_where_the_pools_sockets_are_dead() {
    let mut scene = Scene::new().await;
    let store = scene.plane.store().clone();
    let several = || async { tokio::join!(store.ping(), store.ping(), store.ping(), store.ping()) };
    let opened = several().await;
    opened.0.and(opened.1).and(opened.2).and(opened.3).unwrap();
    let mut changes = scene.changes().await;
    let began = Instant::now();
    scene.proxy.freeze_open();
    scene.set("state = 'suspended'").await;
    resync(&mut changes).await;
    let source = scene.plane.source();
    let standing = timeout(DEADLINE, async {
        tokio::select! {
            standing = source.standing(vec![scene.tenant]) => standing.unwrap().unwrap(),
            // As a registry does: changes are heard while it compares.
            _ = async { loop { changes.next().await; } } => unreachable!(),
        }
    });
    let standing = standing.await.expect("it does not wait for the pool");
    assert_eq!(standing, [scene.now().await]);
    // The pool itself tries one dead connection, and no second one.
    timeout(DEADLINE, store.ping()).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
