//! Deletion of expired rows of the control store.

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;

use crate::support::{Service, until};

const OLD: &str = "
    INSERT INTO control.audit_log (at, actor, action, outcome)
    SELECT now() - make_interval(days => n), 'old', 'test', 'done' FROM generate_series(1, 2600) AS n;
    INSERT INTO control.idempotency_keys (caller, key, request, run, status, headers, body, created_at)
    SELECT 'c', n::text, decode(repeat('00', 32), 'hex'), gen_random_uuid(), 200, '{}', '', now() - make_interval(hours => n)
    FROM generate_series(1, 2600) AS n;
    INSERT INTO control.tenants (id, name) VALUES ('0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44', 'acme');
    INSERT INTO control.operations (id, tenant_id, kind, state, actor, finished_at)
    SELECT gen_random_uuid(), '0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44', 'suspend', 'succeeded', 'old',
        now() - make_interval(days => n)
    FROM generate_series(1, 2600) AS n";

/// Entries, keys, operations.
async fn counts(session: &mut PgConnection) -> [i64; 3] {
    let (entries, keys, operations) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM control.audit_log), (SELECT count(*) FROM control.idempotency_keys),
            (SELECT count(*) FROM control.operations)",
    )
    .fetch_one(session)
    .await
    .unwrap();
    [entries, keys, operations]
}

/// More than one batch, by three replicas that start at once.
#[tokio::test]
async fn the_store_is_trimmed_after_the_start() {
    let long = [
        "retention.audit_days=3650",
        "retention.idempotency_hours=8760",
        "retention.operations_days=3650",
    ];
    let service = Service::with(&long).await;
    let databases = &service.databases;
    let mut session = databases.server().superuser(databases.control().as_str()).await;
    session.execute(OLD).await.unwrap();
    let shorter = [
        "retention.audit_days=100",
        "retention.idempotency_hours=48",
        "retention.operations_days=10",
    ];
    let replicas = tokio::join!(
        service.beside(&shorter),
        service.beside(&shorter),
        service.beside(&shorter)
    );
    // What is left is what is younger, to the row.
    until(async || counts(&mut session).await == [99, 47, 9]).await;
    drop(replicas);
}
