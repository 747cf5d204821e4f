//! Issuers whose keys are away, or change.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::identity_provider::{ISSUER, KeySetServer, SigningKey, claims};
use super::{USERS, not_accepted};
use crate::support::{Service, retry_after, until};

const ISSUERS: &str = "/admin/v1/issuers";

#[tokio::test]
async fn keys_that_are_away_at_the_start_are_503_until_they_come() {
    let key = SigningKey::ed("1");
    let server = KeySetServer::away();
    let service = Service::with(&[&server.setting()]).await;
    let acme = service.tenant("acme").await;
    let client = service.bearer(&key.token(&claims(&acme)));
    let start = Instant::now();
    let answer = client.get(USERS).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(retry_after(&answer) >= 1);
    answer.refused(503, "TOKEN_KEYS_UNAVAILABLE");
    // API keys need no issuer.
    let (_, api_key) = service.api_key(&acme, &["read"]).await;
    service.bearer(&api_key).get(USERS).await.expect(200);
    // An operator sees it, and the instance stays ready.
    let operator = service.operator();
    let away = operator.get(ISSUERS).await.expect(200)["items"].take();
    let source = server.url();
    assert_eq!(
        (&away[0]["issuer"], &away[0]["source"], &away[0]["state"]),
        (&json!(ISSUER), &json!(source), &json!("unavailable"))
    );
    assert_eq!(
        (&away[0]["keys"], &away[0]["fetched_at"]),
        (&Value::Null, &Value::Null)
    );
    assert!(away[0]["failure"].is_string(), "{away}");
    operator.get("/readyz").await.expect(200);

    server.serve(&[&key]);
    until(async || client.get(USERS).await.status == 200).await;
    let issuers = operator.get(ISSUERS).await.expect(200);
    let current = &issuers["items"][0];
    assert_eq!(
        (&current["state"], &current["keys"], &current["failure"]),
        (&json!("current"), &json!(1), &Value::Null)
    );
    assert!(
        current["usable_until"].as_str() > current["fetched_at"].as_str(),
        "{current}"
    );
    assert_eq!(
        (
            issuers["items"].as_array().unwrap().len(),
            &issuers["next_cursor"]
        ),
        (1, &Value::Null)
    );
}

#[tokio::test]
async fn a_new_key_is_accepted_and_the_old_one_is_not() {
    let (old, new) = (SigningKey::ed("1"), SigningKey::ec("2"));
    let server = KeySetServer::of(&[&old]);
    let service = Service::with(&[&server.setting()]).await;
    let acme = service.tenant("acme").await;
    let with_old = service.bearer(&old.token(&claims(&acme)));
    let with_new = service.bearer(&new.token(&claims(&acme)));
    with_old.get(USERS).await.expect(200);
    not_accepted(with_new.get(USERS).await);

    server.serve(&[&new]);
    // The next token with an unknown key has the set fetched, once in `cool_down`.
    sleep(Duration::from_millis(150)).await;
    with_new.get(USERS).await.expect(200);
    not_accepted(with_old.get(USERS).await);
}
