//! Temporary failures of a database: 503 on both planes, not an internal error.

use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::support::{Locked, Service, retry_after, until};

const USERS: &str = "/v1/internal/users";
const TENANTS: &str = "/admin/v1/tenants";
const KEYS: &str = "/admin/v1/api-keys";

/// SQLSTATEs of a full disk, exhausted memory, exhausted locks, and a read-only server.
const LACKS: [&str; 4] = ["53100", "53200", "53400", "25006"];

/// Makes every write to this table fail with this SQLSTATE.
async fn fail(session: &mut PgConnection, table: &str, sqlstate: &str) {
    let trigger = format!(
        "CREATE SCHEMA IF NOT EXISTS test; GRANT USAGE ON SCHEMA test TO PUBLIC;
         CREATE OR REPLACE FUNCTION test.fail() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'for a test' USING ERRCODE = '{sqlstate}'; END $$;
         GRANT EXECUTE ON FUNCTION test.fail() TO PUBLIC;
         DROP TRIGGER IF EXISTS fail ON {table};
         CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION test.fail()"
    );
    session.execute(AssertSqlSafe(trigger)).await.unwrap();
}

#[tokio::test]
async fn a_write_that_the_data_cluster_cannot_do_now_may_be_tried_again() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let mut superuser = service.superuser().await;
    for sqlstate in LACKS {
        fail(&mut superuser, "app.users", sqlstate).await;
        let refused = client.post(USERS, &json!({"name": "Ada"})).await;
        assert!(retry_after(&refused) > 0, "{sqlstate}");
        refused.refused(503, "TENANT_DB_UNAVAILABLE");
        // Reads go on, and so do the probes.
        client.get(USERS).await.expect(200);
        service.operator().get("/readyz").await.expect(200);
    }
    // An error that is not temporary is internal.
    fail(&mut superuser, "app.users", "P0001").await;
    let refused = client.post(USERS, &json!({"name": "Ada"})).await;
    refused.refused(500, "INTERNAL");
    superuser.execute("DROP TRIGGER fail ON app.users").await.unwrap();
    client.post(USERS, &json!({"name": "Ada"})).await.expect(201);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    for (setting, other) in [
        ("statement_timeout", "lock_timeout"),
        ("lock_timeout", "statement_timeout"),
    ] {
        let settings = [
            format!("registry.{setting}=200ms"),
            format!("registry.{other}=1m"),
        ];
        let service = Service::with(&settings.each_ref().map(String::as_str)).await;
        let client = service.client(&service.tenant("acme").await);
        client.get(USERS).await.expect(200);
        let locked = Locked::users(&service).await;
        client.get(USERS).await.refused(504, "STATEMENT_TIMEOUT");
        locked.release().await;
        client.get(USERS).await.expect(200);
    }
}

#[tokio::test]
async fn temporary_failures_of_the_store_are_retryable() {
    let service = Service::start().await;
    let operator = service.operator();
    let databases = &service.databases;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    for sqlstate in LACKS {
        fail(&mut store, "control.tenants", sqlstate).await;
        let refused = operator.post(TENANTS, &json!({"name": "acme"})).await;
        assert!(retry_after(&refused) > 0, "{sqlstate}");
        assert!(
            refused.body["detail"].as_str().unwrap().contains("read-only"),
            "{refused:?}"
        );
        refused.refused(503, "CONTROL_STORE_DOWN");
        operator.get(TENANTS).await.expect(200);
        operator.get("/readyz").await.expect(200);
    }
    store
        .execute("DROP TRIGGER fail ON control.tenants")
        .await
        .unwrap();
    operator.post(TENANTS, &json!({"name": "acme"})).await.expect(201);

    // A defect is not reported as an outage.
    let rename = "ALTER TABLE control.api_keys RENAME COLUMN prefix TO beginning";
    store.execute(rename).await.unwrap();
    operator.get(KEYS).await.refused(500, "INTERNAL");
    operator.get("/readyz").await.expect(200);
}

/// The login is good, and not let into the database: while connecting that is no defect.
#[tokio::test]
async fn a_store_that_refuses_logins_counts_as_down() {
    let service = Service::start().await;
    let operator = service.operator();
    operator.get(TENANTS).await.expect(200);
    let databases = &service.databases;
    let name = databases.control().as_str();
    let mut superuser = databases.server().superuser("postgres").await;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let close = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    superuser.execute(AssertSqlSafe(close)).await.unwrap();
    superuser.execute(AssertSqlSafe(end)).await.unwrap();
    for _ in 0..3 {
        let refused = operator.get(TENANTS).await;
        assert!(retry_after(&refused) > 0);
        refused.refused(503, "CONTROL_STORE_DOWN");
    }
    operator.get("/readyz").await.refused(503, "CONTROL_STORE_DOWN");
    let open = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
    superuser.execute(AssertSqlSafe(open)).await.unwrap();
    until(async || operator.get(TENANTS).await.status == 200).await;
}
