//! JSON Web Tokens at the tenant plane: who is let in, for which tenant, and to do what.

pub(crate) mod identity_provider;
mod keys;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, CapturedLog};

use self::identity_provider::{KeySetServer, SigningKey, claims, encoded, now, with};
use crate::support::{Client, Service};

const USERS: &str = "/v1/users";
const INTERNAL: &str = "/v1/internal/users";

impl Service {
    /// A client that presents this token.
    fn bearer(&self, token: &str) -> Client {
        self.anonymous()
            .header("authorization", &format!("Bearer {token}"))
    }
}

/// Asserts that a credential was presented and not accepted.
#[track_caller]
fn not_accepted(answer: Answer) {
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
    assert_eq!(
        answer.body["detail"],
        "Send a valid API key or token as `Authorization: Bearer …`."
    );
    answer.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_opens_the_tenant_that_it_names() {
    let keys = [SigningKey::rsa("1"), SigningKey::ec("2"), SigningKey::ed("3")];
    let server = KeySetServer::of(&keys.each_ref());
    let service = Service::with(&[&server.setting()]).await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    for key in &keys {
        let (of_acme, of_globex) = (key.token(&claims(&acme)), key.token(&claims(&globex)));
        let acme_client = service.bearer(&of_acme);
        let made = acme_client.post(USERS, &json!({"name": "Ada"})).await;
        let place = made.headers["location"].to_str().unwrap().to_owned();
        let user = made.expect(201);
        assert_eq!(acme_client.get(&place).await.expect(200), user);
        let others = service.bearer(&of_globex);
        others.get(&place).await.refused(404, "NOT_FOUND");
        assert_eq!(others.get(USERS).await.expect(200)["items"], json!([]));
        acme_client.delete(&place).await.expect(204);
    }
    // An API key beside it.
    let (_, key) = service.api_key(&acme, &["read"]).await;
    service.bearer(&key).get(USERS).await.expect(200);

    let named = |tenant: &str| {
        let token = keys[2].token(&claims(&acme));
        service.bearer(&token).header("x-tenant-id", tenant)
    };
    named(&acme.id.to_string()).get(USERS).await.expect(200);
    for other in [globex.id.to_string(), testkit::unknown_tenant().to_string()] {
        named(&other).get(USERS).await.refused(403, "TENANT_MISMATCH");
    }
    named("acme")
        .get(USERS)
        .await
        .refused(400, "TENANT_HEADER_INVALID");
}

#[tokio::test]
async fn what_is_no_valid_token_is_refused_alike_and_opens_no_pool() {
    let (key, other) = (SigningKey::ed("1"), SigningKey::ed("1"));
    let server = KeySetServer::of(&[&key]);
    let service = Service::with(&[&server.setting()]).await;
    let acme = service.tenant("acme").await;
    let good = claims(&acme);
    let token = key.token(&good);
    let changed = |name: &str, value: Value| key.token(&with(good.clone(), name, value));
    let none = json!({ "alg": "none", "typ": "JWT" });
    let unsigned = format!("{}.{}.", encoded(none.to_string()), encoded(good.to_string()));
    let hmac = json!({ "alg": "HS256", "typ": "JWT", "kid": "1" });
    let refused = [
        changed("exp", json!(now() - 1)),
        changed("exp", Value::Null),
        changed("nbf", json!(now() + 60)),
        changed("aud", json!("another")),
        changed("aud", Value::Null),
        changed("iss", json!("https://other.test/")),
        changed("iss", Value::Null),
        changed("tenant_id", Value::Null),
        changed("tenant_id", json!("acme")),
        changed("tenant_id", json!(testkit::unknown_tenant().to_string())),
        changed("scope", json!(1)),
        unsigned,
        key.token_with(&hmac, &good),
        key.token_with(&none, &good),
        other.token(&good),
        SigningKey::ed("2").token(&good),
        token[..token.len() - 4].to_owned(),
        format!("{token}.x"),
        format!(" {token}"),
        token.to_lowercase(),
        "null".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(9000),
    ];
    for (number, token) in refused.iter().enumerate() {
        for method in [Method::GET, Method::POST] {
            let answer = service.bearer(token).send(method, USERS).await;
            assert_eq!(answer.status, 401, "{number}: {answer:?}");
            not_accepted(answer);
        }
    }
    // Twice.
    let twice = service
        .bearer(&token)
        .header("authorization", &format!("Bearer {token}"));
    not_accepted(twice.get(USERS).await);
    let in_query = service
        .anonymous()
        .query(USERS, &[("access_token", &token)])
        .await;
    in_query.refused(401, "UNAUTHENTICATED");
    // The other doors take none.
    let internal = service.bearer(&token).get(INTERNAL).await;
    internal.refused(400, "TENANT_HEADER_MISSING");
    Client::new(service.admin_plane)
        .header("authorization", &format!("Bearer {token}"))
        .get("/admin/v1/tenants")
        .await
        .refused(401, "UNAUTHENTICATED");
    assert_eq!(service.registry.stats().opened, 0);
    service.bearer(&token).get(USERS).await.expect(200);
    assert_eq!(service.registry.stats().opened, 1);
}

#[tokio::test]
async fn without_an_issuer_no_token_is_accepted() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let token = SigningKey::ed("1").token(&claims(&acme));
    not_accepted(service.bearer(&token).get(USERS).await);
}

#[tokio::test]
async fn a_scope_allows_its_methods_alone() {
    let key = SigningKey::ed("1");
    let server = KeySetServer::of(&[&key]);
    let service = Service::with(&[&server.setting()]).await;
    let acme = service.tenant("acme").await;
    let of = |scope: Value| {
        let claims = with(claims(&acme), "scope", scope);
        service.bearer(&key.token(&claims))
    };
    let new = json!({"name": "Ada"});
    of(json!("openid read")).get(USERS).await.expect(200);
    of(json!(["write"])).post(USERS, &new).await.expect(201);
    for (scope, needed, method) in [
        (json!("openid read"), "write", Method::POST),
        (json!(["write"]), "read", Method::GET),
        (json!("READ"), "read", Method::GET),
        (json!("users:read"), "read", Method::GET),
        (json!(""), "read", Method::GET),
        (Value::Null, "read", Method::GET),
        (Value::Null, "write", Method::POST),
    ] {
        let answer = of(scope).send(method, USERS).await;
        assert_eq!(
            answer.headers["www-authenticate"],
            format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"")
        );
        answer.refused(403, "INSUFFICIENT_SCOPE");
    }
}

#[tokio::test]
async fn a_tenant_that_is_not_served() {
    let key = SigningKey::ed("1");
    let server = KeySetServer::of(&[&key]);
    let service = Service::with(&[&server.setting()]).await;
    let acme = service.tenant("acme").await;
    let client = service.bearer(&key.token(&claims(&acme)));
    client.get(USERS).await.expect(200);
    let operator = service.operator();
    let place = format!("/admin/v1/tenants/{}", acme.id);
    operator
        .post(&format!("{place}/suspend"), &json!({}))
        .await
        .expect(200);
    client.get(USERS).await.refused(403, "TENANT_SUSPENDED");
    operator
        .post(&format!("{place}/resume"), &json!({}))
        .await
        .expect(200);
    client.get(USERS).await.expect(200);
    operator.delete(&place).await.expect(200);
    not_accepted(client.get(USERS).await);
}

#[tokio::test]
async fn the_log_says_why_and_has_no_token() {
    let log = CapturedLog::start("debug");
    let key = SigningKey::ed("1");
    let server = KeySetServer::of(&[&key]);
    let service = Service::with(&[&server.setting()]).await;
    let acme = service.tenant("acme").await;
    let good = key.token(&claims(&acme));
    let expired = key.token(&with(claims(&acme), "exp", now() - 1));
    service.bearer(&good).get(USERS).await.expect(200);
    let _ = log.take();
    service.bearer(&good).get(USERS).await.expect(200);
    for _ in 0..3 {
        not_accepted(service.bearer(&expired).get(USERS).await);
    }
    not_accepted(service.bearer("made-up").get(USERS).await);
    let text = log.take();
    // Once in ten seconds.
    let reason = "token refused: expired (issuer https://login.test/)";
    assert_eq!(text.matches(reason).count(), 1, "{text}");
    assert_eq!(text.matches("token refused: malformed").count(), 1, "{text}");
    for token in [&good, &expired] {
        for part in token.split('.') {
            assert!(!text.contains(part), "{text}");
        }
    }
    assert!(!text.contains("made-up"), "{text}");
}
