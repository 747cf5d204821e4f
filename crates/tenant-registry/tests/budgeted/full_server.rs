//! Servers with fewer free connections than the budget counts on (53300), because other clients use them.

use std::time::Duration;

use futures_util::future::join_all;
use schema::Login;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Failure, TenantDb};
use testkit::TestServer;
use tokio::time::sleep;

use crate::bare_cluster::BareCluster;
use crate::suite::support::{Knobs, login, within_long};
use crate::test_cluster::{ClusterSetup, TestCluster, checked_snapshot, select_one};

const TENANTS: usize = 30;
/// The budget's cap, and the connections that the server really has for it.
const CAP: u32 = 14;
const PLACES: usize = 6;

async fn full(knobs: Knobs) -> (BareCluster, Vec<PgConnection>) {
    let mut cluster = BareCluster::new(
        TestServer::bare_with(&[("max_connections", "20")]).await,
        TENANTS,
        CAP,
        knobs,
    )
    .await;
    let create = "CREATE ROLE another_service LOGIN PASSWORD 'a test'";
    cluster.superuser.execute(create).await.unwrap();
    let another = Login::new("another_service", "a test".to_owned().into());
    let mut others = Vec::new();
    fill(&cluster, &another, &mut others).await;
    (cluster, others)
}

/// Opens connections until the server refuses this login.
async fn fill(cluster: &BareCluster, login: &Login, others: &mut Vec<PgConnection>) {
    within_long(async {
        while let Ok(connection) = cluster.server.connect(login, "postgres").await {
            others.push(connection);
        }
    })
    .await;
}

async fn until_withheld(cluster: &BareCluster, condition: impl Fn(u32) -> bool) {
    within_long(async {
        while !condition(checked_snapshot(&cluster.budget).withheld) {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_is_served_within_a_lowered_cap_which_grows_back() {
    let (cluster, mut others) = full(Knobs::default()).await;
    others.truncate(others.len() - PLACES);
    for _ in 0..3 {
        for outcome in within_long(join_all(cluster.dbs.iter().map(select_one))).await {
            outcome.unwrap();
        }
    }
    let short = checked_snapshot(&cluster.budget);
    assert!(short.server_full > 0, "{short:?}");
    assert_eq!((short.failed_logins, short.failing_tenants), (0, 0), "{short:?}");
    drop(others);
    until_withheld(&cluster, |withheld| withheld == 0).await;
    assert_eq!(checked_snapshot(&cluster.budget).ledger.cap, CAP);
    // The whole cap is usable at once.
    let held = join_all(cluster.dbs[..CAP as usize].iter().map(TenantDb::acquire));
    for connection in within_long(held).await {
        connection.unwrap();
    }
    cluster.close().await;
}

/// PostgreSQL refuses with two different errors: only reserved connections left, or none at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_without_a_permit_gets_the_cause_at_its_deadline() {
    let (cluster, mut others) = full(Knobs {
        acquire_timeout: Duration::from_millis(700),
        ..Knobs::default()
    })
    .await;
    for reserved_too in [false, true] {
        if reserved_too {
            fill(&cluster, cluster.server.superuser_login(), &mut others).await;
        }
        let error = within_long(select_one(&cluster.dbs[0])).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::ServerFull, "{error}");
        assert!(Failure::retry_after(&error).is_some());
        let short = checked_snapshot(&cluster.budget);
        assert_eq!((short.failed_logins, short.failing_tenants), (0, 0), "{short:?}");
        assert_eq!(cluster.dbs[0].snapshot().trouble, None);
    }
    // A request that waits when a connection becomes free is served.
    let db = cluster.dbs[1].clone();
    let waiting = tokio::spawn(async move { while select_one(&db).await.is_err() {} });
    until_withheld(&cluster, |withheld| withheld > 0).await;
    drop(others);
    within_long(waiting).await.unwrap();
    until_withheld(&cluster, |withheld| withheld == 0).await;
    cluster.close().await;
}

/// These limits are 53300 as well, but concern one login or database only.
#[tokio::test]
async fn the_limit_of_a_login_or_of_a_database_takes_nothing_from_the_cap() {
    let cluster = TestCluster::new(ClusterSetup {
        tenants: 3,
        ..ClusterSetup::default()
    })
    .await;
    let (limited, another, other) = (
        cluster.tenant_db(0).await,
        cluster.tenant_db(1).await,
        cluster.tenant_db(2).await,
    );
    let mut outside = cluster.maintenance_connection().await;
    let of_login = format!("ROLE {}", login(cluster.tenants[0]));
    let of_database = format!("DATABASE {}", cluster.world.databases.data());
    select_one(&other).await.unwrap();
    for (db, limit, failure) in [
        (&limited, of_login, Failure::PoolBusy),
        (&another, of_database, Failure::ServerFull),
    ] {
        let alter = |to: i32| AssertSqlSafe(format!("ALTER {limit} CONNECTION LIMIT {to}"));
        outside.execute(alter(0)).await.unwrap();
        let error = within_long(select_one(db)).await.unwrap_err();
        assert_eq!(Failure::of(&error), failure, "{error}");
        let snapshot = cluster.checked_snapshot();
        assert_eq!(
            (snapshot.withheld, snapshot.ledger.cap),
            (0, snapshot.target),
            "{snapshot:?}"
        );
        select_one(&other).await.unwrap();
        outside.execute(alter(-1)).await.unwrap();
        within_long(async { while select_one(db).await.is_err() {} }).await;
    }
    cluster.close().await;
}
