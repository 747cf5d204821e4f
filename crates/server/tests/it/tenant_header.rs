//! Tenant identification: refused requests build no pool.

use reqwest::Method;

use crate::support::{Service, soon};

const USERS: &str = "/v1/internal/users";

#[tokio::test]
async fn a_request_names_exactly_one_tenant_that_exists() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let id = tenant.id.to_string();
    let named = |value: &str| service.anonymous().header("x-tenant-id", value);

    service
        .anonymous()
        .get(USERS)
        .await
        .refused(400, "TENANT_HEADER_MISSING");
    for malformed in [
        "",
        "1",
        "acme",
        &id[1..],
        &format!("{id},{id}"),
        &format!("{{{id}}}"),
    ] {
        named(malformed)
            .get(USERS)
            .await
            .refused(400, "TENANT_HEADER_INVALID");
    }
    service
        .client(&tenant)
        .header("x-tenant-id", &id)
        .get(USERS)
        .await
        .refused(400, "TENANT_HEADER_DUPLICATED");
    named(&testkit::unknown_tenant().to_string())
        .get(USERS)
        .await
        .refused(404, "TENANT_UNKNOWN");
    assert_eq!(service.registry.stats().opened, 0);

    named(&id.to_uppercase()).get(USERS).await.expect(200);
    assert_eq!(service.registry.stats().opened, 1);
}

#[tokio::test]
async fn a_route_or_method_that_does_not_exist_asks_for_no_tenant() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    for client in [service.anonymous(), service.client(&tenant)] {
        client
            .get("/v1/internal/nothing")
            .await
            .refused(404, "ROUTE_UNKNOWN");
        client
            .get("/admin/v1/tenants")
            .await
            .refused(404, "ROUTE_UNKNOWN");
        let answer = client.send(Method::PUT, USERS).await;
        let mut allowed: Vec<_> = answer.headers["allow"].to_str().unwrap().split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["GET", "HEAD", "POST"]);
        answer.refused(405, "METHOD_NOT_ALLOWED");
    }
    assert_eq!(service.registry.stats().opened, 0);
}

#[tokio::test]
async fn internal_routes_are_closed_to_other_networks_whatever_a_header_says() {
    let service = Service::with(&["tenant_plane.trusted_networks=10.0.0.0/8"]).await;
    let tenant = service.tenant("acme").await;
    let client = service
        .client(&tenant)
        .header("x-forwarded-for", "10.0.0.1")
        .header("forwarded", "for=10.0.0.1")
        .header("x-real-ip", "10.0.0.1");
    client.get(USERS).await.refused(403, "NETWORK_NOT_TRUSTED");
    assert_eq!(service.registry.stats().opened, 0);
}

#[tokio::test]
async fn a_tenant_that_is_not_served_is_told_so() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let mut store = service
        .databases
        .server()
        .superuser(service.databases.control().as_str())
        .await;
    for (state, status, code) in [
        ("suspended", 403, "TENANT_SUSPENDED"),
        ("provisioning", 503, "TENANT_NOT_READY"),
    ] {
        sqlx::query("UPDATE control.tenants SET state = $1")
            .bind(state)
            .execute(&mut store)
            .await
            .unwrap();
        let answer = soon(&service.client(&tenant), USERS, status).await;
        answer.refused(status, code);
    }
    assert_eq!(service.registry.stats().opened, 0);
}
