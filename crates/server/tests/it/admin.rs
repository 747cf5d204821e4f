//! The admin plane: tenants, probes.

use control_plane::TenantFilter;
use serde_json::{Value, json};

use crate::support::{Client, Service};

const TENANTS: &str = "/admin/v1/tenants";

#[tokio::test]
async fn nothing_but_the_probes_is_open() {
    let service = Service::start().await;
    let unauthenticated = Client::new(service.admin_plane);
    let wrong = Client::new(service.admin_plane).header("authorization", "Bearer wrong");
    let twice = service.operator().header("authorization", "Bearer wrong");
    for client in [&unauthenticated, &wrong, &twice] {
        for answer in [
            client.get(TENANTS).await,
            client.post(TENANTS, &json!({"name": "acme"})).await,
            client
                .get(&format!("{TENANTS}/{}", testkit::unknown_tenant()))
                .await,
        ] {
            assert_eq!(
                answer.headers["www-authenticate"]
                    .to_str()
                    .unwrap()
                    .split(' ')
                    .next(),
                Some("Bearer")
            );
            answer.refused(401, "UNAUTHENTICATED");
        }
    }
    assert_eq!(
        service
            .control_plane
            .store()
            .tenants(&TenantFilter::default(), None, 10)
            .await
            .unwrap(),
        []
    );
    unauthenticated.get("/livez").await.expect(200);
    unauthenticated.get("/readyz").await.expect(200);
    unauthenticated
        .get("/admin/v1/nothing")
        .await
        .refused(404, "ROUTE_UNKNOWN");
    service
        .operator()
        .get("/v1/internal/users")
        .await
        .refused(404, "ROUTE_UNKNOWN");
}

#[tokio::test]
async fn tenants_are_created_listed_and_shown() {
    let service = Service::start().await;
    let operator = service.operator();
    let answer = operator.post(TENANTS, &json!({"name": "acme"})).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let acme = answer.expect(201);
    assert_eq!(location, format!("{TENANTS}/{}", acme["id"].as_str().unwrap()));
    assert_eq!(
        (&acme["name"], &acme["state"]),
        (&json!("acme"), &json!("active"))
    );
    assert_eq!(operator.get(&location).await.expect(200), acme);

    let id = testkit::unknown_tenant().to_string();
    let globex = operator
        .post(TENANTS, &json!({"name": "globex", "id": id}))
        .await
        .expect(201);
    assert_eq!(globex["id"], json!(id));
    let first = operator.query(TENANTS, &[("limit", "1")]).await.expect(200);
    assert_eq!(first["items"], json!([acme]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = operator
        .query(TENANTS, &[("limit", "1"), ("cursor", cursor)])
        .await
        .expect(200);
    assert_eq!(second, json!({"items": [globex], "next_cursor": null}));

    for taken in [
        json!({"name": "acme"}),
        json!({"name": "acme", "id": acme["id"]}),
        json!({"name": "x", "id": id}),
    ] {
        operator.post(TENANTS, &taken).await.refused(409, "TENANT_EXISTS");
    }
    operator
        .get(&format!("{TENANTS}/{}", testkit::unknown_tenant()))
        .await
        .refused(404, "TENANT_UNKNOWN");
    operator
        .get(&format!("{TENANTS}/acme"))
        .await
        .refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn wrong_tenants_are_refused_and_nothing_is_made() {
    let service = Service::start().await;
    let operator = service.operator();
    for (body, wrong) in [
        (json!({}), vec!["name"]),
        (json!({"name": ""}), vec!["name"]),
        (json!({"name": "x".repeat(101)}), vec!["name"]),
        (json!({"name": "line\nbreak"}), vec!["name"]),
        (json!({"name": " acme"}), vec!["name"]),
        (
            json!({"name": "acme", "id": "00000000-0000-0000-0000-000000000000"}),
            vec!["id"],
        ),
        (
            json!({"name": 1, "id": "acme", "state": "active"}),
            vec!["name", "id", "state"],
        ),
    ] {
        assert_eq!(
            operator.post(TENANTS, &body).await.wrong_fields(),
            wrong,
            "{body}"
        );
    }
    assert_eq!(operator.get(TENANTS).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let service = Service::start().await;
    let client = service.operator().header("x-request-id", "from-the-caller.1");
    let answer = client.get("/admin/v1/nothing").await;
    assert_eq!(answer.headers["x-request-id"], "from-the-caller.1");
    assert_eq!(answer.body["request_id"], "from-the-caller.1");
    let own: Value = service
        .operator()
        .get(&format!("{TENANTS}/{}", testkit::unknown_tenant()))
        .await
        .body;
    assert_eq!(own["request_id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_new_tenant_is_served_at_once_despite_an_earlier_failed_lookup() {
    let service = Service::start().await;
    let id = testkit::unknown_tenant();
    let client = Client::new(service.tenant_plane).header("x-tenant-id", &id.to_string());
    client
        .get("/v1/internal/users")
        .await
        .refused(404, "TENANT_UNKNOWN");
    service
        .operator()
        .post(TENANTS, &json!({"name": "acme", "id": id.to_string()}))
        .await
        .expect(201);
    client.get("/v1/internal/users").await.expect(200);
}
