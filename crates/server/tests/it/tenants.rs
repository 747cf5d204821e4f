//! A tenant's life by way of the admin plane: what operators send and are told.

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
async fn what_cannot_be_is_refused_and_named() {
    let service = Service::start().await;
    let operator = service.operator();
    let (big, long) = ("x".repeat(17_000), "x".repeat(201));
    for (said, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": " a"}), "name"),
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
async fn whoever_changes_it_has_read_what_he_changes() {
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
    // More than the budget has cannot be promised to anybody.
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

/// A client that sends it again and again, to whichever replica: one tenant, and the roles of one.
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

/// As after a crash between the tenant and the answer to its request: nobody knows of the key any more.
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
        // A forgotten key is a new one: for something else it is no way to that tenant.
        let mut other = body.clone();
        other["name"] = json!(format!("other {key}"));
        let answer = keyed.post(TENANTS, &other).await;
        if body["id"].is_null() {
            assert_ne!(answer.expect(201)["id"], made["id"]);
        } else {
            answer.refused(409, "TENANT_EXISTS");
        }
        // Nor is the same asked for by another request.
        let another = service.operator().header("idempotency-key", "another");
        another.post(TENANTS, &body).await.refused(409, "TENANT_EXISTS");
        service
            .operator()
            .post(TENANTS, &body)
            .await
            .refused(409, "TENANT_EXISTS");
    }
}

/// An object of so many levels.
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

/// Whatever an operator's SQL has written.
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
    // What is done already has nothing to be answered before.
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

    // Whose is the one that was found in a log?
    let found = operator
        .query("/admin/v1/api-keys", &[("prefix", prefix)])
        .await
        .expect(200);
    assert_eq!(found["items"][0]["tenant_id"], tenant["id"]);
    let end = json!({"expires_at": "2027-01-01T00:00:00Z"});
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
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
    let told = &log["items"][0]["after"];
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
        .post(&format!("/admin/v1/pools/{}/warm", testkit::nobody()), &json!({}))
        .await
        .refused(404, "TENANT_UNKNOWN");
}

/// What is resident and what was looked up needs no control store; readiness says that it is gone.
#[tokio::test]
async fn a_control_store_that_is_down_stops_nobody_who_is_served() {
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

/// Whoever sends a body means something by it, and is told that it is not heard before anything is done.
#[tokio::test]
async fn a_body_where_none_is_taken_is_refused() {
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
        refused.contains("grace_hours") && refused.contains("belong into the query"),
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
