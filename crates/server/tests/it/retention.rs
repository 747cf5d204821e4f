//! What is old goes from the control store, and what is not stays.

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;

use crate::support::{Service, until};

const OLD: &str = "
    INSERT INTO control.audit_log (at, actor, action, outcome)
    SELECT now() - make_interval(days => n), 'old', 'test', 'done' FROM generate_series(1, 2600) AS n;
    INSERT INTO control.idempotency_keys (caller, key, request, run, status, headers, body, created_at)
    SELECT 'c', n::text, decode(repeat('00', 32), 'hex'), gen_random_uuid(), 200, '{}', '', now() - make_interval(hours => n)
    FROM generate_series(1, 2600) AS n";

async fn count(session: &mut PgConnection, table: &'static str) -> i64 {
    let sql = match table {
        "audit" => "SELECT count(*) FROM control.audit_log",
        _ => "SELECT count(*) FROM control.idempotency_keys",
    };
    sqlx::query_scalar(sql).fetch_one(session).await.unwrap()
}

/// More than one batch, by three replicas that start at once.
#[tokio::test]
async fn the_store_is_trimmed_after_the_start() {
    let service = Service::with(&["retention.audit_days=3650", "retention.idempotency_hours=8760"]).await;
    let databases = &service.databases;
    let mut session = databases.server().superuser(databases.control().as_str()).await;
    session.execute(OLD).await.unwrap();
    let shorter = ["retention.audit_days=100", "retention.idempotency_hours=48"];
    let replicas = tokio::join!(
        service.beside(&shorter),
        service.beside(&shorter),
        service.beside(&shorter)
    );
    until(async || count(&mut session, "keys").await < 48).await;
    until(async || count(&mut session, "audit").await < 100).await;
    assert_eq!(
        (
            count(&mut session, "keys").await,
            count(&mut session, "audit").await
        ),
        (47, 99)
    );
    drop(replicas);
}
