//! Tokens of the admin plane: roles, expiry, revocation.

use std::time::Duration;

use control_plane::{Actor, AdminToken, Expiry, NewAdminToken, Role};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Proxy, TestServer};
use time::macros::datetime;
use tokio::time::sleep;

use crate::support::{Client, Service, retry_after, soon, until};

const TENANTS: &str = "/admin/v1/tenants";
const TOKENS: &str = "/admin/v1/admin-tokens";

/// Creates a token through the service, and a client that presents it.
async fn made(service: &Service, name: &str, role: &str) -> (Value, Client) {
    let operator = service.operator();
    let token = operator
        .post(TOKENS, &json!({"name": name, "role": role}))
        .await
        .expect(201);
    let client = bearer(service, token["token"].as_str().unwrap());
    (token, client)
}

fn bearer(service: &Service, token: &str) -> Client {
    Client::new(service.admin_plane).header("authorization", &format!("Bearer {token}"))
}

fn at(token: &Value) -> String {
    format!("{TOKENS}/{}", token["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_token_is_shown_once_and_opens_the_plane() {
    let service = Service::start().await;
    let operator = service.operator();
    let answer = operator
        .post(
            TOKENS,
            &json!({"name": "ops", "role": "viewer", "expires_at": "9999-01-01T00:00:00Z"}),
        )
        .await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let mut token = answer.expect(201);
    assert_eq!(location, at(&token));
    assert_eq!(
        (
            &token["name"],
            &token["role"],
            &token["expires_at"],
            &token["revoked_at"]
        ),
        (
            &json!("ops"),
            &json!("viewer"),
            &json!("9999-01-01T00:00:00.000000Z"),
            &Value::Null
        )
    );
    let secret = token["token"].take();
    let secret = secret.as_str().unwrap();
    assert!(
        secret.starts_with("tnt_admin_") && secret.len() > 50,
        "{}",
        secret.len()
    );
    bearer(&service, secret).get(TENANTS).await.expect(200);

    token.as_object_mut().unwrap().remove("token");
    assert_eq!(operator.get(&location).await.expect(200), token);
    let second = made(&service, "ci", "operator").await.0;
    let first_page = operator.query(TOKENS, &[("limit", "1")]).await.expect(200);
    assert_eq!(first_page["items"], json!([token]));
    let cursor = first_page["next_cursor"].as_str().unwrap();
    let last_page = operator
        .query(TOKENS, &[("limit", "1"), ("cursor", cursor)])
        .await
        .expect(200);
    assert_eq!(last_page["items"][0]["id"], second["id"]);
    assert_eq!(last_page["next_cursor"], Value::Null);
}

#[tokio::test]
async fn wrong_tokens_are_not_made() {
    let service = Service::start().await;
    let operator = service.operator();
    for (body, wrong) in [
        (json!({}), vec!["name", "role"]),
        (json!({"name": "", "role": "root"}), vec!["name", "role"]),
        (json!({"name": "configured", "role": "viewer"}), vec!["name"]),
        (json!({"name": "Reconciler", "role": "viewer"}), vec!["name"]),
        (
            json!({"name": "configured\u{200b}", "role": "viewer"}),
            vec!["name"],
        ),
        (json!({"name": " ops", "role": "viewer"}), vec!["name"]),
        (json!({"name": "line\nbreak", "role": "viewer"}), vec!["name"]),
        (
            json!({"name": "ops", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}),
            vec!["expires_at"],
        ),
        (
            json!({"name": "ops", "role": "viewer", "expires_at": "soon", "token": "mine"}),
            vec!["expires_at", "token"],
        ),
    ] {
        assert_eq!(operator.post(TOKENS, &body).await.wrong_fields(), wrong, "{body}");
    }
    assert_eq!(operator.get(TOKENS).await.expect(200)["items"], json!([]));
    let unknown = format!("{TOKENS}/{}", testkit::unknown_tenant());
    operator.get(&unknown).await.refused(404, "NOT_FOUND");
    operator
        .post(&format!("{unknown}/revoke"), &json!({}))
        .await
        .refused(404, "NOT_FOUND");
}

/// Each role against each kind of route.
#[tokio::test]
async fn a_role_opens_what_it_is_for() {
    let service = Service::start().await;
    let (token, viewer) = made(&service, "looks", "viewer").await;
    let (_, operator) = made(&service, "runs", "operator").await;
    let (_, admin) = made(&service, "decides", "admin").await;
    let one = at(&token);
    let revoke = format!("{one}/revoke");
    for (method, path, needed) in [
        (Method::GET, TENANTS, "viewer"),
        (Method::POST, TENANTS, "operator"),
        (Method::GET, TOKENS, "admin"),
        (Method::POST, TOKENS, "admin"),
        (Method::GET, &*one, "admin"),
        (Method::POST, &*revoke, "admin"),
    ] {
        let roles = [("viewer", &viewer), ("operator", &operator), ("admin", &admin)];
        let enough = roles.iter().position(|(role, _)| *role == needed).unwrap();
        for (at, (role, client)) in roles.into_iter().enumerate() {
            let answer = client.send(method.clone(), path).await;
            if at >= enough {
                assert!(
                    ![401, 403].contains(&answer.status.as_u16()),
                    "{method} {path}: {answer:?}"
                );
                continue;
            }
            let detail = format!("this needs the role {needed}; the token has {role}");
            assert_eq!(answer.body["detail"], json!(detail), "{method} {path}");
            answer.refused(403, "FORBIDDEN");
        }
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_within_a_second_on_every_replica() {
    let service = Service::start().await;
    let other = service.beside(&[]).await;
    let (token, here) = made(&service, "ops", "viewer").await;
    let there = bearer(&other, token["token"].as_str().unwrap());
    here.get(TENANTS).await.expect(200);
    there.get(TENANTS).await.expect(200);

    let revoke = format!("{}/revoke", at(&token));
    let operator = service.operator();
    let revoked = operator.post(&revoke, &json!({})).await.expect(200);
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    here.get(TENANTS).await.refused(401, "UNAUTHENTICATED");
    soon(&there, TENANTS, 401).await;
    // Again: nothing changes.
    assert_eq!(operator.post(&revoke, &json!({})).await.expect(200), revoked);
}

#[tokio::test]
async fn a_token_ends_by_itself() {
    let service = Service::start().await;
    let token = AdminToken::generate().unwrap();
    let new = NewAdminToken {
        name: "short".to_owned(),
        role: Role::Viewer,
        expiry: Expiry::In(Duration::from_secs(2)),
    };
    let store = service.control_plane.store();
    let made = store
        .create_admin_token(&Actor::service("test"), &new, &token)
        .await
        .unwrap();
    assert!(made.expires_at.unwrap() > datetime!(2020-01-01 0:00 UTC).into());
    let client = bearer(&service, token.expose());
    client.get(TENANTS).await.expect(200);
    until(async || client.get(TENANTS).await.status == 401).await;
}

#[tokio::test]
async fn the_last_admin_stays_unless_one_is_configured() {
    // With a configured token all of them can go.
    let service = Service::start().await;
    let (token, admin) = made(&service, "only", "admin").await;
    admin
        .post(&format!("{}/revoke", at(&token)), &json!({}))
        .await
        .expect(200);

    let (one, _) = made(&service, "one", "admin").await;
    let (two, _) = made(&service, "two", "admin").await;
    let without = service.beside_without_token().await;
    let [first, second] = [&one, &two].map(|token| bearer(&without, token["token"].as_str().unwrap()));
    // Each the other, at once: one of them stays.
    let (first_path, second_path) = (format!("{}/revoke", at(&one)), format!("{}/revoke", at(&two)));
    let body = json!({});
    let answers = tokio::join!(first.post(&second_path, &body), second.post(&first_path, &body));
    let done = [&answers.0, &answers.1].map(|answer| answer.status.as_u16());
    assert!(
        done.contains(&200) && !done.iter().all(|&status| status == 200),
        "{done:?}"
    );
    let (path, left) = if done[0] == 200 {
        (first_path, first)
    } else {
        (second_path, second)
    };
    let refused = left.post(&path, &body).await;
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("the last token"),
        "{refused:?}"
    );
    refused.refused(409, "CONFLICT");
    left.get(TOKENS).await.expect(200);
}

/// During an outage of the store a recently used token stays valid, and any other is refused.
#[tokio::test]
async fn without_the_store_a_token_that_was_just_seen_counts() {
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("control_store.port={}", proxy.address().port());
    let service = Service::with(&[&port, "control_store.connect_timeout=500ms"]).await;
    let (_, seen) = made(&service, "seen", "viewer").await;
    let (_, unseen) = made(&service, "unseen", "viewer").await;
    seen.get(TENANTS).await.expect(200);
    proxy.refuse().await;
    proxy.cut().await;
    // Longer than a token goes without being looked up.
    sleep(Duration::from_millis(1200)).await;
    // Past the token it is the list that fails.
    let refused = seen.send(Method::POST, TENANTS).await;
    refused.refused(403, "FORBIDDEN");
    unseen
        .send(Method::POST, TENANTS)
        .await
        .refused(503, "CONTROL_STORE_DOWN");
    // No store is needed to know that this is none.
    bearer(&service, "wrong")
        .get(TENANTS)
        .await
        .refused(401, "UNAUTHENTICATED");
    service
        .operator()
        .post(&format!("{TOKENS}/x/revoke"), &json!({}))
        .await
        .refused(404, "NOT_FOUND");
}

/// Made-up tokens each cost a lookup in a slow store; known tokens and probes do not wait for these lookups.
#[tokio::test]
async fn a_flood_of_made_up_tokens_does_not_delay_known_tokens_and_probes() {
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("control_store.port={}", proxy.address().port());
    let service = Service::with(&[&port]).await;
    let operator = service.operator();
    let (_, known) = made(&service, "known", "viewer").await;
    for answer in join_all((0..5).map(|_| known.get(TENANTS))).await {
        answer.expect(200);
    }
    proxy.delay(Duration::from_millis(50));
    let flood = join_all((0..300).map(|_| async {
        let made_up = AdminToken::generate().unwrap();
        bearer(&service, made_up.expose()).get(TENANTS).await
    }));
    let served = async {
        for _ in 0..4 {
            operator.get("/readyz").await.expect(200);
            operator.get(TENANTS).await.expect(200);
            known.get(TENANTS).await.expect(200);
        }
    };
    let (answers, ()) = tokio::join!(flood, served);
    proxy.heal();
    let (refused, busy): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 401);
    assert!(!refused.is_empty() && !busy.is_empty(), "{}", refused.len());
    for answer in refused {
        answer.refused(401, "UNAUTHENTICATED");
    }
    for answer in busy {
        assert!(retry_after(&answer) >= 1);
        answer.refused(503, "CLUSTER_BUSY");
    }
}
