//! Users: created, shown, changed, deleted; and every way to get it wrong.

mod conditions;
mod cursors;
mod idempotency;
mod minimal;
mod patch;
mod put;
mod search;

use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{Client, Service};

const USERS: &str = "/v1/internal/users";

fn timestamp(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

async fn create(client: &Client, name: &str) -> Value {
    client.post(USERS, &json!({ "name": name })).await.expect(201)
}

#[tokio::test]
async fn a_user_lives_and_dies() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);

    let answer = client.post(USERS, &json!({"name": "Ada Lovelace"})).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let user = answer.expect(201);
    assert_eq!(location, format!("{USERS}/{}", user["id"].as_str().unwrap()));
    assert_eq!(
        (&user["name"], &user["confirmed"]),
        (&json!("Ada Lovelace"), &json!(false))
    );
    assert_eq!(timestamp(&user["created_at"]), timestamp(&user["updated_at"]));
    for field in ["id", "name", "confirmed", "created_at", "updated_at"] {
        assert!(!user[field].is_null(), "{field}");
    }
    assert!(user.get("tenant_id").is_none());
    assert_eq!(client.get(&location).await.expect(200), user);

    let changed = client
        .patch(&location, &json!({"confirmed": true}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["name"], &changed["confirmed"]),
        (&json!("Ada Lovelace"), &json!(true))
    );
    assert_eq!(changed["created_at"], user["created_at"]);
    assert!(timestamp(&changed["updated_at"]) > timestamp(&user["updated_at"]));
    let renamed = client
        .patch(&location, &json!({"name": "Countess"}))
        .await
        .expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["confirmed"]),
        (&json!("Countess"), &json!(true))
    );
    // Nothing to change changes nothing, not even the time.
    assert_eq!(client.patch(&location, &json!({})).await.expect(200), renamed);

    assert_eq!(client.delete(&location).await.expect(204), Value::Null);
    client.get(&location).await.refused(404, "NOT_FOUND");
    client
        .patch(&location, &json!({"name": "x"}))
        .await
        .refused(404, "NOT_FOUND");
    client.delete(&location).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn names_have_1_to_200_characters_of_any_script() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    for name in [
        "a",
        " ",
        "Ἀριάδνη",
        &"𝔘".repeat(200),
        "'; DROP TABLE app.users; --",
        "\u{1}",
        "%_\\",
    ] {
        assert_eq!(create(&client, name).await["name"], name);
    }
    for name in [
        json!(""),
        json!("x".repeat(201)),
        json!("a\0b"),
        json!(null),
        json!(7),
        json!(["a"]),
    ] {
        let answer = client.post(USERS, &json!({ "name": name })).await;
        assert_eq!(answer.wrong_fields(), ["name"], "{name}");
    }
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let location = format!("{USERS}/{}", create(&client, "Ada").await["id"].as_str().unwrap());

    let wrong =
        json!({"name": "", "confirmed": "yes", "tenant_id": testkit::unknown_tenant().to_string(), "id": 1});
    let mut fields = client
        .post(USERS, &wrong)
        .await
        .wrong_fields()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    fields.sort();
    assert_eq!(fields, ["confirmed", "id", "name", "tenant_id"]);
    assert_eq!(client.post(USERS, &json!({})).await.wrong_fields(), ["name"]);
    let wrong = json!({"created_at": "2020-01-01T00:00:00Z", "name": null});
    assert_eq!(
        client.patch(&location, &wrong).await.wrong_fields(),
        ["name", "created_at"]
    );
}

#[tokio::test]
async fn unreadable_bodies_have_distinct_codes() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let post = |kind: &'static str, body: &str| {
        let request = client
            .request(Method::POST, USERS)
            .header("content-type", kind)
            .body(body.to_owned());
        async move { request.send().await.unwrap() }
    };
    for (kind, body, status, code) in [
        ("application/json", "{\"name\": \"Ada\"", 400, "MALFORMED"),
        ("application/json", "[]", 400, "MALFORMED"),
        (
            "application/json",
            "{\"name\":\"a\",\"name\":\"b\"}",
            400,
            "MALFORMED",
        ),
        ("application/json", "", 400, "MALFORMED"),
        ("text/plain", "{\"name\":\"a\"}", 415, "MEDIA_TYPE"),
        (
            "application/json",
            &format!("{{\"name\":\"{}\"}}", "x".repeat(70_000)),
            413,
            "BODY_TOO_LARGE",
        ),
    ] {
        let answer = post(kind, body).await;
        assert_eq!(answer.status().as_u16(), status, "{body:.30}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], code, "{body:.30}");
        assert!(problem["request_id"].is_string());
    }
    client.get(&format!("{USERS}/7")).await.refused(404, "NOT_FOUND");
    // Nothing is done of what was meant to be done otherwise.
    let user = create(&client, "Ada").await;
    let path = format!("{USERS}/{}?if_confirmed=true", user["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.wrong_fields(), ["if_confirmed"]);
    assert_eq!(client.get(&path).await.wrong_fields(), ["if_confirmed"]);
    assert_eq!(
        client.patch(&path, &json!({})).await.wrong_fields(),
        ["if_confirmed"]
    );
    let dry_run = client
        .post(&format!("{USERS}?dry_run=1"), &json!({"name": "Bob"}))
        .await;
    assert_eq!(dry_run.wrong_fields(), ["dry_run"]);
    assert_eq!(client.get(USERS).await.expect(200)["items"], json!([user]));
}
