//! Transitions of a tenant: suspend, resume, delete, undelete.

use std::time::Duration as StdDuration;

use control_plane::{
    ChangeError, OperationKind, OperationState, Reconciler, Revisions, TenantState, Transition,
};
use tenant_registry::SourceError;
use testkit::Databases;
use time::Duration;
use tokio::time::{sleep, timeout};

use super::{GRACE, PATIENCE, hold, in_data, lookup, ops, refused, roles, run_transition};
use crate::support::{make_three_roles, one, role, run, sqlstate};

#[tokio::test]
async fn a_tenant_is_suspended_and_resumed() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let options = {
        use tenant_registry::TenantSource as _;
        plane.source().load(id).await.unwrap().connect
    };
    let mut session = {
        use sqlx::ConnectOptions as _;
        options.connect().await.unwrap()
    };

    let (tenant, operation) = run_transition(&plane, id, Transition::Suspend).await;
    assert_eq!(tenant.state, TenantState::Suspended);
    assert_eq!(operation.unwrap().kind, OperationKind::Suspend);
    assert!(matches!(lookup(&plane, id).await, Err(SourceError::Suspended)));
    assert_eq!(roles(&databases, id).await, "tn_a");
    // A holder of the password cannot log in either.
    assert!(run(&mut session, "SELECT 1").await.is_err());
    let again = {
        use sqlx::ConnectOptions as _;
        options.connect().await.unwrap_err()
    };
    assert_eq!(sqlstate(&again), "28000");
    // A repeated request does nothing.
    assert_eq!(run_transition(&plane, id, Transition::Suspend).await.1, None);

    let (tenant, _) = run_transition(&plane, id, Transition::Resume).await;
    assert_eq!(tenant.state, TenantState::Active);
    assert_eq!(roles(&databases, id).await, "tn_a+");
    assert_eq!(lookup(&plane, id).await.unwrap(), 0);
    assert_eq!(run_transition(&plane, id, Transition::Resume).await.1, None);
    assert!(matches!(
        refused(&plane, id, Transition::Purge).await,
        ChangeError::State(TenantState::Active)
    ));
}

/// Until migration 0008 a tenant had three roles: two logins in a role of its own, which was in the group.
#[tokio::test]
async fn a_tenant_of_three_roles_has_the_same_lifecycle() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "early").await.id;
    let mut superuser = in_data(&databases).await;
    make_three_roles(&mut superuser, id).await;
    run(
        &mut superuser,
        &format!("INSERT INTO app.users (tenant_id, name) VALUES ('{id}', 'Ada')"),
    )
    .await
    .unwrap();
    assert_eq!(roles(&databases, id).await, "tn tn_a+ tn_b");

    assert_eq!(lookup(&plane, id).await.unwrap(), 1);
    run_transition(&plane, id, Transition::Suspend).await;
    assert_eq!(roles(&databases, id).await, "tn tn_a tn_b");
    run_transition(&plane, id, Transition::Resume).await;
    assert_eq!(lookup(&plane, id).await.unwrap(), 1);
    run_transition(&plane, id, Transition::Offboard { grace: Some(GRACE) }).await;
    let (_, operation) = run_transition(&plane, id, Transition::Purge).await;
    assert_eq!(operation.unwrap().rows_removed, 1);
    assert_eq!(roles(&databases, id).await, "");
}

#[tokio::test]
async fn an_undeleted_tenant_returns_to_its_state() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    for (tenant_name, suspended) in [("active", false), ("suspended", true)] {
        let id = testkit::tenant(&plane, tenant_name).await.id;
        if suspended {
            run_transition(&plane, id, Transition::Suspend).await;
        }
        let before = plane.tenant(id).await.unwrap().unwrap();
        let (tenant, _) = run_transition(&plane, id, Transition::Offboard { grace: Some(GRACE) }).await;
        assert_eq!(tenant.state, TenantState::Offboarding);
        assert!(tenant.purge_at.unwrap().clamped() - tenant.updated_at.clamped() > Duration::days(6));
        assert!(matches!(lookup(&plane, id).await, Err(SourceError::Unknown)));
        assert_eq!(roles(&databases, id).await, "tn_a");
        for no_way in [Transition::Suspend, Transition::Resume] {
            assert!(matches!(
                refused(&plane, id, no_way).await,
                ChangeError::State(TenantState::Offboarding)
            ));
        }

        let (tenant, _) = run_transition(&plane, id, Transition::Undelete).await;
        assert_eq!((tenant.state, tenant.purge_at), (before.state, None));
        assert_eq!(lookup(&plane, id).await.is_ok(), !suspended);
    }
}

/// A request that reverses a running operation supersedes it.
#[tokio::test]
async fn a_running_operation_can_be_reversed() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    hold(&mut store, "'resume', 'undelete'").await;
    for (first, way_back, again, state) in [
        (
            Transition::Suspend,
            Transition::Resume,
            Transition::Suspend,
            TenantState::Suspended,
        ),
        (
            Transition::Offboard {
                grace: Some(Duration::ZERO),
            },
            Transition::Undelete,
            Transition::Offboard { grace: Some(GRACE) },
            TenantState::Offboarding,
        ),
    ] {
        let id = testkit::tenant(&plane, state.as_str()).await.id;
        run_transition(&plane, id, first).await;
        let back = plane
            .transition(&ops(), id, way_back, &Revisions::ANY)
            .await
            .unwrap();
        let (_, back) = back.within(&plane, PATIENCE).await.unwrap();
        let back = back.unwrap();
        assert_eq!(back.state, OperationState::Running);
        assert!(back.attempts > 0, "{back:?}");
        // The grace period is over, and an undeletion is running: it is not purged.
        let reconciling = tokio::spawn(Reconciler::new(plane.clone()).run());
        sleep(StdDuration::from_millis(1500)).await;
        reconciling.abort();

        let (tenant, operation) = run_transition(&plane, id, again).await;
        assert_eq!(tenant.state, state);
        assert_eq!(operation.unwrap().state, OperationState::Succeeded);
        let back = plane.store().operation(back.id).await.unwrap().unwrap();
        assert_eq!(back.state, OperationState::Superseded);
        assert_eq!(roles(&databases, id).await, "tn_a");
    }
}

/// A tenant that uses its password and locks its role in an open transaction is suspended all the same.
#[tokio::test]
async fn a_tenant_cannot_prevent_its_suspension() {
    use sqlx::ConnectOptions as _;
    use tenant_registry::TenantSource as _;
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let options = plane.source().load(id).await.unwrap().connect;
    let mut session = options.connect().await.unwrap();
    let hold = "SET idle_in_transaction_session_timeout = 0; BEGIN; ALTER ROLE CURRENT_USER SET work_mem = '8MB'; \
        ALTER ROLE CURRENT_USER PASSWORD 'mine'";
    run(&mut session, hold).await.unwrap();
    run_transition(&plane, id, Transition::Suspend).await;
    assert!(run(&mut session, "SELECT 1").await.is_err());
    assert_eq!(roles(&databases, id).await, "tn_a");
}

/// The provisioners' functions wait for that lock, since they grant; the watchdog's does not.
#[tokio::test]
async fn a_lock_on_memberships_does_not_delay_a_suspension() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let options = {
        use tenant_registry::TenantSource as _;
        plane.source().load(id).await.unwrap().connect
    };
    let mut session = {
        use sqlx::ConnectOptions as _;
        options.connect().await.unwrap()
    };
    let statement = tokio::spawn(async move { run(&mut session, "SELECT pg_sleep(600)").await.unwrap_err() });
    let mut superuser = in_data(&databases).await;
    let running = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'
        AND state = 'active' AND usename ~ '";
    while !one::<bool>(&mut superuser, &format!("{running}{}')", role(id))).await {
        sleep(StdDuration::from_millis(5)).await;
    }
    let locked = "BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE";
    run(&mut superuser, locked).await.unwrap();
    run_transition(&plane, id, Transition::Suspend).await;
    // The lock is still held.
    let ended = timeout(PATIENCE, statement).await.unwrap().unwrap();
    assert_eq!(sqlstate(&ended), "57P01");
    run(&mut superuser, "ROLLBACK").await.unwrap();
}
