//! "A resource of your own" in the README: the two files that it shows are those beside this one, and they work.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod notes;

use std::sync::Arc;

// What `notes.rs` finds at the root of its crate where the README puts it.
use api::{database, plane, tenant};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{BudgetedSettings, Registry, RegistrySettings, TenantId, TenantSource};
use testkit::Databases;
use tower::ServiceExt as _;

const README: &str = include_str!("../../../../README.md");
const MIGRATION: &str = include_str!("notes.sql");
const RESOURCE: &str = include_str!("notes.rs");

const NOTES: &str = "/v1/internal/notes";

#[test]
fn the_readme_shows_these_files() {
    for (language, file) in [("sql", MIGRATION), ("rust", RESOURCE)] {
        let block = format!("\n```{language}\n{file}```\n");
        assert!(
            README.contains(&block),
            "the README's {language} block is not:\n{file}"
        );
    }
}

/// Who follows it makes a migration: one whose number another has is refused.
#[test]
fn the_readmes_migration_has_the_next_number() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/tenant");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let last = names.filter_map(|name| name.get(..4)?.parse::<u32>().ok()).max();
    let next = format!("`migrations/tenant/{:04}_notes.sql`:", last.unwrap() + 1);
    assert!(README.contains(&next), "the README does not say {next}");
}

#[tokio::test]
async fn it_is_a_resource_of_each_tenant() {
    let databases = Databases::new().await;
    migrate(&databases).await;
    let plane = databases.control_plane();
    let router = router(plane.source(), testkit::budgeted(&plane));
    let acme = testkit::tenant(&plane, "acme").await.id;
    let globex = testkit::tenant(&plane, "globex").await.id;

    let mut made = Vec::new();
    for body in ["one", "two", "three"] {
        let (status, note) = send(&router, acme, Method::POST, NOTES, &json!({ "body": body })).await;
        assert_eq!((status, &note["body"]), (StatusCode::CREATED, &json!(body)));
        made.push(note);
    }
    made.sort_by_key(|note| note["id"].as_str().unwrap().to_owned());
    let one = format!("{NOTES}/{}", made[0]["id"].as_str().unwrap());

    assert_eq!(read(&router, acme, &one).await, (StatusCode::OK, made[0].clone()));
    let (_, first) = read(&router, acme, &format!("{NOTES}?limit=2")).await;
    assert_eq!(first["items"], json!(made[..2]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, last) = read(&router, acme, &format!("{NOTES}?limit=2&cursor={cursor}")).await;
    assert_eq!(last, json!({ "items": made[2..], "next_cursor": null }));

    let (status, problem) = read(&router, globex, &one).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("NOT_FOUND"))
    );
    let (_, none) = read(&router, globex, NOTES).await;
    assert_eq!(none, json!({ "items": [], "next_cursor": null }));
    let (status, problem) = send(&router, globex, Method::POST, NOTES, &json!({ "body": "" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("VALIDATION"))
    );
}

/// As `tenantry migrate` would, with the migrator's login as the owner.
async fn migrate(databases: &Databases) {
    let server = databases.server();
    let data = databases.data().as_str();
    let mut migrator = server.connect(server.migrator(), data).await.unwrap();
    migrator.execute("SET ROLE tenantry_owner").await.unwrap();
    migrator.execute(AssertSqlSafe(MIGRATION)).await.unwrap();
}

/// The resource's routes, each behind the layer that resolves the tenant.
fn router(source: impl TenantSource, pools: Arc<BudgetedSettings>) -> Router {
    let registry = Registry::new(Arc::new(source), RegistrySettings::default(), pools);
    let resolve = tenant::ResolveTenant::new(registry);
    notes::routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods.route_layer(resolve.clone()))
        })
}

async fn read(router: &Router, tenant: TenantId, uri: &str) -> (StatusCode, Value) {
    send(router, tenant, Method::GET, uri, &Value::Null).await
}

async fn send(
    router: &Router,
    tenant: TenantId,
    method: Method,
    uri: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("x-tenant-id", tenant.to_string())
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}
