//! A server with two tenants, a budget and a watchdog.

use std::sync::Arc;
use std::time::Duration;

use control_plane::ControlPlane;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use tenant_registry::{
    Budget, BudgetSettings, SentinelSettings, TenantId, TenantSource as _, WatchdogSettings,
};
use testkit::TestServer;
use tokio::time::{sleep, timeout};

use super::{CONTROL, DATA, PATIENCE, SETTINGS};
use crate::support::{one as ask, role, run};

/// A server of the test's own, since all of it is attacked, with two tenants and a watchdog.
pub(crate) struct WatchedCluster {
    pub(super) server: TestServer,
    pub(super) plane: ControlPlane,
    pub(super) a: TenantId,
    pub(super) b: TenantId,
    _budget: Budget,
}

impl WatchedCluster {
    /// With this sampling interval.
    pub(crate) async fn new(interval: Duration) -> Self {
        let server = TestServer::bare_with(SETTINGS).await;
        // Instances enough for all sessions that an attempt opens.
        let plane = server.migrated([CONTROL, DATA], true, 10).await;
        let (a, b) = (
            testkit::tenant(&plane, "a").await.id,
            testkit::tenant(&plane, "b").await.id,
        );
        let sentinel = SentinelSettings {
            connect: plane.sentinel_login(),
            end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
        };
        let budget = Budget::start(BudgetSettings {
            watchdog: Some(WatchdogSettings {
                interval,
                session_lock_percent: 5,
                tenant_lock_percent: 15,
                tenant_login: ControlPlane::TENANT_LOGIN.to_owned(),
                end_sessions: ControlPlane::END_SESSIONS.to_owned(),
                limit_connections: Some(Arc::new(ControlPlane::limit_connections_sql)),
            }),
            ..BudgetSettings::new(sentinel)
        });
        let cluster = Self {
            server,
            plane,
            a,
            b,
            _budget: budget,
        };
        for tenant in [a, b] {
            let mut session = cluster.session(tenant).await.unwrap();
            run(&mut session, "INSERT INTO app.users (name) VALUES ('1')")
                .await
                .unwrap();
        }
        cluster.until_watched().await;
        cluster
    }

    /// Waits until the watchdog is ready.
    pub(super) async fn until_watched(&self) {
        let watched = "SELECT EXISTS (SELECT FROM pg_stat_activity
            WHERE application_name = 'tenantry watchdog' AND state = 'idle in transaction')";
        let mut superuser = self.server.superuser(DATA).await;
        timeout(PATIENCE, async {
            while !ask::<bool>(&mut superuser, watched).await {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("the watchdog logs in");
    }

    /// Waits for the next sample: from then on there is time until the one after it.
    pub(super) async fn until_sampled(&self, superuser: &mut PgConnection) {
        let sampled =
            "SELECT query_start::text FROM pg_stat_activity WHERE application_name = 'tenantry watchdog'";
        let before: String = ask(superuser, sampled).await;
        timeout(PATIENCE, async {
            while ask::<String>(superuser, sampled).await == before {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .expect("the watchdog samples");
    }

    pub(super) async fn session(&self, tenant: TenantId) -> Result<PgConnection, sqlx::Error> {
        let spec = self.plane.source().load(tenant).await.unwrap();
        spec.connect.connect().await
    }

    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{data}", DATA)
            .replace("{control}", CONTROL)
            .replace("{own}", &role(self.a))
            .replace("{other}", &role(self.b))
    }
}
