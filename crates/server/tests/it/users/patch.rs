//! The media types of PATCH.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Answer;

use super::{USERS, create};
use crate::support::{Client, Service};

const MERGE_PATCH: &str = "application/merge-patch+json";

/// PATCH with a body of this type.
async fn patch(client: &Client, path: &str, kind: &str, body: &Value) -> Answer {
    let request = client
        .request(Method::PATCH, path)
        .header("content-type", kind)
        .body(body.to_string());
    client.answer(request).await
}

#[tokio::test]
async fn a_merge_patch_removes_what_is_null() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let user = create(&client, "Ada").await;
    let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
    let merge = async |body: Value| patch(&client, &path, MERGE_PATCH, &body).await;

    let confirmed = merge(json!({"confirmed": true})).await.expect(200);
    assert_eq!(
        (&confirmed["name"], &confirmed["confirmed"]),
        (&json!("Ada"), &json!(true))
    );
    // What a new user without it has.
    let removed = merge(json!({"confirmed": null, "name": "Countess"}))
        .await
        .expect(200);
    assert_eq!(
        (&removed["name"], &removed["confirmed"]),
        (&json!("Countess"), &json!(false))
    );
    assert_eq!(merge(json!({})).await.expect(200), removed);
    let wrong = merge(json!({"name": null, "id": null, "no_such_field": null})).await;
    assert_eq!(wrong.wrong_fields(), ["name", "id", "no_such_field"]);
    // As JSON, null is wrong.
    let wrong = client.patch(&path, &json!({"confirmed": null})).await;
    assert_eq!(wrong.wrong_fields(), ["confirmed"]);
}

#[tokio::test]
async fn another_type_is_answered_with_those_that_are_taken() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let user = create(&client, "Ada").await;
    let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
    for kind in [
        "application/json-patch+json",
        "application/vnd.api+json",
        "text/plain",
    ] {
        let refused = patch(&client, &path, kind, &json!({"name": "x"})).await;
        assert_eq!(
            refused.headers["accept-patch"],
            "application/json, application/merge-patch+json"
        );
        refused.refused(415, "MEDIA_TYPE");
    }
    assert_eq!(client.get(&path).await.expect(200), user);

    let operator = service.operator().header("if-match", "*");
    let tenant = service.tenant("globex").await;
    let path = format!("/admin/v1/tenants/{}", tenant.id);
    let refused = patch(&operator, &path, "application/json-patch+json", &json!({})).await;
    assert!(refused.headers.contains_key("accept-patch"));
    refused.refused(415, "MEDIA_TYPE");
}

#[tokio::test]
async fn a_merge_patch_of_a_tenant_changes_members_of_its_metadata() {
    let service = Service::start().await;
    let operator = service.operator().header("if-match", "*");
    let path = format!("/admin/v1/tenants/{}", service.tenant("acme").await.id);
    let whole =
        json!({"metadata": {"plan": {"name": "gold", "seats": 5}, "region": "eu"}, "external_id": "1"});
    patch(&operator, &path, MERGE_PATCH, &whole).await.expect(200);
    let members = json!({"metadata": {"plan": {"seats": 6, "name": null}, "region": null, "note": "x"}});
    let changed = patch(&operator, &path, MERGE_PATCH, &members).await.expect(200);
    assert_eq!(changed["metadata"], json!({"plan": {"seats": 6}, "note": "x"}));
    assert_eq!(changed["external_id"], "1");
    // As JSON, the object is a new one.
    let replaced = operator
        .patch(&path, &json!({"metadata": {"a": 1}}))
        .await
        .expect(200);
    assert_eq!(replaced["metadata"], json!({"a": 1}));
    let removed = json!({"metadata": null, "external_id": null, "reserved_connections": null});
    let removed = patch(&operator, &path, MERGE_PATCH, &removed).await.expect(200);
    assert_eq!(
        (&removed["metadata"], &removed["external_id"]),
        (&json!({}), &json!(null))
    );

    for metadata in [json!("x"), json!([]), json!({"n": "x".repeat(17_000)})] {
        let wrong = patch(&operator, &path, MERGE_PATCH, &json!({ "metadata": metadata })).await;
        assert_eq!(wrong.wrong_fields(), ["metadata"], "{metadata:.20}");
    }
}
