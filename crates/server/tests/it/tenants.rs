//! Lifecycle of tenants through the admin plane.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::support::{Service, until};

const TENANTS: &str = "/admin/v1/tenants";
const USERS: &str = "/v1/internal/users";

fn member(tenant: &Value) -> String {
    format!("{TENANTS}/{}", tenant["id"].as_str().unwrap())
}

#[tokio::test]
async fn created_with_all_that_may_be_said_and_found_by_it() {
    let service = Service::start().await;
    let operator = service.operator();
    let said = json!({
        "name": "ä".repeat(100), "external_id": "crm/4711", "metadata": {"plan": "gold", "seats": 5},
        "max_connections": 7, "reserved_connections": 2,
    });
    let answer = operator.post(TENANTS, &said).await;
    let (place, etag) = (answer.headers["location"].clone(), answer.headers["etag"].clone());
    let tenant = answer.expect(201);
    for (name, value) in said.as_object().unwrap() {
        assert_eq!(&tenant[name], value, "{name}");
    }
    assert_eq!(tenant["state"], "active");
    let again = operator.get(place.to_str().unwrap()).await;
    assert_eq!(again.headers["etag"], etag);
    assert_eq!(again.expect(200), tenant);

    for number in 0..3 {
        let name = format!("acme {number}");
        operator.post(TENANTS, &json!({"name": name})).await.expect(201);
    }
    for (filter, found) in [
        (("external_id", "crm/4711"), 1),
        (("external_id", "crm/471"), 0),
        (("name_prefix", "acme"), 3),
        (("name_prefix", "Acme"), 0),
        (("state", "active"), 4),
        (("state", "suspended"), 0),
    ] {
        let page = operator.query(TENANTS, &[filter]).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{filter:?}");
    }
    let mut seen = BTreeSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..2 {
        let mut query = vec![("limit", "2"), ("state", "active")];
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor.as_str()));
        }
        let page = operator.query(TENANTS, &query).await.expect(200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|tenant| tenant["name"].to_string()),
        );
        cursor = page["next_cursor"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!((seen.len(), cursor), (4, None));
}

#[tokio::test]
async fn impossible_values_are_refused_and_named() {
    let service = Service::start().await;
    let operator = service.operator();
    let (big, long) = ("x".repeat(17_000), "x".repeat(201));
    for (said, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": " a"}), "name"),
        (json!({"name": "   "}), "name"),
        (json!({"name": "a\u{200b}"}), "name"),
        (json!({"name": "a\u{202e}b"}), "name"),
        (json!({"name": "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44"}), "name"),
        (json!({"name": "a", "external_id": long}), "external_id"),
        (json!({"name": "a", "metadata": []}), "metadata"),
        (json!({"name": "a", "metadata": {"a": big}}), "metadata"),
        (json!({"name": "a", "metadata": {"a": "\0"}}), "metadata"),
        (json!({"name": "a", "metadata": nested(17)}), "metadata"),
        (json!({"name": "a", "max_connections": 0}), "max_connections"),
        (json!({"name": "a", "max_connections": 63}), "max_connections"),
        (
            json!({"name": "a", "max_connections": 1, "reserved_connections": 2}),
            "reserved_connections",
        ),
        (json!({"name": "a", "state": "active"}), "state"),
        (
            json!({"name": "a", "id": "00000000-0000-0000-0000-000000000000"}),
            "id",
        ),
    ] {
        let answer = operator.post(TENANTS, &said).await;
        assert_eq!(answer.body["errors"][0]["field"], field, "{said}");
        answer.refused(422, "VALIDATION");
    }
    operator
        .post(TENANTS, &json!({"name": "a", "external_id": "1"}))
        .await
        .expect(201);
    for (said, taken) in [
        (json!({"name": "a"}), "the name is taken"),
        (
            json!({"name": "b", "external_id": "1"}),
            "the external id is taken",
        ),
    ] {
        let answer = operator.post(TENANTS, &said).await;
        assert_eq!(answer.body["detail"], taken);
        answer.refused(409, "TENANT_EXISTS");
    }
}

#[tokio::test]
async fn a_change_requires_the_current_entity_tag() {
    let service = Service::start().await;
    let operator = service.operator();
    let created = operator
        .post(TENANTS, &json!({"name": "acme", "external_id": "1"}))
        .await;
    let etag = created.headers["etag"].to_str().unwrap().to_owned();
    let place = member(&created.expect(201));

    let change = json!({"name": "acme inc", "external_id": null, "max_connections": 9});
    operator
        .patch(&place, &change)
        .await
        .refused(428, "PRECONDITION_REQUIRED");
    let changed = operator
        .clone()
        .header("if-match", &etag)
        .patch(&place, &change)
        .await;
    assert_ne!(changed.headers["etag"].to_str().unwrap(), etag);
    let changed = changed.expect(200);
    assert_eq!(
        (
            &changed["name"],
            &changed["external_id"],
            &changed["max_connections"]
        ),
        (&json!("acme inc"), &json!(null), &json!(9))
    );
    let stale = &etag;
    let now = operator.get(&place).await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    let padded = now.replacen('"', "\"0", 1);
    for (tag, status, code) in [
        (stale, 412, "PRECONDITION_FAILED"),
        (&padded, 412, "PRECONDITION_FAILED"),
        (&now.replace('"', ""), 400, "MALFORMED"),
    ] {
        operator
            .clone()
            .header("if-match", tag)
            .patch(&place, &change)
            .await
            .refused(status, code);
    }
    operator
        .clone()
        .header("if-match", &etag)
        .post(&format!("{place}/suspend"), &json!({}))
        .await
        .refused(412, "PRECONDITION_FAILED");
    let any = operator.clone().header("if-match", "*");
    any.patch(&place, &json!({"metadata": {"a": 1}}))
        .await
        .expect(200);
    // Reservations are limited by the budget.
    let small = service
        .beside(&[
            "registry.max_connections=4",
            "registry.max_connections_per_tenant=4",
        ])
        .await;
    let any = small.operator().header("if-match", "*");
    let refused = any.patch(&place, &json!({"reserved_connections": 4})).await;
    assert_eq!(refused.body["errors"][0]["field"], "reserved_connections");
    refused.refused(422, "VALIDATION");
    any.patch(&place, &json!({"reserved_connections": 3}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_name_is_one_however_it_is_composed() {
    let service = Service::start().await;
    let operator = service.operator();
    let (composed, decomposed) = ("Zo\u{eb}", "Zoe\u{308}");
    let body = json!({"name": decomposed});
    let tenant = operator.post(TENANTS, &body).await.expect(201);
    assert_eq!(tenant["name"], composed);
    for name in [composed, decomposed] {
        let again = operator.post(TENANTS, &json!({"name": name})).await;
        again.refused(409, "TENANT_EXISTS");
        let found = operator
            .query(TENANTS, &[("name_prefix", name)])
            .await
            .expect(200);
        assert_eq!(found["items"][0]["id"], tenant["id"], "{name}");
    }
    let keys = format!("{}/api-keys", member(&tenant));
    assert_eq!(operator.post(&keys, &body).await.expect(201)["name"], composed);
    let wrong = operator.post(&keys, &json!({"name": "a\u{2066}"})).await;
    assert_eq!(wrong.wrong_fields(), ["name"]);
    let tokens = "/admin/v1/admin-tokens";
    let token = json!({"name": decomposed, "role": "viewer"});
    assert_eq!(operator.post(tokens, &token).await.expect(201)["name"], composed);

    // A row of an earlier version is shown unchanged, and found by either form of its name.
    let databases = &service.databases;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    sqlx::query("UPDATE control.tenants SET name = $1")
        .bind(decomposed)
        .execute(&mut store)
        .await
        .unwrap();
    assert_eq!(
        operator.get(&member(&tenant)).await.expect(200)["name"],
        decomposed
    );
    for name in [composed, decomposed] {
        let found = operator
            .query(TENANTS, &[("name_prefix", name)])
            .await
            .expect(200);
        assert_eq!(found["items"][0]["name"], decomposed, "{name}");
    }
}

#[tokio::test]
async fn preconditions_are_those_of_http() {
    let service = Service::start().await;
    let operator = service.operator();
    let created = operator.post(TENANTS, &json!({"name": "acme"})).await;
    let tag = created.headers["etag"].to_str().unwrap().to_owned();
    let place = member(&created.expect(201));
    let weak = format!("W/{tag}");
    let with = |name: &'static str, value: &str| operator.clone().header(name, value);

    for method in [Method::GET, Method::HEAD] {
        for known in [&tag, &weak, "*", &format!("\"x\", {tag}")] {
            let answer = with("if-none-match", known).send(method.clone(), &place).await;
            assert_eq!(answer.headers["etag"], tag, "{known}");
            assert_eq!(
                (answer.status.as_u16(), &answer.body),
                (304, &Value::Null),
                "{known}"
            );
        }
        let other = with("if-none-match", "\"x\"").send(method.clone(), &place).await;
        assert_eq!(other.status, 200);
    }
    with("if-match", &format!("\"x\", {tag}"))
        .get(&place)
        .await
        .expect(200);
    with("if-match", &weak)
        .get(&place)
        .await
        .refused(412, "PRECONDITION_FAILED");

    let suspend = format!("{place}/suspend");
    for (name, value) in [
        ("if-none-match", &tag),
        ("if-none-match", &weak),
        ("if-none-match", &"*".to_owned()),
        ("if-match", &weak),
    ] {
        let client = with(name, value);
        for refused in [
            client.post(&suspend, &json!({})).await,
            client.delete(&place).await,
        ] {
            refused.refused(412, "PRECONDITION_FAILED");
        }
    }
    for name in ["if-match", "if-none-match"] {
        for wrong in ["4", "\"4", "\"4\" \"5\""] {
            let client = with(name, wrong);
            for refused in [
                client.get(&place).await,
                client.post(&suspend, &json!({})).await,
                client.patch(&place, &json!({"name": "b"})).await,
                client.delete(&place).await,
            ] {
                let detail = refused.body["detail"].as_str().unwrap().to_lowercase();
                assert!(detail.starts_with(&format!("{name} must be")), "{detail}");
                refused.refused(400, "MALFORMED");
            }
        }
    }
    with("if-none-match", &tag)
        .patch(&place, &json!({"name": "b"}))
        .await
        .refused(428, "PRECONDITION_REQUIRED");
    with("if-match", &format!("\"999\", {tag}"))
        .patch(&place, &json!({"name": "b"}))
        .await
        .expect(200);
    // The known version has changed, so the tenant is sent again.
    let changed = with("if-none-match", &tag).get(&place).await.expect(200);
    assert_eq!(changed["name"], "b");
    with("if-none-match", &tag)
        .post(&suspend, &json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_life_from_beginning_to_end() {
    let service = Service::start().await;
    let operator = service.operator();
    let tenant = operator.post(TENANTS, &json!({"name": "acme"})).await.expect(201);
    let place = member(&tenant);
    let id = tenant["id"].as_str().unwrap().to_owned();
    let client = service.anonymous().header("x-tenant-id", &id);
    client.post(USERS, &json!({"name": "Ada"})).await.expect(201);
    let act = async |what: &str| operator.post(&format!("{place}/{what}"), &json!({})).await;

    act("purge").await.refused(409, "TENANT_STATE");
    assert_eq!(act("suspend").await.expect(200)["state"], "suspended");
    client.get(USERS).await.refused(403, "TENANT_SUSPENDED");
    assert_eq!(act("suspend").await.expect(200)["state"], "suspended");
    assert_eq!(act("resume").await.expect(200)["state"], "active");
    client.get(USERS).await.expect(200);

    let query = format!("{place}?grace_hours=24");
    let deleted = operator.delete(&query).await.expect(200);
    assert_eq!(deleted["state"], "offboarding");
    assert!(deleted["purge_at"].is_string());
    client.get(USERS).await.refused(404, "TENANT_UNKNOWN");
    act("resume").await.refused(409, "TENANT_STATE");
    assert_eq!(act("undelete").await.expect(200)["state"], "active");
    let users = client.get(USERS).await.expect(200);
    assert_eq!(users["items"][0]["name"], "Ada");

    operator.delete(&place).await.expect(200);
    assert_eq!(act("purge").await.expect(200)["state"], "purged");
    client.get(USERS).await.refused(404, "TENANT_UNKNOWN");
    act("undelete").await.refused(409, "TENANT_STATE");
    let left = operator.query(TENANTS, &[("state", "purged")]).await.expect(200);
    assert_eq!(left["items"][0]["name"], "purged");
    assert_eq!(left["items"][0]["id"], json!(id));
    assert_eq!(operator.get(TENANTS).await.expect(200)["items"], json!([]));

    let operations = operator
        .query("/admin/v1/operations", &[("tenant_id", &id)])
        .await
        .expect(200);
    let kinds: Vec<&str> = operations["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| operation["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "purge",
            "offboard",
            "undelete",
            "offboard",
            "resume",
            "suspend",
            "provision"
        ]
    );
    let purge = &operations["items"][0];
    assert_eq!(purge["progress"]["rows_removed"], 1);
    assert_eq!(purge["progress"]["steps_done"], purge["progress"]["steps_total"]);
}

/// Repetitions on any replica create one tenant and one set of roles.
#[tokio::test]
async fn fifty_creations_with_one_key_make_one_tenant() {
    let service = Service::start().await;
    let other = service.beside(&[]).await;
    let clients = [&service, &other].map(|service| service.operator().header("idempotency-key", "one"));
    let body = json!({"name": "acme"});
    let answers = join_all((0..50).map(|number| clients[number % 2].post(TENANTS, &body))).await;
    let ids: BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(201)["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
    let role = format!("tn_{}", ids.first().unwrap().replace('-', ""));
    let mut superuser = service.superuser().await;
    let roles: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_roles WHERE starts_with(rolname, $1)")
        .bind(&role)
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert_eq!(roles, 1);
    let listed = service.operator().get(TENANTS).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

async fn store(service: &Service) -> PgConnection {
    let databases = &service.databases;
    databases.server().superuser(databases.control().as_str()).await
}

/// Deletes all idempotency keys, as after a crash between the creation of a tenant and the stored response.
async fn forget_keys(store: &mut PgConnection) {
    let forget = "DELETE FROM control.idempotency_keys";
    sqlx::query(forget).execute(store).await.unwrap();
}

#[tokio::test]
async fn a_creation_that_is_sent_again_finds_what_it_has_made() {
    let service = Service::start().await;
    let mut store = store(&service).await;
    let own = Uuid::now_v7();
    for (key, body) in [
        ("one", json!({"name": "acme", "metadata": {"plan": "gold"}})),
        (
            "two",
            json!({"name": "globex", "id": own, "metadata": {"seats": 1e17}}),
        ),
    ] {
        let keyed = service.operator().header("idempotency-key", key);
        let made = keyed.post(TENANTS, &body).await.expect(201);
        forget_keys(&mut store).await;
        assert_eq!(keyed.post(TENANTS, &body).await.expect(201), made);
        forget_keys(&mut store).await;
        // A deleted key counts as new: with another body it does not lead to that tenant.
        let mut other = body.clone();
        other["name"] = json!(format!("other {key}"));
        let answer = keyed.post(TENANTS, &other).await;
        if body["id"].is_null() {
            assert_ne!(answer.expect(201)["id"], made["id"]);
        } else {
            answer.refused(409, "TENANT_EXISTS");
        }
        // Nor does the same body with another key.
        let another = service.operator().header("idempotency-key", "another");
        another.post(TENANTS, &body).await.refused(409, "TENANT_EXISTS");
        service
            .operator()
            .post(TENANTS, &body)
            .await
            .refused(409, "TENANT_EXISTS");
    }
}

/// An object with this number of levels.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }))
}

#[tokio::test]
async fn metadata_keeps_what_was_written() {
    let service = Service::start().await;
    let operator = service.operator();
    let post = |body: String| {
        let request = operator.request(Method::POST, TENANTS);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let number = "0.12345678901234567890123456789";
    let written =
        format!(r#"{{"a": 94.95886283158103, "b": {number}, "c": 18446744073709551617, "d": 1e17}}"#);
    let made = post(format!(r#"{{"name": "acme", "metadata": {written}}}"#))
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let kept = format!(
        r#"{{"a": 94.95886283158103, "b": {number}, "c": 18446744073709551617, "d": 100000000000000000}}"#
    );
    let list = operator.request(Method::GET, TENANTS).send().await.unwrap();
    let list = list.text().await.unwrap();
    assert!(list.contains(&kept), "{list}");
    let log = operator
        .request(Method::GET, "/admin/v1/audit")
        .send()
        .await
        .unwrap();
    let log = log.text().await.unwrap();
    assert!(log.contains(&kept), "{log}");

    operator
        .post(TENANTS, &json!({"name": "deep", "metadata": nested(16)}))
        .await
        .expect(201);
    let twice = r#"{"name": "twice", "metadata": {"a": [{"b": 1, "b": 2}]}}"#;
    assert_eq!(post(twice.to_owned()).await.unwrap().status(), 400);
    for far in ["1e16384", "-1e-16384", "1e999999999999"] {
        let refused = post(format!(r#"{{"name": "far", "metadata": {{"a": {far}}}}}"#))
            .await
            .unwrap();
        assert_eq!(refused.status(), 422, "{far}");
    }
}

/// Metadata written by an operator's SQL.
#[tokio::test]
async fn no_tenants_metadata_keeps_the_others_from_being_listed() {
    let service = Service::start().await;
    let operator = service.operator();
    for name in ["acme", "globex"] {
        operator.post(TENANTS, &json!({"name": name})).await.expect(201);
    }
    let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(500), "]".repeat(500));
    for (odd, part) in [
        (deep.as_str(), "[[[[["),
        (r#"{"$serde_json::private::Number": "x", "a": 1e400}"#, "000000"),
    ] {
        sqlx::query("UPDATE control.tenants SET metadata = $1::text::jsonb WHERE name = 'acme'")
            .bind(odd)
            .execute(&mut store(&service).await)
            .await
            .unwrap();
        let list = operator.request(Method::GET, TENANTS).send().await.unwrap();
        assert_eq!(list.status(), 200);
        let list = list.text().await.unwrap();
        assert!(list.contains("globex") && list.contains(part), "{list}");
    }
}

#[tokio::test]
async fn answered_before_it_is_done_where_the_client_prefers_so() {
    let service = Service::start().await;
    let operator = service.operator().header("prefer", "respond-async");
    let accepted = operator.post(TENANTS, &json!({"name": "acme"})).await;
    let place = accepted.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(accepted.headers["preference-applied"], "respond-async");
    let id = accepted.expect(202)["tenant_id"].as_str().unwrap().to_owned();
    until(async || operator.get(&place).await.expect(200)["state"] == "succeeded").await;
    // A completed transition gets no early response.
    let resumed = operator.post(&format!("{TENANTS}/{id}/resume"), &json!({})).await;
    assert!(!resumed.headers.contains_key("preference-applied"));
    resumed.expect(200);
    operator
        .get("/admin/v1/operations/00000000-0000-7000-8000-000000000000")
        .await
        .refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn api_keys_are_shown_once_and_end() {
    let service = Service::start().await;
    let operator = service.operator();
    let tenant = operator.post(TENANTS, &json!({"name": "acme"})).await.expect(201);
    let keys = format!("{}/api-keys", member(&tenant));
    let made = operator.post(&keys, &json!({"name": "ci"})).await;
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let made = made.expect(201);
    let secret = made["secret"].as_str().unwrap();
    let prefix = made["prefix"].as_str().unwrap();
    assert!(
        secret.starts_with(prefix) && secret.len() > prefix.len() + 32,
        "{secret}"
    );
    let shown = operator.get(&place).await;
    assert!(!shown.body.to_string().contains(secret));
    let shown = shown.expect(200);
    assert_eq!(
        (&shown["name"], &shown["expires_at"]),
        (&json!("ci"), &json!(null))
    );

    // Looks up a key found in a log.
    let found = operator
        .query("/admin/v1/api-keys", &[("prefix", prefix)])
        .await
        .expect(200);
    assert_eq!(found["items"][0]["tenant_id"], tenant["id"]);
    // A whole key as well.
    let whole = operator
        .query("/admin/v1/api-keys", &[("prefix", secret)])
        .await
        .expect(200);
    assert_eq!(whole, found);
    let end = json!({"expires_at": "2027-01-01T00:00:00.000000Z"});
    let ended = operator.post(&format!("{place}/expire"), &end).await.expect(200);
    assert_eq!(ended["expires_at"], end["expires_at"]);
    let refused = operator.post(&format!("{place}/expire"), &json!({})).await;
    assert_eq!(refused.body["errors"][0]["field"], "expires_at");
    let revoked = operator
        .post(&format!("{place}/revoke"), &json!({}))
        .await
        .expect(200);
    assert!(revoked["revoked_at"].is_string());
    let again = operator
        .post(&format!("{place}/revoke"), &json!({}))
        .await
        .expect(200);
    assert_eq!(again["revoked_at"], revoked["revoked_at"]);
    operator
        .post(&format!("{place}/expire"), &end)
        .await
        .refused(409, "CONFLICT");
    let past = json!({"name": "past", "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(operator.post(&keys, &past).await.wrong_fields(), ["expires_at"]);
    let log = operator
        .query("/admin/v1/audit", &[("action", "api_key.revoke")])
        .await
        .expect(200);
    // The second revocation changed nothing.
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log}");
    assert_eq!(log["items"][0]["after"], Value::Null);
    let told = &log["items"][1]["after"];
    assert_eq!(told["expires_at"], end["expires_at"]);
    assert_eq!(
        told["revoked_at"].as_str().unwrap().get(..19),
        revoked["revoked_at"].as_str().unwrap().get(..19)
    );
    operator.delete(&member(&tenant)).await.expect(200);
    operator
        .post(&keys, &json!({"name": "late"}))
        .await
        .refused(409, "TENANT_STATE");
}

#[tokio::test]
async fn pools_are_watched_evicted_and_warmed() {
    let service = Service::start().await;
    let operator = service.operator();
    let tenant = service.tenant("acme").await;
    let pool = format!("/admin/v1/pools/{}", tenant.id);
    let none = operator.get(&pool).await;
    assert_eq!(none.body["detail"], "no pool of this tenant is open here");
    none.refused(404, "NOT_FOUND");
    operator
        .post(&format!("{pool}/warm"), &json!({}))
        .await
        .expect(204);
    assert_eq!(operator.get(&pool).await.expect(200)["state"], "resident");
    service.client(&tenant).get(USERS).await.expect(200);
    let pools = operator.get("/admin/v1/pools").await.expect(200);
    assert_eq!(pools["items"][0]["tenant_id"], json!(tenant.id.to_string()));
    assert_eq!(
        (&pools["items"][0]["size"], &pools["items"][0]["idle"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&pools["totals"]["resident"], &pools["budget"]["open"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&pools["items"][0]["closing"], &pools["budget"]["withheld"]),
        (&json!(0), &json!(0))
    );
    operator
        .post(&format!("{pool}/evict"), &json!({}))
        .await
        .expect(204);
    until(async || operator.get(&pool).await.status == 404).await;
    operator
        .post(
            &format!("/admin/v1/pools/{}/warm", testkit::unknown_tenant()),
            &json!({}),
        )
        .await
        .refused(404, "TENANT_UNKNOWN");
}

/// Resident tenants and cached lookups need no control store; the readiness probe reports its outage.
#[tokio::test]
async fn a_control_store_outage_does_not_affect_resident_tenants() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let client = service.client(&tenant);
    client.get(USERS).await.expect(200);
    let mut superuser = service.databases.server().superuser("postgres").await;
    let control = service.databases.control().clone();
    let allow = |allowed: bool| format!("ALTER DATABASE {control} WITH ALLOW_CONNECTIONS {allowed}");
    let run = async |session: &mut sqlx::postgres::PgConnection, sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(session)
            .await
            .unwrap();
    };
    run(&mut superuser, allow(false)).await;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{control}'");
    run(&mut superuser, end).await;

    let operator = service.operator();
    operator.get("/readyz").await.refused(503, "CONTROL_STORE_DOWN");
    operator.get("/livez").await.expect(200);
    operator.get(TENANTS).await.refused(503, "CONTROL_STORE_DOWN");
    operator.get("/admin/v1/pools").await.expect(200);
    for _ in 0..3 {
        client.get(USERS).await.expect(200);
    }
    run(&mut superuser, allow(true)).await;
    until(async || operator.get("/readyz").await.status == 200).await;
}

/// A body on a route without one is refused before any change, since its client expects an effect.
#[tokio::test]
async fn a_body_is_refused_where_none_is_expected() {
    let service = Service::start().await;
    let operator = service.operator();
    let tenant = operator.post(TENANTS, &json!({"name": "acme"})).await.expect(201);
    let place = member(&tenant);
    let id = tenant["id"].as_str().unwrap();
    let unheard = json!({"dry_run": true});
    for path in [
        format!("{place}/suspend"),
        format!("{place}/resume"),
        format!("{place}/undelete"),
        format!("{place}/purge"),
        format!("/admin/v1/pools/{id}/evict"),
        format!("/admin/v1/pools/{id}/warm"),
        format!("/admin/v1/operations/{id}/retry"),
        format!("/admin/v1/api-keys/{id}/revoke"),
        format!("/admin/v1/admin-tokens/{id}/revoke"),
        "/admin/v1/doctor".to_owned(),
    ] {
        let refused = operator.post(&path, &unheard).await;
        assert_eq!(refused.wrong_fields(), ["dry_run"], "{path}");
    }
    let delete = operator
        .request(Method::DELETE, &place)
        .body("{\"grace_hours\":1}");
    let refused = delete.send().await.unwrap();
    assert_eq!(refused.status(), 422);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("grace_hours") && refused.contains("go into the query"),
        "{refused}"
    );
    assert_eq!(operator.get(&place).await.expect(200)["state"], "active");

    let empty = operator
        .request(Method::DELETE, &place)
        .body(" {}\n")
        .send()
        .await;
    assert_eq!(empty.unwrap().status(), 200);
}
