//! Broken networks to the databases: responses meanwhile, and recovery.

use std::time::Duration;

use serde_json::json;
use testkit::{Proxy, TestServer};
use tokio::time::{Instant, sleep};

use crate::support::{Client, Service, retry_after, until};

const USERS: &str = "/v1/internal/users";
const TENANTS: &str = "/admin/v1/tenants";
const DEADLINE: Duration = Duration::from_secs(30);

/// A service that reaches one of its databases, `control_store` or `data_cluster`, by way of a proxy.
async fn behind_proxy(section: &str, overrides: &[&str]) -> (Service, Proxy) {
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("{section}.port={}", proxy.address().port());
    let mut all = vec![port.as_str(), "registry.acquire_timeout=1s"];
    all.extend_from_slice(overrides);
    (Service::with(&all).await, proxy)
}

/// Asks until it is answered with 200.
async fn comes_back(client: &Client, path: &str) {
    let start = Instant::now();
    while client.get(path).await.status != 200 {
        assert!(start.elapsed() < DEADLINE, "{path} did not come back");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn without_the_control_store_resident_tenants_are_served() {
    let (service, proxy) = behind_proxy("control_store", &["control_store.connect_timeout=2s"]).await;
    let resident = service.client(&service.tenant("acme").await);
    let other = service.client(&service.tenant("globex").await);
    let operator = service.operator();
    resident.get(USERS).await.expect(200);

    proxy.refuse().await;
    proxy.cut().await;
    resident.post(USERS, &json!({"name": "Ada"})).await.expect(201);
    let refused = other.get(USERS).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.refused(503, "CONTROL_STORE_DOWN");
    operator.get("/readyz").await.refused(503, "CONTROL_STORE_DOWN");
    operator.get("/livez").await.expect(200);
    operator.get(TENANTS).await.refused(503, "CONTROL_STORE_DOWN");

    proxy.heal();
    comes_back(&other, USERS).await;
    comes_back(&operator, "/readyz").await;
}

#[tokio::test]
async fn a_data_cluster_that_refuses_is_said_to_be_down_and_readiness_stays() {
    let (service, proxy) = behind_proxy("data_cluster", &[]).await;
    let client = service.client(&service.tenant("acme").await);
    client.get(USERS).await.expect(200);

    proxy.refuse().await;
    proxy.cut().await;
    // The first one may meet the connection that was cut, and then cannot know what became of its statement.
    let first = client.get(USERS).await;
    assert!(
        ["CONNECTION_LOST", "TENANT_DB_DOWN"].contains(&first.code()),
        "{first:?}"
    );
    let down = client.get(USERS).await;
    assert!(down.headers.contains_key("retry-after"));
    down.refused(503, "TENANT_DB_DOWN");
    service.operator().get("/readyz").await.expect(200);

    proxy.heal();
    comes_back(&client, USERS).await;
}

#[tokio::test]
async fn a_data_cluster_that_says_nothing_costs_a_request_its_deadline_and_no_more() {
    let (service, proxy) = behind_proxy("data_cluster", &["tenant_plane.request_timeout=1s"]).await;
    let tenant = service.tenant("acme").await;
    let client = service.client(&tenant);
    client.get(USERS).await.expect(200);

    let pool = service.registry.lease(tenant.id).await.unwrap();
    proxy.freeze();
    client.get(USERS).await.refused(504, "DEADLINE_EXCEEDED");
    // The silent connection is given up without a word from the other side.
    until(async || pool.snapshot().size == 0).await;
    service.operator().get(TENANTS).await.expect(200);
    service.operator().get("/readyz").await.expect(200);

    proxy.heal();
    comes_back(&client, USERS).await;
}

#[tokio::test]
async fn a_tenant_that_could_not_be_provisioned_is_gone_on_with() {
    let (service, proxy) = behind_proxy("data_cluster", &["data_cluster.connect_timeout=1s"]).await;
    let operator = service.operator();
    proxy.refuse().await;
    let accepted = operator.post(TENANTS, &json!({"name": "acme"})).await;
    let place = accepted.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(retry_after(&accepted), 1);
    let operation = accepted.expect(202);
    assert_eq!(
        place,
        format!("/admin/v1/operations/{}", operation["id"].as_str().unwrap())
    );
    assert_eq!(operation["progress"]["step"], "make_roles");
    assert!(operation["attempts"].as_i64() >= Some(1), "{operation}");
    let why = operation["last_error"].as_str().unwrap();
    assert!(why.contains("could not be reached"), "{why}");

    let listed = operator.get(TENANTS).await.expect(200);
    let tenant = &listed["items"][0];
    assert_eq!(tenant["state"], "provisioning");
    assert_eq!(tenant["id"], operation["tenant_id"]);
    let client = Client::new(service.tenant_plane).header("x-tenant-id", tenant["id"].as_str().unwrap());
    client.get(USERS).await.refused(503, "TENANT_NOT_READY");
    operator
        .post(TENANTS, &json!({"name": "other", "id": tenant["id"]}))
        .await
        .refused(409, "TENANT_EXISTS");

    // By itself, or at once when it is asked for again.
    proxy.heal();
    let active = operator
        .post(TENANTS, &json!({"name": "acme", "id": tenant["id"]}))
        .await
        .expect(201);
    assert_eq!(
        (&active["id"], &active["state"]),
        (&tenant["id"], &json!("active"))
    );
    let done = operator.get(&place).await.expect(200);
    assert_eq!(done["state"], "succeeded");
    assert_eq!(done["last_error"], json!(null));
    comes_back(&client, USERS).await;
}

#[tokio::test]
async fn a_failed_step_is_retried_later() {
    let (service, proxy) = behind_proxy("data_cluster", &["data_cluster.connect_timeout=1s"]).await;
    let operator = service.operator();
    proxy.refuse().await;
    let accepted = operator.post(TENANTS, &json!({"name": "acme"})).await;
    let place = accepted.headers["location"].to_str().unwrap().to_owned();
    accepted.expect(202);
    proxy.heal();
    until(async || operator.get(&place).await.expect(200)["state"] == "succeeded").await;
    operator
        .post(&format!("{place}/retry"), &json!({}))
        .await
        .refused(409, "CONFLICT");
}
