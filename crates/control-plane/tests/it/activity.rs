//! Recently active tenants, recorded by several replicas.

use std::time::Duration;

use control_plane::Store;
use futures_util::future::try_join_all;
use sqlx::postgres::PgConnection;
use tenant_registry::TenantId;
use testkit::{Databases, in_store};
use tokio::time::timeout;

use crate::support::{one, run};

/// Generous, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn store(databases: &Databases) -> Store {
    databases.control_plane().store().clone()
}

/// Inserts active tenants without logins and returns them in the order of their ids.
async fn tenants(session: &mut PgConnection, count: u32) -> Vec<TenantId> {
    run(
        session,
        &format!(
            "INSERT INTO control.tenants (id, name, state)
             SELECT lpad(n::text, 32, '0')::uuid, n::text, 'active' FROM generate_series(1, {count}) AS n"
        ),
    )
    .await
    .unwrap();
    (1..=count)
        .map(|number| format!("{number:032}").parse().unwrap())
        .collect()
}

/// Backdates the recorded activity of a tenant.
async fn backdate(session: &mut PgConnection, tenant: TenantId, seconds: u32) {
    run(
        session,
        &format!(
            "UPDATE control.tenants SET last_active_at = now() - interval '{seconds} seconds' WHERE id = '{tenant}'"
        ),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn recently_active_tenants_are_listed_newest_first() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let mut operator = in_store(&databases).await;
    let all = tenants(&mut operator, 6).await;
    let [a, b, c, suspended, provisioning, never] = *all.as_slice() else {
        panic!("there are six");
    };
    assert_eq!(store.recently_active(10).await.unwrap(), []);

    store
        .mark_active(&[a, b, c, suspended, provisioning, testkit::unknown_tenant()])
        .await
        .unwrap();
    backdate(&mut operator, a, 60).await;
    backdate(&mut operator, c, 90).await;
    for (tenant, state) in [(suspended, "suspended"), (provisioning, "provisioning")] {
        run(
            &mut operator,
            &format!("UPDATE control.tenants SET state = '{state}' WHERE id = '{tenant}'"),
        )
        .await
        .unwrap();
    }
    assert_eq!(store.recently_active(10).await.unwrap(), [b, a, c]);
    assert_eq!(store.recently_active(2).await.unwrap(), [b, a]);
    assert_eq!(store.recently_active(0).await.unwrap(), []);

    store.mark_active(&[c, never]).await.unwrap();
    assert_eq!(store.recently_active(2).await.unwrap(), [c, never]);
    store.mark_active(&[]).await.unwrap();
}

/// A row is written at most twice a minute.
#[tokio::test]
async fn a_recent_record_is_not_repeated() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let mut operator = in_store(&databases).await;
    let tenant = tenants(&mut operator, 1).await[0];
    let row = "SELECT concat_ws(' ', xmin, version, updated_at) FROM control.tenants";
    let version = "SELECT version FROM control.tenants";
    store.mark_active(&[tenant, tenant]).await.unwrap();
    for (seconds, written) in [(20, false), (40, true)] {
        backdate(&mut operator, tenant, seconds).await;
        let before: String = one(&mut operator, row).await;
        store.mark_active(&[tenant]).await.unwrap();
        let after: String = one(&mut operator, row).await;
        assert_eq!(before != after, written, "{seconds} seconds ago");
    }
    // Activity does not change the version.
    assert_eq!(one::<i64>(&mut operator, version).await, 1);
}

/// Concurrent updates in opposite orders must not deadlock.
#[tokio::test]
async fn replicas_do_not_deadlock() {
    let databases = Databases::new().await;
    let mut operator = in_store(&databases).await;
    let forward = tenants(&mut operator, 500).await;
    let backward: Vec<TenantId> = forward.iter().rev().copied().collect();
    let replicas = [store(&databases), store(&databases)];
    for _ in 0..10 {
        run(&mut operator, "UPDATE control.tenants SET last_active_at = NULL")
            .await
            .unwrap();
        let work = replicas.iter().flat_map(|store| {
            [
                store.mark_active(&forward),
                store.mark_active(&backward),
                store.mark_active(&forward[100..400]),
            ]
        });
        timeout(DEADLINE, try_join_all(work)).await.unwrap().unwrap();
        assert_eq!(replicas[0].recently_active(1000).await.unwrap().len(), 500);
    }
}

/// An operator's open transaction delays only the record of its own tenant.
#[tokio::test]
async fn a_locked_row_is_skipped() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let mut operator = in_store(&databases).await;
    let [held, free] = *tenants(&mut operator, 2).await.as_slice() else {
        panic!("there are two");
    };
    run(
        &mut operator,
        &format!("BEGIN; UPDATE control.tenants SET max_connections = 2 WHERE id = '{held}'"),
    )
    .await
    .unwrap();
    timeout(DEADLINE, store.mark_active(&[held, free]))
        .await
        .expect("it does not wait")
        .unwrap();
    assert_eq!(store.recently_active(10).await.unwrap(), [free]);
    run(&mut operator, "ROLLBACK").await.unwrap();
    store.mark_active(&[held, free]).await.unwrap();
    assert_eq!(store.recently_active(10).await.unwrap(), [held, free]);
}

/// The list of a hundred does not sort ten thousand tenants.
#[tokio::test]
async fn recently_active_tenants_are_found_by_an_index() {
    let databases = Databases::new().await;
    let mut operator = in_store(&databases).await;
    let all = tenants(&mut operator, 10_000).await;
    store(&databases).mark_active(&all).await.unwrap();
    run(&mut operator, "ANALYZE control.tenants").await.unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT id FROM control.tenants WHERE state = 'active' AND last_active_at IS NOT NULL
         ORDER BY last_active_at DESC, id LIMIT 100",
    )
    .fetch_all(&mut operator)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(
        plan.contains("Index Scan using tenants_last_active_at_idx") && !plan.contains("Sort"),
        "{plan}"
    );
}
