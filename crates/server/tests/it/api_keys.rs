//! API keys at the tenant plane: who is let in, for which tenant, and to do what.

mod changes;
mod storm;

use control_plane::ApiKeySecret;
use reqwest::Method;
use serde_json::json;
use testkit::Answer;

use crate::support::{Client, Service, until};

const USERS: &str = "/v1/users";
const INTERNAL: &str = "/v1/internal/users";
const BOTH: &[&str] = &["read", "write"];

/// Asserts that a credential was presented and not accepted.
#[track_caller]
fn not_accepted(answer: Answer) {
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
    answer.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_key_opens_its_own_tenant() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    // At once, where it was made.
    let (_, key) = service.api_key(&acme, BOTH).await;
    let (_, other) = service.api_key(&globex, BOTH).await;
    let (acme_client, globex_client) = (service.holder(&key), service.holder(&other));

    let made = acme_client.post(USERS, &json!({"name": "Ada"})).await;
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let user = made.expect(201);
    assert_eq!(place, format!("{USERS}/{}", user["id"].as_str().unwrap()));
    assert_eq!(acme_client.get(&place).await.expect(200), user);
    assert_eq!(acme_client.get(USERS).await.expect(200)["items"], json!([user]));
    assert_eq!(globex_client.get(USERS).await.expect(200)["items"], json!([]));
    globex_client.get(&place).await.refused(404, "NOT_FOUND");
    globex_client
        .patch(&place, &json!({"name": "Eve"}))
        .await
        .refused(404, "NOT_FOUND");
    globex_client.delete(&place).await.refused(404, "NOT_FOUND");

    // The other door shows the same, and names itself.
    let internal = service.client(&acme);
    assert_eq!(internal.get(INTERNAL).await.expect(200)["items"], json!([user]));
    let made = internal.post(INTERNAL, &json!({"name": "Grace"})).await;
    let place = made.headers["location"].to_str().unwrap();
    assert!(place.starts_with(&format!("{INTERNAL}/")), "{place}");
    made.expect(201);

    let place = format!("{USERS}/{}", user["id"].as_str().unwrap());
    acme_client
        .patch(&place, &json!({"name": "Ada Lovelace"}))
        .await
        .expect(200);
    acme_client.delete(&place).await.expect(204);
}

#[tokio::test]
async fn what_is_no_key_is_refused_alike_and_opens_no_pool() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let (id, key) = service.api_key(&acme, BOTH).await;
    let anonymous = service.anonymous();
    let bare = anonymous.get(USERS).await;
    assert_eq!(bare.headers["www-authenticate"], "Bearer");
    bare.refused(401, "UNAUTHENTICATED");

    let made_up = ApiKeySecret::generate().unwrap();
    let (body, last) = key.split_at(key.len() - 1);
    // Base64: the last of 43 characters has four bits that count.
    let changed = format!("{body}{}", if last == "A" { "E" } else { "A" });
    let authorization = |value: &str| anonymous.clone().header("authorization", value);
    let bearer = |token: &str| authorization(&format!("Bearer {token}"));
    let refused = [
        bearer(made_up.expose()),
        bearer(&changed),
        bearer(body),
        bearer(&format!("{key}A")),
        bearer(&key.to_lowercase()),
        bearer(&key[..16]),
        bearer(&key["tnt_key_".len()..]),
        bearer(&id),
        bearer(&acme.id.to_string()),
        bearer("null"),
        bearer(&format!("{key},{key}")),
        bearer(&format!(" {key}")),
        authorization(&format!("Basic {key}")),
        authorization(&key),
        // Of the other plane.
        bearer(crate::support::ADMIN_TOKEN),
        // Twice, whichever comes first.
        bearer(&key).header("authorization", &format!("Bearer {key}")),
        bearer(&key).header("authorization", "Basic x"),
        bearer(made_up.expose()).header("authorization", &format!("Bearer {key}")),
    ];
    for (number, client) in refused.iter().enumerate() {
        for client in [
            client.clone(),
            client.clone().header("x-tenant-id", &acme.id.to_string()),
        ] {
            for method in [Method::GET, Method::POST] {
                let answer = client.send(method, USERS).await;
                assert_eq!(answer.status, 401, "{number}: {answer:?}");
                assert_eq!(
                    answer.body["detail"],
                    "Send a valid API key or token as `Authorization: Bearer …`."
                );
                not_accepted(answer);
            }
        }
    }
    // Nor by another way than the header.
    for client in [
        anonymous.clone().header("x-api-key", &key),
        anonymous
            .clone()
            .header("cookie", &format!("authorization=Bearer {key}")),
        anonymous
            .clone()
            .header("proxy-authorization", &format!("Bearer {key}")),
    ] {
        client.get(USERS).await.refused(401, "UNAUTHENTICATED");
    }
    for query in ["access_token", "api_key", "authorization"] {
        anonymous
            .query(USERS, &[(query, &key)])
            .await
            .refused(401, "UNAUTHENTICATED");
    }
    assert_eq!(service.registry.stats().opened, 0);
    // The admin plane takes no API key.
    Client::new(service.admin_plane)
        .header("authorization", &format!("Bearer {key}"))
        .get("/admin/v1/tenants")
        .await
        .refused(401, "UNAUTHENTICATED");

    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        authorization(&format!("{scheme} {key}"))
            .get(USERS)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_key_says_the_tenant_and_no_header_another() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (_, key) = service.api_key(&acme, BOTH).await;
    let named = |tenant: &str| service.holder(&key).header("x-tenant-id", tenant);
    let own = acme.id.to_string();
    for other in [globex.id.to_string(), testkit::unknown_tenant().to_string()] {
        named(&other).get(USERS).await.refused(403, "TENANT_MISMATCH");
        named(&other)
            .post(USERS, &json!({"name": "Eve"}))
            .await
            .refused(403, "TENANT_MISMATCH");
        for both in [[&own, &other], [&other, &own]] {
            named(both[0])
                .header("x-tenant-id", both[1])
                .get(USERS)
                .await
                .refused(400, "TENANT_HEADER_DUPLICATED");
        }
    }
    named("globex")
        .get(USERS)
        .await
        .refused(400, "TENANT_HEADER_INVALID");
    assert_eq!(service.registry.stats().opened, 0);
    named(&own).get(USERS).await.expect(200);
    named(&own.to_uppercase()).get(USERS).await.expect(200);
    assert_eq!(service.registry.stats().opened, 1);
}

#[tokio::test]
async fn a_scope_allows_its_methods_alone() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let (_, reading) = service.api_key(&acme, &["read"]).await;
    let (_, writing) = service.api_key(&acme, &["write"]).await;
    let (reader, writer) = (service.holder(&reading), service.holder(&writing));
    let user = writer.post(USERS, &json!({"name": "Ada"})).await.expect(201);
    let place = format!("{USERS}/{}", user["id"].as_str().unwrap());
    reader.get(USERS).await.expect(200);
    reader.send(Method::HEAD, &place).await.expect(200);
    for (client, method, path, scope) in [
        (&reader, Method::POST, USERS, "write"),
        (&reader, Method::PATCH, &*place, "write"),
        (&reader, Method::DELETE, &place, "write"),
        (&writer, Method::GET, USERS, "read"),
        (&writer, Method::GET, &place, "read"),
    ] {
        let answer = client.send(method, path).await;
        assert_eq!(
            answer.headers["www-authenticate"],
            format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")
        );
        assert_eq!(answer.body["detail"], format!("this needs the scope {scope}"));
        answer.refused(403, "INSUFFICIENT_SCOPE");
    }
    assert_eq!(writer.send(Method::HEAD, &place).await.status, 403);
    // A method that the route does not have needs no key.
    let none = service.anonymous().send(Method::PUT, USERS).await;
    none.refused(405, "METHOD_NOT_ALLOWED");
    writer.delete(&place).await.expect(204);
}

#[tokio::test]
async fn scopes_are_chosen_when_a_key_is_made() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let operator = service.operator();
    let keys = format!("/admin/v1/tenants/{}/api-keys", acme.id);
    let made = operator.post(&keys, &json!({"name": "ci"})).await.expect(201);
    assert_eq!(
        (&made["scopes"], &made["last_used_at"]),
        (&json!(["read", "write"]), &json!(null))
    );
    let new = json!({"name": "ci", "scopes": ["write", "read"]});
    assert_eq!(
        operator.post(&keys, &new).await.expect(201)["scopes"],
        json!(["read", "write"])
    );
    let new = json!({"name": "ci", "scopes": ["read"]});
    let made = operator.post(&keys, &new).await.expect(201);
    assert_eq!(made["scopes"], json!(["read"]));
    for wrong in [
        json!([]),
        json!(["read", "read"]),
        json!(["admin"]),
        json!("read"),
        json!(null),
        json!(["read", "admin", "read"]),
    ] {
        let new = json!({"name": "ci", "scopes": wrong});
        let answer = operator.post(&keys, &new).await;
        let fields = answer.wrong_fields();
        // One mistake, one error.
        assert!(fields.len() == 1 && fields[0].starts_with("scopes"), "{fields:?}");
    }
    let log = operator
        .query(
            "/admin/v1/audit",
            &[("action", "api_key.create"), ("outcome", "done"), ("limit", "1")],
        )
        .await
        .expect(200);
    assert_eq!(log["items"][0]["after"]["scopes"], json!(["read"]));
}

#[tokio::test]
async fn the_list_shows_when_a_key_was_last_used() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let (id, key) = service.api_key(&acme, &["read"]).await;
    let (unused, _) = service.api_key(&acme, BOTH).await;
    let operator = service.operator();
    let shown = |id: &str| {
        let (operator, path) = (operator.clone(), format!("/admin/v1/api-keys/{id}"));
        async move { operator.get(&path).await.expect(200)["last_used_at"].take() }
    };
    assert!(shown(&id).await.is_null());
    for _ in 0..20 {
        service.holder(&key).get(USERS).await.expect(200);
    }
    until(async || !shown(&id).await.is_null()).await;
    let first = shown(&id).await;
    assert!(shown(&unused).await.is_null());
    // Once a minute: the next uses write nothing.
    let mut store = {
        let databases = &service.databases;
        databases.server().superuser(databases.control().as_str()).await
    };
    let updates = "SELECT xmin::text FROM control.api_keys WHERE id = $1::uuid";
    let before: String = sqlx::query_scalar(updates)
        .bind(&id)
        .fetch_one(&mut store)
        .await
        .unwrap();
    service.holder(&key).get(USERS).await.expect(200);
    let (_, at_shutdown) = service.api_key(&acme, BOTH).await;
    service.holder(&at_shutdown).get(USERS).await.expect(200);
    // What is pending is written at the shutdown.
    service.stop().await.unwrap();
    let after: String = sqlx::query_scalar(updates)
        .bind(&id)
        .fetch_one(&mut store)
        .await
        .unwrap();
    assert_eq!(before, after, "{first}");
    let used: i64 =
        sqlx::query_scalar("SELECT count(*) FROM control.api_keys WHERE last_used_at IS NOT NULL")
            .fetch_one(&mut store)
            .await
            .unwrap();
    assert_eq!(used, 2);
}
