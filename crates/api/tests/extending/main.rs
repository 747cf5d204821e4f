//! "A resource of your own" and "A column of your own" in docs/extending.md: the files that it shows are those beside this
//! one, and they work. `.ci/fork` adds them to a copy of the checkout, where this test and all others run too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod notes;

use std::sync::Arc;

// What `notes.rs` finds at the root of its crate where the page puts it.
use api::{cursors, database, plane, tenant};
use axum::body::{Body, to_bytes};
use axum::{Extension, Router};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor as _;
use tenant_registry::{BudgetedSettings, Registry, RegistrySettings, TenantId, TenantSource};
use testkit::Databases;
use tower::ServiceExt as _;
use uuid::Uuid;
use web::page::{CursorKey, CursorKeys};

const PAGE: &str = include_str!("../../../../docs/extending.md");
const MIGRATION: &str = include_str!("notes.sql");
const RESOURCE: &str = include_str!("notes.rs");
const COLUMN: &str = include_str!("email.sql");

const NOTES: &str = "/notes";

#[test]
fn the_page_shows_these_files() {
    for (language, file) in [
        ("sql", MIGRATION),
        ("rust", RESOURCE),
        ("diff", include_str!("routes.diff")),
        ("sql", COLUMN),
        ("diff", include_str!("email.diff")),
    ] {
        let block = format!("\n```{language}\n{file}```\n");
        assert!(
            PAGE.contains(&block),
            "the page's {language} block is not:\n{file}"
        );
    }
}

#[tokio::test]
async fn it_is_a_resource_of_each_tenant() {
    let databases = Databases::new().await;
    migrate(&databases, "DROP TABLE IF EXISTS app.notes CASCADE", MIGRATION).await;
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
    let (status, problem) = read(&router, globex, &format!("{NOTES}?cursor={cursor}")).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("cursor"))
    );

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

#[tokio::test]
async fn it_is_a_column_of_each_tenant() {
    let databases = Databases::new().await;
    migrate(
        &databases,
        "ALTER TABLE app.users DROP COLUMN IF EXISTS email CASCADE",
        COLUMN,
    )
    .await;
    let plane = databases.control_plane();
    let registry: api::TenantRegistry = Registry::new(
        Arc::new(plane.source()),
        RegistrySettings::default(),
        testkit::budgeted(&plane),
    );
    let db = registry
        .db(testkit::tenant(&plane, "acme").await.id)
        .await
        .unwrap();
    let write = "INSERT INTO app.users (name, email) VALUES ('Ada', 'ada@example.org') RETURNING id";
    let id: Uuid = sqlx::query_scalar(write).fetch_one(&db).await.unwrap();
    let change = "UPDATE app.users SET email = 'lovelace@example.org' WHERE tenant_id = $1 AND id = $2 RETURNING email";
    let email: String = sqlx::query_scalar(change)
        .bind(db.tenant().as_uuid())
        .bind(id)
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(email, "lovelace@example.org");

    let statistics = "SELECT count(*) FROM pg_attribute
        WHERE attrelid = 'app.users'::regclass AND attnum > 0 AND NOT attisdropped AND attstattarget IS DISTINCT FROM 0";
    let mut superuser = databases.server().superuser(databases.data().as_str()).await;
    let statistics: i64 = sqlx::query_scalar(statistics)
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert_eq!(statistics, 0);
}

/// Applies the migration as `tenantry migrate` does, with the migrator's login as the owner. `make_room` first removes
/// an object that the repository has already if the page has been followed.
async fn migrate(databases: &Databases, make_room: &'static str, migration: &'static str) {
    let server = databases.server();
    let data = databases.data().as_str();
    let mut migrator = server.connect(server.migrator(), data).await.unwrap();
    for sql in ["SET ROLE tenantry_owner", make_room, migration] {
        migrator.execute(sql).await.unwrap();
    }
}

/// The resource's routes, each behind the layer that resolves the tenant.
fn router(source: impl TenantSource, pools: Arc<BudgetedSettings>) -> Router {
    let registry = Registry::new(Arc::new(source), RegistrySettings::default(), pools);
    let resolve = tenant::ResolveTenant::by_header(registry);
    let cursors = CursorKeys::new(CursorKey::new(&[1; 32]), []);
    notes::routes()
        .into_iter()
        .fold(Router::new(), |router, route| {
            let path = route.path().to_owned();
            router.route(&path, route.split().1.route_layer(resolve.clone()))
        })
        .route_layer(Extension(cursors))
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
