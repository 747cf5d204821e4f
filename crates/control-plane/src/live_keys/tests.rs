//! Verification on an index that no listener keeps up.

use std::collections::HashSet;

use tokio::time::advance;

use super::index::LiveKey;
use super::*;

const STALENESS: Duration = Duration::from_mins(5);
/// The store's time, in milliseconds since 1970: another than this process's.
const NOW: i64 = 1_900_000_000_000;

/// An index as after a load, and a key in it that expires so many milliseconds after [`NOW`].
fn loaded(expires_in: Option<i64>) -> (LiveKeys, ApiKeySecret, Uuid) {
    let keys = LiveKeys::new();
    let secret = ApiKeySecret::generate().unwrap();
    let id = Uuid::now_v7();
    let expires_at = expires_in.map(|expires_in| NOW + expires_in);
    let key = LiveKey::new(id, Uuid::now_v7(), expires_at, ApiKeyScopes::ALL);
    let live = vec![(KeyHash::of(secret.expose()), key)];
    let read = keys.0.index.begin_read();
    read.apply(live, vec![], HashSet::new()).unwrap();
    keys.0.complete.store(true, Ordering::Release);
    keys.0.confirm(keys.0.now(), NOW);
    (keys, secret, id)
}

#[tokio::test(start_paused = true)]
async fn before_the_first_load_no_key_is_known_to_be_invalid() {
    let keys = LiveKeys::new();
    let secret = ApiKeySecret::generate().unwrap();
    assert_eq!(
        keys.verify(secret.expose(), STALENESS),
        Err(KeyRefusal::StoreAway)
    );
    // But for what no store has.
    assert_eq!(keys.verify("tnt_key_x", STALENESS), Err(KeyRefusal::Invalid));
}

#[tokio::test(start_paused = true)]
async fn a_known_key_is_accepted_and_a_made_up_one_is_not() {
    let (keys, secret, id) = loaded(None);
    assert_eq!(keys.verify(secret.expose(), STALENESS).unwrap().id, id);
    let made_up = ApiKeySecret::generate().unwrap();
    assert_eq!(keys.verify(made_up.expose(), STALENESS), Err(KeyRefusal::Invalid));
}

#[tokio::test(start_paused = true)]
async fn a_key_expires_by_the_clock_of_the_store() {
    let (keys, secret, _) = loaded(Some(1_000));
    advance(Duration::from_millis(999)).await;
    keys.verify(secret.expose(), STALENESS).unwrap();
    advance(Duration::from_millis(1)).await;
    assert_eq!(keys.verify(secret.expose(), STALENESS), Err(KeyRefusal::Invalid));

    // The store's clock was set back by a second, and the listener has heard of it.
    keys.0.confirm(keys.0.now(), NOW);
    keys.verify(secret.expose(), STALENESS).unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_listener_known_keys_are_accepted_for_a_while_and_no_other_is_called_invalid() {
    let (keys, secret, _) = loaded(Some(600_000));
    keys.0.complete.store(false, Ordering::Release);
    let other = ApiKeySecret::generate().unwrap();
    assert_eq!(keys.verify(other.expose(), STALENESS), Err(KeyRefusal::StoreAway));
    let moment = Duration::from_millis(1);
    advance(STALENESS.saturating_sub(moment)).await;
    keys.verify(secret.expose(), STALENESS).unwrap();
    advance(Duration::from_millis(1)).await;
    assert_eq!(
        keys.verify(secret.expose(), STALENESS),
        Err(KeyRefusal::StoreAway)
    );
    // Its expiry holds also then.
    advance(STALENESS).await;
    assert_eq!(keys.verify(secret.expose(), STALENESS), Err(KeyRefusal::Invalid));
}

#[tokio::test(start_paused = true)]
async fn uses_wait_in_a_bounded_queue() {
    let (keys, secret, id) = loaded(None);
    let mut uses = keys.take_uses().unwrap();
    assert!(keys.take_uses().is_none());
    for _ in 0..100 {
        keys.verify(secret.expose(), STALENESS).unwrap();
    }
    let first = uses.try_recv().unwrap();
    assert_eq!((first.key, first.at), (id, NOW));
    assert!(uses.try_recv().is_err());

    let filler = KeyUse { key: id, at: NOW };
    while keys.0.uses.try_send(filler).is_ok() {}
    advance(USE_EVERY).await;
    keys.verify(secret.expose(), STALENESS).unwrap();
    // It had no room; as soon as there is some, the next use is recorded.
    while uses.try_recv().is_ok() {}
    keys.verify(secret.expose(), STALENESS).unwrap();
    assert_eq!(uses.try_recv().unwrap().at, NOW + 60_000);
}
