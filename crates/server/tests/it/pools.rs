//! Effects of requests on pools and connections.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::support::{Service, until};

const USERS: &str = "/v1/internal/users";
const DEADLINE: Duration = Duration::from_secs(30);

async fn backends(looker: &mut PgConnection, service: &Service) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename LIKE 'tn\\_%'")
        .bind(service.databases.data().as_str())
        .fetch_one(looker)
        .await
        .unwrap()
}

#[tokio::test]
async fn fifty_first_requests_at_once_open_one_pool() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let answers = join_all((0..50).map(|_| client.get(USERS))).await;
    for answer in answers {
        answer.expect(200);
    }
    assert_eq!(service.registry.stats().opened, 1);
    let mut looker = service.databases.server().superuser("postgres").await;
    assert!(
        backends(&mut looker, &service).await <= 5,
        "no more than max_connections_per_tenant"
    );
}

#[tokio::test]
async fn an_idle_pool_closes_and_its_backends_leave() {
    let service = Service::with(&["registry.idle_timeout=300ms"]).await;
    let client = service.client(&service.tenant("acme").await);
    client.get(USERS).await.expect(200);

    let mut looker = service.databases.server().superuser("postgres").await;
    let start = Instant::now();
    while backends(&mut looker, &service).await > 0 {
        assert!(start.elapsed() < DEADLINE, "the pool never closed");
        sleep(Duration::from_millis(20)).await;
    }
    // The pool counts as closed when it has heard from the server that its backends are gone.
    until(async || service.registry.stats().open() == 0).await;
    client.get(USERS).await.expect(200);
    assert_eq!(service.registry.stats().opened, 2);
}

#[tokio::test]
async fn a_handler_that_runs_no_query_takes_no_connection() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    client
        .post(USERS, &json!({"name": ""}))
        .await
        .refused(422, "VALIDATION");
    assert_eq!(service.registry.stats().opened, 1);
    let mut looker = service.databases.server().superuser("postgres").await;
    assert_eq!(backends(&mut looker, &service).await, 0);
}

/// Clients that hang up in mid-request, again and again, beside one whose writes are acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_never_costs_another_ones_acknowledged_write() {
    let service = Service::with(&["registry.max_connections_per_tenant=2"]).await;
    let tenant = service.tenant("acme").await;
    let client = service.client(&tenant);
    let (address, id) = (service.tenant_plane, tenant.id);
    let vandals = tokio::spawn(async move {
        let body = r#"{"name":"never mind"}"#;
        let request = format!(
            "POST {USERS} HTTP/1.1\r\nhost: x\r\nx-tenant-id: {id}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        for round in 0..200_u64 {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(request.as_bytes()).await.unwrap();
            // At a different point of the request's way each time.
            tokio::time::sleep(Duration::from_micros(round * 37 % 4000)).await;
            drop(socket);
        }
    });
    let mut acknowledged = Vec::new();
    while !vandals.is_finished() {
        let name = format!("kept {}", acknowledged.len());
        let user = client.post(USERS, &json!({ "name": name })).await.expect(201);
        acknowledged.push(user["id"].as_str().unwrap().to_owned());
    }
    vandals.await.unwrap();
    assert!(!acknowledged.is_empty());

    let mut looker = service
        .databases
        .server()
        .superuser(service.databases.data().as_str())
        .await;
    let kept: Vec<String> = sqlx::query_scalar("SELECT id::text FROM app.users WHERE name LIKE 'kept %'")
        .fetch_all(&mut looker)
        .await
        .unwrap();
    for id in &acknowledged {
        assert!(kept.contains(id), "{id} was acknowledged and is gone");
    }
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'tn\\_%' AND state LIKE 'idle in transaction%'",
    )
    .fetch_one(&mut looker)
    .await
    .unwrap();
    assert_eq!(open, 0);
    looker.close().await.unwrap();
}

#[tokio::test]
async fn a_dead_login_of_one_tenant_affects_no_other() {
    let service = Service::with(&["registry.acquire_timeout=1s"]).await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let mut superuser = service.databases.server().superuser("postgres").await;
    let lock = format!("ALTER ROLE tn_{}_a NOLOGIN", acme.id.as_uuid().simple());
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock))
        .execute(&mut superuser)
        .await
        .unwrap();

    let answer = service.client(&acme).get(USERS).await;
    assert!(!answer.headers.contains_key("retry-after"), "{answer:?}");
    answer.refused(403, "TENANT_LOCKED_OUT");
    service.client(&globex).get(USERS).await.expect(200);
    service.operator().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn the_service_stops_and_leaves_no_backend() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    client.get(USERS).await.expect(200);
    let mut looker = service.databases.server().superuser("postgres").await;
    let (control, data) = (
        service.databases.control().to_string(),
        service.databases.data().to_string(),
    );
    service.stop().await.unwrap();

    let start = Instant::now();
    loop {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname IN ($1, $2)")
            .bind(&control)
            .bind(&data)
            .fetch_one(&mut looker)
            .await
            .unwrap();
        if left == 0 {
            break;
        }
        assert!(start.elapsed() < DEADLINE, "{left} backends left");
        sleep(Duration::from_millis(20)).await;
    }
}
