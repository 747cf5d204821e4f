//! Tenants whose login was dropped, as after a restore without roles, or has another password than the store.

use std::time::Duration as StdDuration;

use control_plane::{
    Actor, ControlPlane, Operation, OperationState, Reconciler, Revisions, TenantState, Transition,
};
use tenant_registry::{Refusal, TenantId};
use time::Duration;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{TwoTenants, one, role, run, sqlstate};

const PATIENCE: StdDuration = StdDuration::from_mins(1);
const GRACE: Transition = Transition::Offboard {
    grace: Some(Duration::DAY),
};

async fn run_transition(plane: &ControlPlane, id: TenantId, transition: Transition) -> Operation {
    let ops = Actor::service("ops");
    let started = plane
        .transition(&ops, id, transition, &Revisions::ANY)
        .await
        .unwrap();
    started.within(plane, PATIENCE).await.unwrap().1.unwrap()
}

async fn drop_logins(fixture: &TwoTenants, id: TenantId) {
    let drop = format!("DROP OWNED BY {0}_a; DROP ROLE {0}_a", role(id));
    run(&mut fixture.superuser().await, &drop).await.unwrap();
}

async fn rows(fixture: &TwoTenants, id: TenantId) -> i64 {
    let rows = format!("SELECT count(*) FROM app.users WHERE tenant_id = '{id}'");
    one(&mut fixture.superuser().await, &rows).await
}

/// The rows of a tenant without login are deleted.
#[tokio::test]
async fn a_tenant_without_login_is_purged_completely() {
    let fixture = TwoTenants::new().await;
    drop_logins(&fixture, fixture.b).await;
    run_transition(&fixture.plane, fixture.b, GRACE).await;
    let purge = run_transition(&fixture.plane, fixture.b, Transition::Purge).await;
    assert_eq!(
        (purge.state, purge.rows_removed),
        (OperationState::Succeeded, 3),
        "{purge:?}"
    );
    assert_eq!(
        (rows(&fixture, fixture.b).await, rows(&fixture, fixture.a).await),
        (0, 2)
    );
    let left = format!(
        "SELECT count(*) FROM pg_roles WHERE rolname ~ '^{}'",
        role(fixture.b)
    );
    assert_eq!(one::<i64>(&mut fixture.superuser().await, &left).await, 0);
}

/// What keeps rows of `b`, what removes it again, and the operation's error meanwhile.
const KEPT: &[(&str, &str, &str)] = &[
    (
        "CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT EXECUTE ON FUNCTION public.keep() TO PUBLIC;
         CREATE TRIGGER keep BEFORE DELETE ON app.users FOR EACH ROW EXECUTE FUNCTION public.keep()",
        "DROP TRIGGER keep ON app.users",
        "3 row(s) of the tenant cannot be removed from app.users",
    ),
    (
        "CREATE RULE keep AS ON DELETE TO app.users DO INSTEAD NOTHING",
        "DROP RULE keep ON app.users",
        "3 row(s) of the tenant cannot be removed from app.users",
    ),
    (
        "CREATE POLICY hide ON app.users AS RESTRICTIVE USING (name = 'x')",
        "DROP POLICY hide ON app.users",
        "rows in app.users cannot be counted",
    ),
];

/// The purge fails, names the table, and succeeds once the obstacle is removed.
#[tokio::test]
async fn a_purge_fails_while_a_row_is_left() {
    for (keep, undo, said) in KEPT {
        let fixture = TwoTenants::new().await;
        let mut superuser = fixture.superuser().await;
        run(&mut superuser, keep).await.unwrap();
        run_transition(&fixture.plane, fixture.b, GRACE).await;
        let purge = run_transition(&fixture.plane, fixture.b, Transition::Purge).await;
        assert_eq!(purge.state, OperationState::Running, "{purge:?}");
        let error = purge.last_error.unwrap();
        assert!(error.contains(said), "{error}");
        assert_eq!(rows(&fixture, fixture.b).await, 3);

        run(&mut superuser, undo).await.unwrap();
        fixture.plane.store().retry_operation(purge.id).await.unwrap();
        let reconciling = tokio::spawn(Reconciler::new(fixture.plane.clone()).run());
        timeout(PATIENCE, async {
            while fixture.plane.tenant(fixture.b).await.unwrap().unwrap().state != TenantState::Purged {
                sleep(StdDuration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        reconciling.abort();
        assert_eq!(
            (rows(&fixture, fixture.b).await, rows(&fixture, fixture.a).await),
            (0, 2)
        );
    }
}

/// A resumed tenant is served again, with its rows.
#[tokio::test]
async fn resuming_recreates_a_dropped_login() {
    let fixture = TwoTenants::new().await;
    run_transition(&fixture.plane, fixture.b, Transition::Suspend).await;
    drop_logins(&fixture, fixture.b).await;
    let resumed = run_transition(&fixture.plane, fixture.b, Transition::Resume).await;
    assert_eq!(resumed.state, OperationState::Succeeded, "{resumed:?}");
    let mut session = fixture.session(fixture.b).await;
    assert_eq!(
        one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
        3
    );
}

/// A tenant that changed its own password, and one whose login was dropped while active, are served again after suspending
/// and resuming.
#[tokio::test]
async fn suspending_and_resuming_restores_the_stored_password() {
    let fixture = TwoTenants::new().await;
    run(
        &mut fixture.session(fixture.a).await,
        "ALTER ROLE CURRENT_USER PASSWORD 'x'",
    )
    .await
    .unwrap();
    drop_logins(&fixture, fixture.b).await;
    for tenant in [fixture.a, fixture.b] {
        let refused = fixture.db(tenant).await.acquire().await.err().unwrap();
        assert_eq!(sqlstate_of(&refused.into()), "28P01");
        for transition in [Transition::Suspend, Transition::Resume] {
            let led = run_transition(&fixture.plane, tenant, transition).await;
            assert_eq!(led.state, OperationState::Succeeded, "{led:?}");
        }
        run(&mut fixture.session(tenant).await, "SELECT FROM app.users")
            .await
            .unwrap();
    }
}

/// The SQLSTATE of an error that the plain pool wraps.
fn sqlstate_of(error: &sqlx::Error) -> String {
    match Refusal::of(error) {
        Some(Refusal::LoginFailed { cause, .. }) => sqlstate(&cause.0),
        _ => sqlstate(error),
    }
}

/// Sessions that lock the tenant's role are ended before the login is closed: nothing waits for the service's
/// `lock_timeout` of five seconds.
#[tokio::test]
async fn a_tenant_that_locks_its_role_is_suspended_without_waiting() {
    let fixture = TwoTenants::new().await;
    let mut holder = fixture.session(fixture.a).await;
    run(&mut holder, "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'x'")
        .await
        .unwrap();
    let began = Instant::now();
    let suspended = run_transition(&fixture.plane, fixture.a, Transition::Suspend).await;
    assert_eq!(suspended.state, OperationState::Succeeded, "{suspended:?}");
    assert!(
        began.elapsed() < StdDuration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(run(&mut holder, "SELECT 1").await.is_err());
}
