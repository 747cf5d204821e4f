//! Change notices of tenants over a network that breaks.

mod outages;

use std::pin::Pin;
use std::time::Duration;

use control_plane::{ControlPlane, ControlPlaneSettings};
use futures_util::{Stream, StreamExt as _};
use sqlx::postgres::PgConnection;
use tenant_registry::{Change, TenantId, TenantNotice, TenantSource as _};
use testkit::{Databases, Proxy, in_store};
use tokio::time::{sleep, timeout};

use crate::support::{one, run};

/// Generous, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

type Changes = Pin<Box<dyn Stream<Item = Change> + Send>>;

/// A tenant, an operator's session, and a control plane behind a proxy that can break.
struct ChangesFixture {
    databases: Databases,
    proxy: Proxy,
    plane: ControlPlane,
    tenant: TenantId,
    operator: PgConnection,
}

impl ChangesFixture {
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

    /// The stream of changes.
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

    /// The tenant's standing, read without the proxy.
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

    /// The query of a registry after a [`Change::Resync`].
    async fn standing(&self, tenant: TenantId) -> Vec<TenantNotice> {
        let source = self.plane.source();
        source.standing(vec![tenant]).await.unwrap().unwrap()
    }

    /// Expects this notice next. A machine that stalls for half a second loses the connection, and then reads the same
    /// standing after the resync.
    async fn expect_notice(&self, changes: &mut Changes, expected: TenantNotice) {
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
async fn every_change_is_notified_with_the_new_standing() {
    let mut fixture = ChangesFixture::new().await;
    let mut changes = fixture.changes().await;
    for (change, served) in [
        ("state = 'suspended'", false),
        ("state = 'active'", true),
        ("max_connections = 3", true),
        ("state = 'provisioning'", false),
    ] {
        fixture.set(change).await;
        let now = fixture.now().await;
        assert_eq!(now.served, served, "{change}");
        fixture.expect_notice(&mut changes, now).await;
    }
    run(&mut fixture.operator, "DELETE FROM control.tenants")
        .await
        .unwrap();
    let gone = TenantNotice {
        tenant: fixture.tenant,
        version: None,
        served: false,
    };
    fixture.expect_notice(&mut changes, gone).await;
    assert_eq!(fixture.standing(fixture.tenant).await, [gone]);
}

#[tokio::test]
async fn a_rollback_is_not_notified() {
    let mut fixture = ChangesFixture::new().await;
    let mut changes = fixture.changes().await;
    for sql in [
        "BEGIN; UPDATE control.tenants SET state = 'suspended'; ROLLBACK",
        "UPDATE control.tenants SET last_active_at = now()",
    ] {
        run(&mut fixture.operator, sql).await.unwrap();
    }
    fixture.set("max_connections = 3").await;
    let now = fixture.now().await;
    fixture.expect_notice(&mut changes, now).await;
}

#[tokio::test]
async fn all_listeners_are_notified() {
    let mut fixture = ChangesFixture::new().await;
    let mut replicas = [fixture.changes().await, fixture.changes().await];
    fixture.set("state = 'suspended'").await;
    let now = fixture.now().await;
    for changes in &mut replicas {
        fixture.expect_notice(changes, now).await;
    }
}

/// More changes than one query reads.
#[tokio::test]
async fn many_concurrent_changes_are_notified() {
    const TENANTS: usize = 3000;
    let mut fixture = ChangesFixture::new().await;
    run(
        &mut fixture.operator,
        &format!(
            "INSERT INTO control.tenants (id, name) SELECT gen_random_uuid(), n::text FROM generate_series(2, {TENANTS}) AS n"
        ),
    )
    .await
    .unwrap();
    let mut changes = fixture.changes().await;
    run(
        &mut fixture.operator,
        "BEGIN; UPDATE control.tenants SET max_connections = 1; UPDATE control.tenants SET state = 'suspended'; COMMIT",
    )
    .await
    .unwrap();
    let mut told = std::collections::HashMap::new();
    while told.len() < TENANTS {
        match next(&mut changes).await {
            Change::Tenant(notice) => drop(told.insert(notice.tenant, notice)),
            // See `expect_notice`: a missed notice comes with the next change.
            Change::Resync => {
                run(
                    &mut fixture.operator,
                    "UPDATE control.tenants SET version = version + 1",
                )
                .await
                .unwrap();
            }
        }
    }
    assert!(told.values().all(|notice| !notice.served));
}

/// Any login of the store can notify. That only causes a tenant to be read again.
#[tokio::test]
async fn forged_notifications_are_harmless() {
    let mut fixture = ChangesFixture::new().await;
    let mut changes = fixture.changes().await;
    let (server, tenant) = (fixture.databases.server(), fixture.tenant);
    let mut rogue = server
        .connect(server.service(), fixture.databases.control().as_str())
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
    let unknown_tenant = testkit::unknown_tenant();
    run(&mut rogue, &format!("NOTIFY tenant_changed, '{unknown_tenant}'"))
        .await
        .unwrap();
    let unknown = TenantNotice {
        tenant: unknown_tenant,
        version: None,
        served: false,
    };
    fixture.expect_notice(&mut changes, unknown).await;

    // A notification without a change yields the unchanged standing.
    run(&mut rogue, &format!("NOTIFY tenant_changed, '{tenant}'"))
        .await
        .unwrap();
    let now = fixture.now().await;
    assert!(now.served);
    fixture.expect_notice(&mut changes, now).await;
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
async fn dropping_the_stream_closes_its_connection() {
    let mut fixture = ChangesFixture::new().await;
    let changes = fixture.changes().await;
    drop(changes);
    let service = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'tenantry_service'";
    fixture.plane.close().await;
    timeout(DEADLINE, async {
        while one::<i64>(&mut fixture.operator, service).await > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the connection ends");
}

/// One answer for each tenant, in the order of the query.
#[tokio::test]
async fn a_source_returns_the_standing_of_tenants() {
    let mut fixture = ChangesFixture::new().await;
    fixture.set("state = 'suspended'").await;
    let suspended = fixture.now().await;
    let gone = testkit::unknown_tenant();
    let active = testkit::tenant(&fixture.plane, "other").await;
    let source = fixture.plane.source();
    let standing = source.standing(vec![gone, fixture.tenant, active.id]).await;
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
        fixture.plane.source().standing(Vec::new()).await.unwrap(),
        Some(vec![])
    );
}
