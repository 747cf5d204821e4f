//! Recovery after a kill in every step of every operation: another instance completes it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use control_plane::{
    Actor, ControlPlane, NewTenant, OperationKind, OperationState, Reconciler, Revisions, TenantName,
    TenantState, Transition,
};
use crypto::{Envelope, KekId, KeyRing, LocalKeyProvider};
use secrecy::ExposeSecret as _;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tenant_registry::TenantId;
use testkit::{Client, Databases};
use time::Duration;
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::support::until;

const TOKEN: &str = "a-token-for-tests-of-32-letters-";
const GRACE: Duration = Duration::days(7);
const ROWS: i64 = 10;

/// An operation held between the effect of a step and the record of it; at 0, between its commit and its first step.
struct Held {
    tenant: TenantId,
    kind: OperationKind,
    steps_done: usize,
}

/// Trigger that holds operations: recording one of these steps waits for the test's lock.
const HOLD: &str = "
    CREATE SCHEMA test;
    CREATE TABLE test.held (tenant_id uuid, kind text, steps_done integer);
    CREATE FUNCTION test.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
        IF EXISTS (SELECT FROM test.held
            WHERE tenant_id = NEW.tenant_id AND kind = NEW.kind AND steps_done = NEW.steps_done)
        THEN
            PERFORM pg_advisory_xact_lock_shared(1);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON control.operations FOR EACH ROW EXECUTE FUNCTION test.hold()";

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Starts `tenantry serve` as in production.
fn serve(databases: &Databases, key_ring: &Path, admin: SocketAddr) -> Child {
    let server = databases.server();
    let (port, password) = (
        server.cluster().port.to_string(),
        server.service().password.expose_secret(),
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.arg("serve");
    for (name, value) in [
        ("PROFILE", "production"),
        ("TENANT_PLANE__LISTEN", "127.0.0.1:0"),
        ("ADMIN_PLANE__LISTEN", &admin.to_string()),
        ("ADMIN_PLANE__TOKEN", TOKEN),
        ("KEYS__RING_FILE", key_ring.to_str().unwrap()),
        ("CONTROL_STORE__HOST", server.cluster().host.as_str()),
        ("CONTROL_STORE__PORT", &port),
        ("CONTROL_STORE__TLS", "disable"),
        ("CONTROL_STORE__DATABASE", databases.control().as_str()),
        ("CONTROL_STORE__SERVICE_PASSWORD", password),
        ("CONTROL_STORE__MAX_CONNECTIONS", "60"),
        ("DATA_CLUSTER__HOST", server.cluster().host.as_str()),
        ("DATA_CLUSTER__PORT", &port),
        ("DATA_CLUSTER__TLS", "disable"),
        ("DATA_CLUSTER__DATABASE", databases.data().as_str()),
        ("DATA_CLUSTER__SERVICE_PASSWORD", password),
    ] {
        command.env(format!("TENANTRY_{name}"), value);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn one(session: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(session)
        .await
        .unwrap()
}

/// A tenant in the state in which this kind of operation begins.
async fn made_for(plane: &ControlPlane, kind: OperationKind, number: usize) -> TenantId {
    let id: TenantId = Uuid::now_v7().into();
    if kind == OperationKind::Provision {
        return id;
    }
    let actor = Actor::service("test");
    let new = NewTenant {
        id: Some(id),
        ..NewTenant::named(TenantName::new(format!("tenant {number}")).unwrap())
    };
    let started = plane.begin_creation(&actor, &new, None).await.unwrap();
    let patience = std::time::Duration::from_mins(1);
    started.within(plane, patience).await.unwrap();
    let before: &[Transition] = match kind {
        OperationKind::Resume => &[Transition::Suspend],
        OperationKind::Undelete | OperationKind::Purge => &[Transition::Offboard { grace: Some(GRACE) }],
        OperationKind::Provision | OperationKind::Suspend | OperationKind::Offboard => &[],
    };
    for transition in before {
        let started = plane
            .transition(&actor, id, *transition, &Revisions::ANY)
            .await
            .unwrap();
        started.within(plane, patience).await.unwrap();
    }
    id
}

/// Requests the operation, without waiting for it.
async fn ask(operator: &Client, held: &Held, number: usize) {
    let id = held.tenant.to_string();
    let member = format!("/admin/v1/tenants/{id}");
    let answer = match held.kind {
        OperationKind::Provision => {
            let body = json!({"id": id, "name": format!("tenant {number}")});
            operator.post("/admin/v1/tenants", &body).await
        }
        OperationKind::Offboard => operator.delete(&member).await,
        kind => {
            let path = format!("{member}/{}", kind.as_str());
            operator.post(&path, &json!({})).await
        }
    };
    assert_eq!(answer.status, 202, "{:?} {answer:?}", held.kind);
}

/// Checks that every operation is complete, without partial tenants or extra roles. Returns the number of roles.
async fn check(plane: &ControlPlane, data: &mut PgConnection, held: &[Held]) -> i64 {
    let mut orphans = 0;
    for Held {
        tenant,
        kind,
        steps_done,
    } in held
    {
        let (state, roles, logins, rows) = match kind {
            OperationKind::Provision | OperationKind::Resume | OperationKind::Undelete => {
                (TenantState::Active, 1, 1, 0)
            }
            OperationKind::Suspend => (TenantState::Suspended, 1, 0, 0),
            OperationKind::Offboard => (TenantState::Offboarding, 1, 0, 0),
            OperationKind::Purge => (TenantState::Purged, 0, 0, 0),
        };
        let what = format!("{kind:?} killed at step {steps_done}");
        let found = plane.tenant(*tenant).await.unwrap().unwrap();
        assert_eq!(found.state, state, "{what}");
        let simple = tenant.as_uuid().simple();
        let role = format!("FROM pg_roles WHERE rolname LIKE 'tn\\_{simple}%'");
        let there = one(data, &format!("SELECT count(*) {role}")).await;
        orphans += there - roles;
        assert_eq!(there, roles, "{what}");
        assert_eq!(
            one(data, &format!("SELECT count(*) {role} AND rolcanlogin")).await,
            logins,
            "{what}"
        );
        let left = format!("SELECT count(*) FROM app.users WHERE tenant_id = '{tenant}'");
        assert_eq!(one(data, &left).await, rows, "{what}");
        let filter = control_plane::OperationFilter {
            tenant: Some(*tenant),
            kind: Some(*kind),
            ..Default::default()
        };
        let operations = plane.store().operations(filter, None, 10).await.unwrap();
        assert_eq!(operations.len(), 1, "{what}");
        assert_eq!(operations[0].state, OperationState::Succeeded, "{what}");
    }
    orphans
}

#[tokio::test]
async fn an_operation_killed_in_any_step_is_resumed() {
    let databases = Databases::new().await;
    let folder = tempfile::tempdir().unwrap();
    let ring_file = folder.path().join("key-ring.json");
    let ring = KeyRing::generate(KekId::random().unwrap(), None).unwrap();
    ring.save_new(&ring_file).unwrap();
    let envelope = Envelope::new(Arc::new(LocalKeyProvider::new(ring)));
    let plane = ControlPlane::open(databases.settings(), envelope);

    let mut held = Vec::new();
    for kind in OperationKind::ALL {
        for steps_done in 0..=kind.steps().len() {
            held.push(Held {
                tenant: made_for(&plane, kind, held.len()).await,
                kind,
                steps_done,
            });
        }
    }
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    let mut data = databases.server().superuser(databases.data().as_str()).await;
    store.execute(HOLD).await.unwrap();
    for Held {
        tenant,
        kind,
        steps_done,
    } in &held
    {
        let kind = kind.as_str();
        let insert = format!("INSERT INTO test.held VALUES ('{tenant}', '{kind}', {steps_done})");
        store.execute(AssertSqlSafe(insert)).await.unwrap();
        if kind == "purge" {
            let rows = format!(
                "INSERT INTO app.users (tenant_id, name) SELECT '{tenant}', n::text FROM generate_series(1, {ROWS}) AS n"
            );
            data.execute(AssertSqlSafe(rows)).await.unwrap();
        }
    }
    let mut lock = databases.server().superuser(databases.control().as_str()).await;
    lock.execute("SELECT pg_advisory_lock(1)").await.unwrap();

    let admin = free_port();
    let mut service = serve(&databases, &ring_file, admin);
    let operator = Client::new(admin)
        .header("authorization", &format!("Bearer {TOKEN}"))
        .header("prefer", "respond-async");
    until(async || tokio::net::TcpStream::connect(admin).await.is_ok()).await;
    for (number, held) in held.iter().enumerate() {
        ask(&operator, held, number).await;
    }
    let all = i64::try_from(held.len()).unwrap();
    let waiting = "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until(async || one(&mut store, waiting).await == all).await;

    service.kill().await.unwrap();
    // Their sessions roll back once they have the lock and find their client gone.
    lock.close().await.unwrap();
    store
        .execute("DROP TRIGGER hold ON control.operations")
        .await
        .unwrap();
    // The leases would expire within half a minute.
    store
        .execute("UPDATE control.operations SET leased_until = now() WHERE leased_until IS NOT NULL")
        .await
        .unwrap();
    let another = tokio::spawn(Reconciler::new(plane.clone()).run());
    let running = "SELECT count(*) FROM control.operations WHERE state = 'running'";
    until(async || one(&mut store, running).await == 0).await;
    another.abort();

    let orphans = check(&plane, &mut data, &held).await;
    println!(
        "killed at {all} places of {} kinds of operations: {orphans} orphans",
        OperationKind::ALL.len()
    );
}
