//! Which tenants were in use, noted by several replicas at once.

use std::time::Duration;

use control_plane::Store;
use futures_util::future::try_join_all;
use sqlx::postgres::PgConnection;
use tenant_registry::TenantId;
use testkit::Databases;
use tokio::time::timeout;

use crate::support::{in_store, one, run};

/// On a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn store(databases: &Databases) -> Store {
    databases.control_plane().store().clone()
}

/// This many active tenants without logins, in the order of their ids.
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

/// Moves what is noted of this tenant into the past.
async fn noted_before(session: &mut PgConnection, tenant: TenantId, seconds: u32) {
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
async fn the_most_recent_come_first_and_only_who_is_served() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let mut operator = in_store(&databases).await;
    let all = tenants(&mut operator, 6).await;
    let [a, b, c, suspended, provisioning, never] = *all.as_slice() else {
        panic!("there are six");
    };
    assert_eq!(store.recently_active(10).await.unwrap(), []);

    store
        .mark_active(&[a, b, c, suspended, provisioning, testkit::nobody()])
        .await
        .unwrap();
    noted_before(&mut operator, a, 60).await;
    noted_before(&mut operator, c, 90).await;
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

/// A row is written at most twice a minute, however often its tenant is named.
#[tokio::test]
async fn who_was_noted_just_now_is_not_written_again() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let mut operator = in_store(&databases).await;
    let tenant = tenants(&mut operator, 1).await[0];
    let row = "SELECT concat_ws(' ', xmin, version, updated_at) FROM control.tenants";
    let version = "SELECT version FROM control.tenants";
    store.mark_active(&[tenant, tenant]).await.unwrap();
    for (seconds, written) in [(20, false), (40, true)] {
        noted_before(&mut operator, tenant, seconds).await;
        let before: String = one(&mut operator, row).await;
        store.mark_active(&[tenant]).await.unwrap();
        let after: String = one(&mut operator, row).await;
        assert_eq!(before != after, written, "{seconds} seconds ago");
    }
    // Being in use is no change that a pool must learn of.
    assert_eq!(one::<i64>(&mut operator, version).await, 1);
}

/// In opposite orders, which is what deadlocks are made of.
#[tokio::test]
async fn replicas_do_not_stand_in_each_others_way() {
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

/// An operator in the middle of a transaction delays nobody but his own tenant's note.
#[tokio::test]
async fn a_row_that_is_held_is_passed_over() {
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

/// Ten thousand tenants are not sorted for the first hundred.
#[tokio::test]
async fn the_most_recent_are_found_by_an_index() {
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
