//! Limits of the tenant plane in the whole service.

use serde_json::json;

use crate::support::{Locked, Service, retry_after, soon, until};

const USERS: &str = "/v1/internal/users";

#[tokio::test]
async fn above_its_room_the_plane_sheds_and_the_admin_plane_answers() {
    let service = Service::with(&[
        "tenant_plane.max_concurrent_requests=4",
        "registry.lock_timeout=1m",
        "registry.statement_timeout=1m",
    ])
    .await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (client, other) = (service.client(&acme), service.client(&globex));
    let (_, key) = service.api_key(&acme, &["read"]).await;

    // By both prefixes, with credentials of either.
    let by_key = service.holder(&key).get("/v1/limits").await.expect(200);
    assert_eq!(client.get("/v1/internal/limits").await.expect(200), by_key);
    let [plan, rate, connections] =
        ["plan", "requests_per_second", "max_connections"].map(|field| by_key[field].clone());
    assert_eq!(
        (plan.is_string(), rate, connections),
        (true, json!(null), json!(5))
    );
    service
        .anonymous()
        .get("/v1/limits")
        .await
        .refused(401, "UNAUTHENTICATED");

    let mut locked = Locked::users(&service).await;
    let under_way: Vec<_> = (0..2)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get(USERS).await })
        })
        .collect();
    locked.hold(&acme, 2).await;
    // Half of the room is one tenant's.
    let shed = client.get(USERS).await;
    assert_eq!(retry_after(&shed), 1);
    shed.refused(503, "OVERLOADED");
    other.get("/v1/internal/limits").await.expect(200);
    service.operator().get("/readyz").await.expect(200);
    locked.release().await;
    for answer in under_way {
        answer.await.unwrap().expect(200);
    }
    until(async || client.get(USERS).await.status == 200).await;
}

#[tokio::test]
async fn a_plan_holds_within_a_second_of_each_change() {
    let service = Service::start().await;
    let operator = service.operator().header("if-match", "*");
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (client, other) = (service.client(&acme), service.client(&globex));
    let plan = json!({"name": "tiny", "limits": {"requests_per_second": 1, "burst": 2}});
    operator.post("/admin/v1/plans", &plan).await.expect(201);
    let acme = format!("/admin/v1/tenants/{}", acme.id);
    operator.patch(&acme, &json!({"plan": "tiny"})).await.expect(200);

    let refused = soon(&client, USERS, 429).await;
    assert!(retry_after(&refused) >= 1);
    assert_eq!(refused.headers["ratelimit-policy"], "\"default\";q=2;w=2");
    refused.refused(429, "RATE_LIMITED");
    assert!(!other.get(USERS).await.headers.contains_key("ratelimit"));

    // The tenant's own value in place of the plan's, then the plan's own change, then another plan.
    let own = json!({"limit_overrides": {"requests_per_second": null}});
    operator.patch(&acme, &own).await.expect(200);
    soon(&client, USERS, 200).await;
    let bodies = json!({"limits": {"request_body_bytes": 20}});
    operator.patch("/admin/v1/plans/tiny", &bodies).await.expect(200);
    until(async || client.get("/v1/internal/limits").await.body["request_body_bytes"] == 20).await;
    let long = json!({"name": "a name of more than twenty bytes"});
    client.post(USERS, &long).await.refused(413, "BODY_TOO_LARGE");
    assert_eq!(
        client.get("/v1/internal/limits").await.expect(200)["plan"],
        "tiny"
    );
    operator
        .patch(&acme, &json!({"plan": "default"}))
        .await
        .expect(200);
    until(async || client.post(USERS, &long).await.status == 201).await;
}
