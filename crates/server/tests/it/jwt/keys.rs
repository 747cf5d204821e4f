//! Issuers whose keys are away, or change.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::identity_provider::{KeySetServer, SigningKey, claims};
use super::{USERS, not_accepted};
use crate::support::{Service, retry_after, until};

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

    server.serve(&[&key]);
    until(async || client.get(USERS).await.status == 200).await;
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
