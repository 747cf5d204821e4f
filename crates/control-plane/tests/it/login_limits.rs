//! `CONNECTION LIMIT` of tenants' logins: it bounds sessions of a stolen password, and follows the tenant's maximum.

use control_plane::{
    Actor, ControlPlane, ControlPlaneSettings, Operation, OperationState, Revisions, TenantChange, Transition,
};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use std::time::Duration;
use tenant_registry::TenantId;

use crate::support::{TwoTenants, one, provisioner, role, run, sqlstate};

const PATIENCE: Duration = Duration::from_mins(1);

/// Twice the maximum of 5 in one process.
const LIMIT: usize = 10;

/// A control plane over the same store, with this default maximum and number of processes.
fn plane(fixture: &TwoTenants, max: u32, instances: u32) -> ControlPlane {
    let settings = ControlPlaneSettings {
        max_connections_per_tenant: max,
        instances,
        ..fixture.databases.settings()
    };
    ControlPlane::open(settings, testkit::envelope())
}

async fn limits(fixture: &TwoTenants, tenant: TenantId) -> String {
    let limits = format!(
        "SELECT string_agg(right(rolname, 1) || rolconnlimit, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^{}_'",
        role(tenant)
    );
    one(&mut fixture.superuser().await, &limits).await
}

async fn run_transition(plane: &ControlPlane, id: TenantId, transition: Transition) -> Operation {
    let started = plane
        .transition(&Actor::service("ops"), id, transition, &Revisions::ANY)
        .await
        .unwrap();
    started.within(plane, PATIENCE).await.unwrap().1.unwrap()
}

/// A stolen password uses up the tenant's own share only: others log in and write, and suspending locks the thief out.
#[tokio::test]
async fn a_stolen_password_uses_the_tenants_share_only() {
    let fixture = TwoTenants::new().await;
    plane(&fixture, 5, 1).set_login_limits().await.unwrap();
    let thief = fixture.options(fixture.a).await;
    let mut sessions: Vec<PgConnection> = Vec::new();
    let refused = loop {
        match thief.connect().await {
            Ok(session) => sessions.push(session),
            Err(refused) => break refused,
        }
        assert!(sessions.len() <= LIMIT, "more than the limit");
    };
    assert_eq!((sessions.len(), sqlstate(&refused).as_str()), (LIMIT, "53300"));

    let mut neighbour = fixture.session(fixture.b).await;
    run(&mut neighbour, "INSERT INTO app.users (name) VALUES ('Bob')")
        .await
        .unwrap();
    fixture.plane.store().ping().await.unwrap();
    let suspended = run_transition(&fixture.plane, fixture.a, Transition::Suspend).await;
    assert_eq!(suspended.state, OperationState::Succeeded, "{suspended:?}");
    for session in &mut sessions {
        assert!(run(session, "SELECT 1").await.is_err());
    }
    assert_eq!(sqlstate(&thief.connect().await.unwrap_err()), "28000");
}

#[tokio::test]
async fn a_limit_follows_the_tenants_maximum() {
    let fixture = TwoTenants::new().await;
    fixture.other_login(fixture.a).await;
    let plane = plane(&fixture, 5, 1);
    assert_eq!(
        limits(&fixture, fixture.a).await,
        "a130 b-1",
        "as it was made, and made by hand"
    );
    // For both tenants.
    assert_eq!(plane.set_login_limits().await.unwrap(), 3);
    assert_eq!(limits(&fixture, fixture.a).await, "a10 b10");

    let change = |max| TenantChange {
        max_connections: Some(max),
        ..TenantChange::default()
    };
    let ops = Actor::service("ops");
    plane
        .change_tenant(&ops, fixture.a, &change(Some(7)), &Revisions::ANY, None)
        .await
        .unwrap();
    assert_eq!(limits(&fixture, fixture.a).await, "a14 b14");
    plane
        .change_tenant(&ops, fixture.a, &change(None), &Revisions::ANY, None)
        .await
        .unwrap();
    assert_eq!(limits(&fixture, fixture.a).await, "a10 b10");
    assert_eq!(
        plane.set_login_limits().await.unwrap(),
        0,
        "nothing is left to be done"
    );
}

/// Another default, more instances, a tenant of an earlier version: the next round sets the limits.
#[tokio::test]
async fn changed_settings_are_applied_by_the_upkeep() {
    let fixture = TwoTenants::new().await;
    assert_eq!(plane(&fixture, 3, 4).set_login_limits().await.unwrap(), 2);
    assert_eq!(limits(&fixture, fixture.b).await, "a24");

    let unlimited = format!("ALTER ROLE {}_a CONNECTION LIMIT -1", role(fixture.b));
    run(&mut fixture.superuser().await, &unlimited).await.unwrap();
    // A login as the previous version creates it.
    let verifier = format!(
        "SELECT {}.create_tenant('{}', rolpassword) FROM pg_authid WHERE rolname = '{}_a'",
        provisioner(fixture.a),
        fixture.a,
        role(fixture.a)
    );
    run(&mut fixture.superuser().await, &verifier).await.unwrap();
    assert_eq!(limits(&fixture, fixture.a).await, "a124");
    assert_eq!(plane(&fixture, 5, 1).set_login_limits().await.unwrap(), 2);
    for tenant in [fixture.a, fixture.b] {
        assert_eq!(limits(&fixture, tenant).await, "a10");
    }
}

/// A tenant that locks its role delays its own limit only.
#[tokio::test]
async fn a_locked_role_is_skipped() {
    let fixture = TwoTenants::new().await;
    plane(&fixture, 5, 1).set_login_limits().await.unwrap();
    let mut holder = fixture.session(fixture.a).await;
    run(&mut holder, "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'x'")
        .await
        .unwrap();
    let larger = plane(&fixture, 5, 2);
    assert_eq!(larger.set_login_limits().await.unwrap(), 1);
    assert_eq!(limits(&fixture, fixture.b).await, "a20");
    assert_eq!(limits(&fixture, fixture.a).await, "a10");
    run(&mut holder, "ROLLBACK").await.unwrap();
    assert_eq!(larger.set_login_limits().await.unwrap(), 1);
    assert_eq!(limits(&fixture, fixture.a).await, "a20");
}

/// From PostgreSQL 16 on, the service can log in to a full server that has reserved connections.
#[tokio::test]
async fn the_service_may_use_reserved_connections() {
    let fixture = TwoTenants::new().await;
    let member = "SELECT pg_has_role('tenantry_service', oid, 'USAGE') FROM pg_roles WHERE rolname = 'pg_use_reserved_connections'";
    let member: Option<bool> = sqlx::query_scalar(member)
        .fetch_optional(&mut fixture.superuser().await)
        .await
        .unwrap();
    assert_eq!(member, (fixture.major().await >= 16).then_some(true));
}
