//! `CONNECTION LIMIT` of tenants' logins: it bounds a stolen password, and follows the tenant's maximum.

use control_plane::{
    Actor, ControlPlane, ControlPlaneSettings, Operation, OperationState, TenantChange, Transition,
};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use std::time::Duration;
use tenant_registry::TenantId;

use crate::support::{World, one, provisioner, role, run, sqlstate};

const PATIENCE: Duration = Duration::from_mins(1);

/// Twice the maximum of 5 in one process.
const LIMIT: usize = 10;

/// Over the same store, with this default maximum in so many processes.
fn plane(world: &World, max: u32, instances: u32) -> ControlPlane {
    let settings = ControlPlaneSettings {
        max_connections_per_tenant: max,
        instances,
        ..world.databases.settings()
    };
    ControlPlane::open(settings, testkit::envelope())
}

async fn limits(world: &World, tenant: TenantId) -> String {
    let limits = format!(
        "SELECT string_agg(right(rolname, 1) || rolconnlimit, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^{}_'",
        role(tenant)
    );
    one(&mut world.superuser().await, &limits).await
}

async fn lead(plane: &ControlPlane, id: TenantId, transition: Transition) -> Operation {
    let started = plane
        .transition(&Actor::service("ops"), id, transition, None)
        .await
        .unwrap();
    started.within(plane, PATIENCE).await.unwrap().1.unwrap()
}

/// A stolen password takes the tenant's own share: others log in and write, and suspending shuts the thief out.
#[tokio::test]
async fn a_stolen_password_takes_the_tenants_share_and_no_more() {
    let world = World::new().await;
    plane(&world, 5, 1).set_login_limits().await.unwrap();
    let thief = world.options(world.a).await;
    let mut sessions: Vec<PgConnection> = Vec::new();
    let refused = loop {
        match thief.connect().await {
            Ok(session) => sessions.push(session),
            Err(refused) => break refused,
        }
        assert!(sessions.len() <= LIMIT, "more than the limit");
    };
    assert_eq!((sessions.len(), sqlstate(&refused).as_str()), (LIMIT, "53300"));

    let mut neighbour = world.session(world.b).await;
    run(&mut neighbour, "INSERT INTO app.users (name) VALUES ('Bob')")
        .await
        .unwrap();
    world.plane.store().ping().await.unwrap();
    let suspended = lead(&world.plane, world.a, Transition::Suspend).await;
    assert_eq!(suspended.state, OperationState::Succeeded, "{suspended:?}");
    for session in &mut sessions {
        assert!(run(session, "SELECT 1").await.is_err());
    }
    assert_eq!(sqlstate(&thief.connect().await.unwrap_err()), "28000");
}

#[tokio::test]
async fn a_limit_follows_the_tenants_maximum() {
    let world = World::new().await;
    world.other_login(world.a).await;
    let plane = plane(&world, 5, 1);
    assert_eq!(
        limits(&world, world.a).await,
        "a130 b-1",
        "as it was made, and made by hand"
    );
    // Of both tenants.
    assert_eq!(plane.set_login_limits().await.unwrap(), 3);
    assert_eq!(limits(&world, world.a).await, "a10 b10");

    let change = |max| TenantChange {
        max_connections: Some(max),
        ..TenantChange::default()
    };
    let ops = Actor::service("ops");
    plane
        .change_tenant(&ops, world.a, &change(Some(7)), None, None)
        .await
        .unwrap();
    assert_eq!(limits(&world, world.a).await, "a14 b14");
    plane
        .change_tenant(&ops, world.a, &change(None), None, None)
        .await
        .unwrap();
    assert_eq!(limits(&world, world.a).await, "a10 b10");
    assert_eq!(
        plane.set_login_limits().await.unwrap(),
        0,
        "nothing is left to be done"
    );
}

/// Another default, more instances, a tenant of an earlier version: the next comparison sets them.
#[tokio::test]
async fn what_the_settings_and_others_change_is_caught_up_with() {
    let world = World::new().await;
    assert_eq!(plane(&world, 3, 4).set_login_limits().await.unwrap(), 2);
    assert_eq!(limits(&world, world.b).await, "a24");

    let unlimited = format!("ALTER ROLE {}_a CONNECTION LIMIT -1", role(world.b));
    run(&mut world.superuser().await, &unlimited).await.unwrap();
    // As the version before makes a tenant's login.
    let verifier = format!(
        "SELECT {}.create_tenant('{}', rolpassword) FROM pg_authid WHERE rolname = '{}_a'",
        provisioner(world.a),
        world.a,
        role(world.a)
    );
    run(&mut world.superuser().await, &verifier).await.unwrap();
    assert_eq!(limits(&world, world.a).await, "a124");
    assert_eq!(plane(&world, 5, 1).set_login_limits().await.unwrap(), 2);
    for tenant in [world.a, world.b] {
        assert_eq!(limits(&world, tenant).await, "a10");
    }
}

/// A tenant that holds the row of its own role delays its own limit and no other.
#[tokio::test]
async fn a_role_that_its_tenant_holds_is_passed_over() {
    let world = World::new().await;
    plane(&world, 5, 1).set_login_limits().await.unwrap();
    let mut holder = world.session(world.a).await;
    run(&mut holder, "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'x'")
        .await
        .unwrap();
    let larger = plane(&world, 5, 2);
    assert_eq!(larger.set_login_limits().await.unwrap(), 1);
    assert_eq!(limits(&world, world.b).await, "a20");
    assert_eq!(limits(&world, world.a).await, "a10");
    run(&mut holder, "ROLLBACK").await.unwrap();
    assert_eq!(larger.set_login_limits().await.unwrap(), 1);
    assert_eq!(limits(&world, world.a).await, "a20");
}

/// From PostgreSQL 16 the service gets in where the server is full, if it keeps connections for that.
#[tokio::test]
async fn the_service_may_use_reserved_connections() {
    let world = World::new().await;
    let member = "SELECT pg_has_role('tenantry_service', oid, 'USAGE') FROM pg_roles WHERE rolname = 'pg_use_reserved_connections'";
    let member: Option<bool> = sqlx::query_scalar(member)
        .fetch_optional(&mut world.superuser().await)
        .await
        .unwrap();
    assert_eq!(member, (world.major().await >= 16).then_some(true));
}
