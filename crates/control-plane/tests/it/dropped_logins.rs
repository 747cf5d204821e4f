//! Tenants whose login is not what the store has: dropped, as after a restore without roles, or with another password.

use std::time::Duration as StdDuration;

use control_plane::{Actor, ControlPlane, Operation, OperationState, Reconciler, TenantState, Transition};
use tenant_registry::TenantId;
use time::Duration;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{World, one, role, run, sqlstate};

const PATIENCE: StdDuration = StdDuration::from_mins(1);
const GRACE: Transition = Transition::Offboard {
    grace: Some(Duration::DAY),
};

async fn lead(plane: &ControlPlane, id: TenantId, transition: Transition) -> Operation {
    let ops = Actor::service("ops");
    let started = plane.transition(&ops, id, transition, None).await.unwrap();
    started.within(plane, PATIENCE).await.unwrap().1.unwrap()
}

async fn drop_logins(world: &World, id: TenantId) {
    let drop = format!("DROP OWNED BY {0}_a; DROP ROLE {0}_a", role(id));
    run(&mut world.superuser().await, &drop).await.unwrap();
}

async fn rows(world: &World, id: TenantId) -> i64 {
    let rows = format!("SELECT count(*) FROM app.users WHERE tenant_id = '{id}'");
    one(&mut world.superuser().await, &rows).await
}

/// Its rows are there all the same.
#[tokio::test]
async fn a_tenant_whose_login_is_gone_is_purged_to_its_last_row() {
    let world = World::new().await;
    drop_logins(&world, world.b).await;
    lead(&world.plane, world.b, GRACE).await;
    let purge = lead(&world.plane, world.b, Transition::Purge).await;
    assert_eq!(
        (purge.state, purge.rows_removed),
        (OperationState::Succeeded, 3),
        "{purge:?}"
    );
    assert_eq!((rows(&world, world.b).await, rows(&world, world.a).await), (0, 2));
    let left = format!(
        "SELECT count(*) FROM pg_roles WHERE rolname ~ '^{}'",
        role(world.b)
    );
    assert_eq!(one::<i64>(&mut world.superuser().await, &left).await, 0);
}

/// What keeps the rows of `b`, what takes it away again, and what the operation says meanwhile.
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

/// Neither succeeds nor forgets the tenant, and says where the rows are; it goes on as soon as it can.
#[tokio::test]
async fn a_purge_does_not_succeed_while_a_row_is_left() {
    for (keep, undo, said) in KEPT {
        let world = World::new().await;
        let mut superuser = world.superuser().await;
        run(&mut superuser, keep).await.unwrap();
        lead(&world.plane, world.b, GRACE).await;
        let purge = lead(&world.plane, world.b, Transition::Purge).await;
        assert_eq!(purge.state, OperationState::Running, "{purge:?}");
        let error = purge.last_error.unwrap();
        assert!(error.contains(said), "{error}");
        assert_eq!(rows(&world, world.b).await, 3);

        run(&mut superuser, undo).await.unwrap();
        world.plane.store().retry_operation(purge.id).await.unwrap();
        let reconciling = tokio::spawn(Reconciler::new(world.plane.clone()).run());
        timeout(PATIENCE, async {
            while world.plane.tenant(world.b).await.unwrap().unwrap().state != TenantState::Purged {
                sleep(StdDuration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        reconciling.abort();
        assert_eq!((rows(&world, world.b).await, rows(&world, world.a).await), (0, 2));
    }
}

/// As the store has it, with its rows: what is suspended is served again.
#[tokio::test]
async fn resuming_makes_a_login_that_is_gone() {
    let world = World::new().await;
    lead(&world.plane, world.b, Transition::Suspend).await;
    drop_logins(&world, world.b).await;
    let resumed = lead(&world.plane, world.b, Transition::Resume).await;
    assert_eq!(resumed.state, OperationState::Succeeded, "{resumed:?}");
    let mut session = world.session(world.b).await;
    assert_eq!(
        one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
        3
    );
}

/// A tenant that has changed its own password is served again after it was suspended and resumed; so is one whose login
/// was dropped while it was active.
#[tokio::test]
async fn suspending_and_resuming_gives_a_login_the_stored_password_again() {
    let world = World::new().await;
    run(
        &mut world.session(world.a).await,
        "ALTER ROLE CURRENT_USER PASSWORD 'x'",
    )
    .await
    .unwrap();
    drop_logins(&world, world.b).await;
    for tenant in [world.a, world.b] {
        let refused = world.db(tenant).await.acquire().await.err().unwrap();
        assert_eq!(sqlstate_of(&refused), "28P01");
        for transition in [Transition::Suspend, Transition::Resume] {
            let led = lead(&world.plane, tenant, transition).await;
            assert_eq!(led.state, OperationState::Succeeded, "{led:?}");
        }
        run(&mut world.session(tenant).await, "SELECT FROM app.users")
            .await
            .unwrap();
    }
}

/// As the plain pool wraps it.
fn sqlstate_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(cause) => {
            let failure = cause.downcast_ref::<tenant_registry::ConnectFailure>().unwrap();
            sqlstate(&failure.0)
        }
        error => sqlstate(error),
    }
}

/// A session of the tenant's that holds its role's row is ended before the login is closed: nothing waits until its
/// `lock_timeout` is over, which is five seconds for the service's own statements.
#[tokio::test]
async fn a_tenant_that_holds_its_own_role_is_suspended_without_waiting() {
    let world = World::new().await;
    let mut holder = world.session(world.a).await;
    run(&mut holder, "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'x'")
        .await
        .unwrap();
    let began = Instant::now();
    let suspended = lead(&world.plane, world.a, Transition::Suspend).await;
    assert_eq!(suspended.state, OperationState::Succeeded, "{suspended:?}");
    assert!(
        began.elapsed() < StdDuration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(run(&mut holder, "SELECT 1").await.is_err());
}
