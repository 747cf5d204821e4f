//! A cluster of tenants that are bare logins, on a server of the test's own.

use std::collections::HashMap;
use std::sync::Arc;

use schema::Login;
use sqlx::AssertSqlSafe;
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tenant_registry::{
    Budget, BudgetSettings, BudgetedPool, BudgetedSettings, Registry, RegistrySettings, SentinelSettings,
    TenantDb, TenantId, TenantSpec,
};
use testkit::TestServer;
use uuid::Uuid;

use crate::suite::support::{Db, Knobs, login, within_long};
use crate::test_cluster::{InMemorySource, checked_snapshot};

const MAX: u32 = 3;

/// A server, tenants with their pools, and their budget.
pub(crate) struct BareCluster {
    pub(crate) server: TestServer,
    pub(crate) superuser: PgConnection,
    pub(crate) budget: Budget,
    pub(crate) dbs: Vec<Db>,
    registry: Registry<BudgetedPool>,
    cap: u32,
}

impl BareCluster {
    pub(crate) async fn new(server: TestServer, tenants: usize, cap: u32, knobs: Knobs) -> Self {
        let mut superuser = server.superuser("postgres").await;
        let mut specs = HashMap::new();
        for _ in 0..tenants {
            let tenant = TenantId::new(Uuid::new_v4());
            let create = format!("CREATE ROLE {} LOGIN PASSWORD 'a test'", login(tenant));
            superuser.execute(AssertSqlSafe(create)).await.unwrap();
            let login = Login::new(login(tenant), "a test".to_owned().into());
            let connect = server.cluster().options(&login, "postgres");
            specs.insert(tenant, TenantSpec::new(tenant, connect, MAX));
        }
        // Test servers commit without fsync: a crash would lose what was just written.
        superuser.execute("CHECKPOINT").await.unwrap();
        let tenants: Vec<TenantId> = specs.keys().copied().collect();
        let sentinel = SentinelSettings::new(server.cluster().options(server.superuser_login(), "postgres"));
        let budget = Budget::start(BudgetSettings {
            max_connections: Some(cap),
            reserve: 1,
            ..BudgetSettings::new(sentinel)
        });
        let settings = Arc::new(BudgetedSettings {
            acquire_timeout: knobs.acquire_timeout,
            ping_after_idle: knobs.ping_after_idle,
            session: knobs.session,
            ..BudgetedSettings::new(budget.clone())
        });
        let source = Arc::new(InMemorySource(specs.into()));
        let registry = Registry::new(source, RegistrySettings::default(), settings);
        within_long(budget.ready()).await;
        let mut dbs = Vec::new();
        for tenant in tenants {
            dbs.push(TenantDb::new(registry.lease(tenant).await.unwrap()));
        }
        Self {
            server,
            superuser,
            budget,
            dbs,
            registry,
            cap,
        }
    }

    /// Closes all pools, and checks that every permit is free.
    pub(crate) async fn close(self) {
        drop(self.dbs);
        let deadline = crate::suite::support::LONG;
        assert_eq!(within_long(self.registry.shutdown(deadline)).await.open(), 0);
        let ledger = checked_snapshot(&self.budget).ledger;
        assert_eq!((ledger.cap, ledger.free), (self.cap, self.cap), "{ledger:?}");
    }
}
