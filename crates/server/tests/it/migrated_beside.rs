//! The schema is migrated while the service serves, and no request fails by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use testkit::Answer;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::support::{Client, Service, until};

const USERS: &str = "/v1/internal/users";
const TENANTS: &str = "/admin/v1/tenants";

/// Requests without end, which are counted.
#[derive(Clone, Default)]
struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Load {
    /// Until it is over, each answer has to be a success.
    async fn run<R: Future<Output = Answer>>(self, request: impl Fn() -> R) {
        while !self.over.load(Ordering::Relaxed) {
            let answer = request().await;
            assert!(answer.status.is_success(), "{answer:?}");
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for so many more answers.
    async fn goes_on(&self, more: u64) {
        let before = self.answered.load(Ordering::Relaxed);
        until(async || self.answered.load(Ordering::Relaxed) >= before + more).await;
    }
}

/// Changes the schema as a migration does: a lock that is not had soon is given up and asked for again, so that those who
/// wait behind it get their turn.
async fn migrate(session: &mut PgConnection, alter: &str) {
    let alter = format!("SET lock_timeout = '100ms'; {alter}");
    until(
        async || match session.execute(AssertSqlSafe(alter.clone())).await {
            Ok(_) => true,
            Err(error) => {
                let code = error.as_database_error().and_then(DatabaseError::code);
                assert_eq!(code.as_deref(), Some("55P03"), "{error}");
                sleep(Duration::from_millis(100)).await;
                false
            }
        },
    )
    .await;
}

fn users(tasks: &mut JoinSet<()>, load: &Load, client: &Client) {
    let (list, create) = (client.clone(), client.clone());
    tasks.spawn(load.clone().run(move || {
        let list = list.clone();
        async move { list.query(USERS, &[("limit", "5")]).await }
    }));
    tasks.spawn(load.clone().run(move || {
        let create = create.clone();
        async move {
            let made = create.post(USERS, &json!({"name": "Ada"})).await;
            let place = made.headers["location"].to_str().unwrap().to_owned();
            let changed = create.patch(&place, &json!({"name": "Bea"})).await;
            assert!(changed.status.is_success(), "{changed:?}");
            create.get(&place).await
        }
    }));
}

#[tokio::test]
async fn users_are_served_while_their_table_changes() {
    let service = Service::start().await;
    let (load, mut tasks) = (Load::default(), JoinSet::new());
    for name in ["acme", "globex"] {
        users(&mut tasks, &load, &service.client(&service.tenant(name).await));
    }
    let mut superuser = service.superuser().await;
    load.goes_on(50).await;
    for alter in [
        // A column of which another is computed keeps its type.
        "ALTER TABLE app.users DROP COLUMN name_search, ALTER COLUMN name TYPE varchar(200)",
        "ALTER TABLE app.users ADD COLUMN note text",
        "ALTER TABLE app.users ALTER COLUMN name TYPE text",
        "ALTER TABLE app.users ALTER COLUMN updated_at TYPE timestamptz(6)",
    ] {
        migrate(&mut superuser, alter).await;
        load.goes_on(50).await;
    }
    load.over.store(true, Ordering::Relaxed);
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

#[tokio::test]
async fn tenants_are_managed_while_the_store_changes() {
    let service = Service::with(&["control_store.max_connections=20"]).await;
    let operator = service.operator();
    let tenant = operator.post(TENANTS, &json!({"name": "acme"})).await.expect(201);
    let place = format!("{TENANTS}/{}", tenant["id"].as_str().unwrap());
    let (load, mut tasks) = (Load::default(), JoinSet::new());
    for path in [
        TENANTS,
        "/admin/v1/operations",
        "/admin/v1/audit",
        "/readyz",
        &place,
    ] {
        let (operator, path) = (operator.clone(), path.to_owned());
        tasks.spawn(load.clone().run(move || {
            let (operator, path) = (operator.clone(), path.clone());
            async move { operator.get(&path).await }
        }));
    }
    // Each in a transaction of the store's.
    let editor = operator.clone().header("if-match", "*");
    tasks.spawn(load.clone().run(move || {
        let (editor, place) = (editor.clone(), place.clone());
        async move {
            let changed = editor.patch(&place, &json!({"metadata": {"a": 1}})).await;
            assert!(changed.status.is_success(), "{changed:?}");
            editor.patch(&place, &json!({"metadata": {"a": 2}})).await
        }
    }));
    let databases = &service.databases;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    load.goes_on(30).await;
    for alter in [
        "ALTER TABLE control.tenants ALTER COLUMN updated_at TYPE timestamptz(6)",
        "ALTER TABLE control.operations ALTER COLUMN actor TYPE varchar(200)",
        "ALTER TABLE control.audit_log ALTER COLUMN action TYPE varchar(200)",
        "ALTER TABLE control.tenants ADD COLUMN note text",
        "ALTER TABLE control.tenants ALTER COLUMN updated_at TYPE timestamptz",
    ] {
        migrate(&mut store, alter).await;
        load.goes_on(30).await;
    }
    load.over.store(true, Ordering::Relaxed);
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}
