//! The audit log over HTTP: changes, and refused or failed attempts.

use std::time::Duration;

use control_plane::{Actor, AdminToken, Expiry, NewAdminToken, Role};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use testkit::{Proxy, TestServer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::{Client, Service, until};

const AUDIT: &str = "/admin/v1/audit";
const TENANTS: &str = "/admin/v1/tenants";
const TOKENS: &str = "/admin/v1/admin-tokens";

/// The whole log, the newest first.
async fn log(service: &Service) -> Vec<Value> {
    let page = service.operator().query(AUDIT, &[("limit", "500")]).await;
    page.expect(200)["items"].as_array().unwrap().clone()
}

/// Action, outcome and code of each entry, the oldest first.
async fn ended(service: &Service) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let entries = log(service).await;
    let entries = entries.iter().rev();
    entries
        .map(|entry| {
            ["action", "outcome", "code"]
                .map(|field| text(&entry[field]))
                .join(", ")
        })
        .collect()
}

async fn with_role(service: &Service, role: Role) -> (AdminToken, Client) {
    let token = AdminToken::generate().unwrap();
    let new = NewAdminToken {
        name: role.as_str().to_owned(),
        role,
        expiry: Expiry::Never,
    };
    let store = service.control_plane.store();
    store
        .create_admin_token(&Actor::service("test"), &new, &token)
        .await
        .unwrap();
    let bearer = format!("Bearer {}", token.expose());
    let client = Client::new(service.admin_plane).header("authorization", &bearer);
    (token, client)
}

async fn store_session(service: &Service) -> PgConnection {
    let databases = &service.databases;
    databases.server().superuser(databases.control().as_str()).await
}

#[tokio::test]
async fn a_change_is_one_entry_with_all_that_is_known() {
    let service = Service::start().await;
    let operator = service.operator().header("x-request-id", "the-change");
    let body = json!({"name": "ci", "role": "operator"});
    let token = operator.post(TOKENS, &body).await.expect(201);
    let entries = log(&service).await;
    let [entry] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    let mut after = token.clone();
    after.as_object_mut().unwrap().remove("token");
    assert!(entry["at"].is_string() && entry["id"].is_i64(), "{entry}");
    let mut expected = json!({
        "id": entry["id"], "at": entry["at"],
        "actor": "configured", "token_id": null, "role": "admin",
        "source": "127.0.0.1", "request_id": "the-change",
        "action": "admin_token.create", "outcome": "done", "code": null,
        "tenant_id": null, "target": token["id"], "before": null, "after": after,
    });
    assert_eq!(*entry, expected);

    let revoke = format!("{TOKENS}/{}/revoke", token["id"].as_str().unwrap());
    let revoked = operator.post(&revoke, &json!({})).await.expect(200);
    let newest = log(&service).await.remove(0);
    expected["id"] = newest["id"].clone();
    expected["at"] = newest["at"].clone();
    expected["action"] = json!("admin_token.revoke");
    expected["before"] = after;
    expected["after"] = revoked;
    assert_eq!(newest, expected);
    // A second revocation is an attempt that changes nothing.
    operator.post(&revoke, &json!({})).await.expect(200);
    let last = ended(&service).await.pop().unwrap();
    assert_eq!(last, "admin_token.revoke, done, -");
}

#[tokio::test]
async fn refusals_are_audited_and_permitted_reads_are_not() {
    let service = Service::start().await;
    let (_, viewer) = with_role(&service, Role::Viewer).await;
    let operator = service.operator();
    let unknown_tenant = testkit::unknown_tenant();
    let tenant = format!("{TENANTS}/{unknown_tenant}");

    viewer.get(TENANTS).await.expect(200);
    viewer.get(&tenant).await.refused(404, "TENANT_UNKNOWN");
    viewer.query(TENANTS, &[("limit", "x")]).await.wrong_fields();
    viewer.get(TOKENS).await.refused(403, "FORBIDDEN");
    viewer
        .post(TENANTS, &json!({"name": "acme"}))
        .await
        .refused(403, "FORBIDDEN");
    operator.post(TENANTS, &json!({"name": ""})).await.wrong_fields();
    operator
        .send(Method::POST, TENANTS)
        .await
        .refused(415, "MEDIA_TYPE");
    operator
        .post(&format!("{TOKENS}/{unknown_tenant}/revoke"), &json!({}))
        .await
        .refused(404, "NOT_FOUND");
    Client::new(service.admin_plane)
        .get(&tenant)
        .await
        .refused(401, "UNAUTHENTICATED");
    // An unknown route is not audited.
    operator
        .get("/admin/v1/nothing")
        .await
        .refused(404, "ROUTE_UNKNOWN");
    assert_eq!(
        ended(&service).await,
        [
            "admin_token.create, done, -",
            "admin_token.list, refused, FORBIDDEN",
            "tenant.create, refused, FORBIDDEN",
            "tenant.create, refused, VALIDATION",
            "tenant.create, refused, MEDIA_TYPE",
            "admin_token.revoke, refused, NOT_FOUND",
            "tenant.show, refused, UNAUTHENTICATED",
        ]
    );
    let entries = log(&service).await;
    let (unauthenticated, forbidden) = (&entries[0], &entries[4]);
    assert_eq!(unauthenticated["actor"], "unauthenticated");
    assert_eq!(
        (&unauthenticated["token_id"], &unauthenticated["role"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(unauthenticated["source"], "127.0.0.1");
    assert_eq!(unauthenticated["tenant_id"], json!(unknown_tenant.to_string()));
    assert_eq!(unauthenticated["target"], json!(tenant));
    assert_eq!(
        (&forbidden["actor"], &forbidden["role"]),
        (&json!("viewer"), &json!("viewer"))
    );
}

#[tokio::test]
async fn the_log_is_paged_and_filtered() {
    let service = Service::start().await;
    let (_, viewer) = with_role(&service, Role::Viewer).await;
    for name in ["a", "b", "c"] {
        let body = json!({"name": name, "role": "viewer"});
        service.operator().post(TOKENS, &body).await.expect(201);
    }
    viewer.get(TOKENS).await.refused(403, "FORBIDDEN");
    let all = log(&service).await;
    assert_eq!(all.len(), 5);

    let (mut cursor, mut paged) = (None, Vec::new());
    loop {
        let mut parameters = vec![("limit", "2")];
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = viewer.query(AUDIT, &parameters).await.expect(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = Some(next.to_owned());
    }
    assert_eq!(paged, all);

    let third = all[2]["at"].as_str().unwrap();
    // Finer than the log's microseconds, and compared in full.
    let after_third = third.replace('Z', "500Z");
    for (parameters, expected) in [
        (vec![("actor", "configured")], &all[1..4]),
        (vec![("actor", "viewer")], &all[..1]),
        (vec![("outcome", "refused")], &all[..1]),
        (
            vec![("action", "admin_token.create"), ("actor", "test")],
            &all[4..],
        ),
        (vec![("since", third)], &all[..3]),
        (vec![("until", third)], &all[3..]),
        (vec![("since", &after_third)], &all[..2]),
        (vec![("until", &after_third)], &all[2..]),
        (vec![("tenant_id", "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44")], &[]),
    ] {
        let found = viewer.query(AUDIT, &parameters).await.expect(200);
        assert_eq!(found["items"], json!(expected), "{parameters:?}");
    }
    let wrong = [
        ("outcome", "maybe"),
        ("since", third),
        ("until", third),
        ("who", "me"),
    ];
    assert_eq!(
        viewer.query(AUDIT, &wrong).await.wrong_fields(),
        ["outcome", "until", "who"]
    );
}

#[tokio::test]
async fn an_action_has_one_name_however_it_ends() {
    let service = Service::start().await;
    let operator = service.operator();
    let tenant = service.tenant("acme").await;
    let suspend = format!("{TENANTS}/{}/suspend", tenant.id);
    let stale = operator.clone().header("if-match", "\"0\"");
    stale
        .post(&suspend, &json!({}))
        .await
        .refused(412, "PRECONDITION_FAILED");
    operator.post(&suspend, &json!({})).await;
    // As written by an earlier version.
    let mut store = store_session(&service).await;
    for (method, route) in [("POST", "tenants/{id}/suspend"), ("HEAD", "tenants")] {
        sqlx::query(
            "INSERT INTO control.audit_log (actor, action, outcome, code) VALUES ('old', $1, 'refused', 'X')",
        )
        .bind(format!("{method} /admin/v1/{route}"))
        .execute(&mut store)
        .await
        .unwrap();
    }

    let found = async |parameters: &[(&str, &str)]| -> Vec<String> {
        let page = operator.query(AUDIT, parameters).await.expect(200);
        let entries = page["items"].as_array().unwrap().clone();
        let code = |entry: &Value| entry["code"].as_str().unwrap_or("-").to_owned();
        entries.iter().map(code).collect()
    };
    let suspended = ("action", "tenant.suspend");
    assert_eq!(found(&[suspended]).await, ["X", "-", "PRECONDITION_FAILED"]);
    let refused = ("outcome", "refused");
    assert_eq!(found(&[suspended, refused]).await, ["X", "PRECONDITION_FAILED"]);
    assert_eq!(found(&[suspended, ("outcome", "done")]).await, ["-"]);
    assert_eq!(found(&[("action", "tenant.list")]).await, ["X"]);
    let former = ("action", "POST /admin/v1/tenants/{id}/suspend");
    assert_eq!(found(&[former, refused]).await, ["X", "PRECONDITION_FAILED"]);

    for unknown in ["tenant.suspended", "suspend", ""] {
        let answer = operator.query(AUDIT, &[("action", unknown)]).await;
        assert_eq!(answer.wrong_fields(), ["action"]);
        let text = answer.body.to_string();
        assert!(text.contains("tenant.suspend, tenant.resume"), "{text}");
    }
}

/// A flood of wrong tokens leaves some entries and one that counts the rest.
#[tokio::test]
async fn a_flood_of_wrong_tokens_does_not_fill_the_log() {
    let service = Service::start().await;
    let wrong = Client::new(service.admin_plane).header("authorization", "Bearer tnt_admin_guess");
    for _ in 0..60 {
        wrong.get(TENANTS).await.refused(401, "UNAUTHENTICATED");
    }
    until(async || log(&service).await[0]["action"] == "authenticate").await;
    let entries = log(&service).await;
    let left_out: u64 = entries
        .iter()
        .filter_map(|entry| entry["after"]["left_out"].as_u64())
        .sum();
    let one_by_one = entries
        .iter()
        .filter(|entry| entry["action"] != "authenticate")
        .count();
    // On a slow machine the flood may reach into a second window.
    assert!((10..=20).contains(&one_by_one), "{one_by_one}");
    until(async || {
        let counted = log(&service).await;
        let counted = counted
            .iter()
            .filter_map(|entry| entry["after"]["left_out"].as_u64());
        counted.sum::<u64>() + one_by_one as u64 == 60
    })
    .await;
    assert!(left_out > 0);
    let counted = log(&service).await;
    let counted = counted
        .iter()
        .find(|entry| entry["action"] == "authenticate")
        .unwrap();
    let said = format!("{} more requests", counted["after"]["left_out"]);
    assert_eq!(counted["target"], json!(said));
}

/// The log has no token, password or key, in whatever part of a request it is sent.
#[tokio::test]
async fn no_secret_is_in_the_log() {
    let service = Service::start().await;
    let (stored, admin) = with_role(&service, Role::Admin).await;
    let mut secrets = vec![stored.expose().to_owned()];
    let made = admin
        .post(TOKENS, &json!({"name": "ci", "role": "viewer"}))
        .await
        .expect(201);
    secrets.push(made["token"].as_str().unwrap().to_owned());
    // In an unknown field, a query or a header: each request is refused and audited.
    let body = json!({"name": "x", "role": "viewer", "token": "hunter2-in-a-body"});
    admin.post(TOKENS, &body).await.wrong_fields();
    admin
        .post(
            &format!("{TENANTS}?password=hunter2-in-a-query"),
            &json!({"name": "acme"}),
        )
        .await
        .wrong_fields();
    Client::new(service.admin_plane)
        .header("authorization", "Bearer hunter2-in-a-header")
        .post(TENANTS, &json!({"name": "acme"}))
        .await
        .refused(401, "UNAUTHENTICATED");
    admin.post(TENANTS, &json!({"name": "acme"})).await.expect(201);

    let mut store = store_session(&service).await;
    let text: String = sqlx::query_scalar("SELECT string_agg(audit_log::text, E'\n') FROM control.audit_log")
        .fetch_one(&mut store)
        .await
        .unwrap();
    assert!(text.lines().count() >= 5, "{text}");
    secrets.push("hunter2".to_owned());
    for secret in secrets {
        assert!(!text.contains(&secret), "{text}");
        let hash = AdminToken::presented(secret.into()).sha256();
        let hash = hash.map(|byte| format!("{byte:02x}")).concat();
        assert!(!text.contains(&hash), "{text}");
    }
}

/// An attempt that cannot be audited is refused as usual, and its caller does not wait for the store's connection.
#[tokio::test]
async fn without_the_store_a_refusal_stays_a_refusal() {
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("control_store.port={}", proxy.address().port());
    let service = Service::with(&[&port, "control_store.connect_timeout=50s"]).await;
    proxy.freeze();
    let begun = Instant::now();
    service.operator().post(TOKENS, &json!({})).await.wrong_fields();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    proxy.heal();
}

/// Attempts are audited even if the client disconnects before the response.
#[tokio::test]
async fn a_disconnected_clients_attempts_are_audited() {
    let service = Service::start().await;
    let (viewer, _) = with_role(&service, Role::Viewer).await;
    let made_up = AdminToken::generate().unwrap();
    for reset in [true, false] {
        for method in ["GET", "POST"] {
            for bearer in ["wrong", made_up.expose(), viewer.expose()] {
                let mut socket = TcpStream::connect(service.admin_plane).await.unwrap();
                let head = format!(
                    "{method} {TOKENS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\n\r\n"
                );
                socket.write_all(head.as_bytes()).await.unwrap();
                if reset {
                    socket.set_zero_linger().unwrap();
                }
            }
        }
    }
    let mut expected = Vec::new();
    for action in ["admin_token.list", "admin_token.create"] {
        for code in ["FORBIDDEN", "UNAUTHENTICATED", "UNAUTHENTICATED"] {
            let line = format!("{action}, refused, {code}");
            expected.extend([line.clone(), line]);
        }
    }
    expected.push("admin_token.create, done, -".to_owned());
    expected.sort();
    until(async || {
        let mut ended = ended(&service).await;
        ended.sort();
        ended == expected
    })
    .await;
}

/// A pasted key in place of its id.
#[tokio::test]
async fn no_secret_of_a_path_is_in_the_log() {
    let service = Service::start().await;
    let operator = service.operator();
    let tenant = service.tenant("acme").await;
    let keys = format!("{TENANTS}/{}/api-keys", tenant.id);
    let made = operator.post(&keys, &json!({"name": "ci"})).await.expect(201);
    let secret = made["secret"].as_str().unwrap();
    let encoded = secret.replace('_', "%5F");
    for key in [secret, &encoded] {
        let revoke = format!("/admin/v1/api-keys/{key}/revoke");
        operator.post(&revoke, &json!({})).await.refused(404, "NOT_FOUND");
        let newest = log(&service).await.remove(0);
        assert_eq!(newest["target"], "/admin/v1/api-keys/tnt_…/revoke");
    }
}

#[tokio::test]
async fn a_refusal_is_found_under_its_tenant_however_its_id_is_written() {
    let service = Service::start().await;
    let operator = service.operator();
    let unknown_tenant = testkit::unknown_tenant().to_string();
    let encoded = format!("%{:02x}{}", unknown_tenant.as_bytes()[0], &unknown_tenant[1..]);
    for id in [&unknown_tenant, &encoded] {
        for path in [
            format!("{TENANTS}/{id}/suspend"),
            format!("{TENANTS}/{id}/api-keys"),
            format!("/admin/v1/pools/{id}/warm"),
        ] {
            operator.post(&path, &json!({"name": "x"})).await.code();
            let newest = log(&service).await.remove(0);
            assert_eq!(newest["tenant_id"], json!(unknown_tenant), "{newest}");
        }
    }
    // For an operation's route, the tenant is the operation's.
    operator
        .post(
            &format!("/admin/v1/operations/{unknown_tenant}/retry"),
            &json!({}),
        )
        .await
        .refused(404, "NOT_FOUND");
    assert_eq!(log(&service).await[0]["tenant_id"], Value::Null);
}
