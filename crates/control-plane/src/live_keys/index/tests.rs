//! Tests of the index, and of reads of the store in any order.

use std::collections::HashSet;

use super::*;

fn key() -> LiveKey {
    LiveKey::new(Uuid::now_v7(), Uuid::now_v7(), None, ApiKeyScopes::ALL)
}

fn hash(number: u64) -> KeyHash {
    KeyHash::of(&number.to_string())
}

/// Puts a key in as a read of the store does.
fn put(index: &Index, hash: KeyHash, key: LiveKey) {
    let read = index.begin_read();
    read.apply(vec![(hash, key)], vec![], HashSet::new()).unwrap();
}

fn again(key: &LiveKey) -> LiveKey {
    LiveKey::new(key.id, key.tenant, Some(key.expires_at), key.scopes)
}

fn has(index: &Index, number: u64) -> bool {
    index.read().get(&hash(number)).is_some()
}

#[test]
fn a_load_removes_what_it_does_not_find() {
    let index = Index::default();
    let (kept, gone) = (key(), key());
    let kept_again = again(&kept);
    let load = index.begin_load();
    load.found(hash(1), kept);
    load.found(hash(2), gone);
    load.end_load();
    assert_eq!(index.len(), 2);

    let load = index.begin_load();
    load.found(hash(1), kept_again);
    load.found(hash(3), key());
    load.end_load();
    assert!(has(&index, 1) && has(&index, 3) && !has(&index, 2));
}

#[test]
fn a_load_does_not_undo_what_was_read_since_it_began() {
    let index = Index::default();
    let (revoked, changed) = (key(), key());
    let (revoked_id, revoked_before, changed_before) = (revoked.id, again(&revoked), again(&changed));
    put(&index, hash(1), revoked);
    put(&index, hash(2), changed);

    let load = index.begin_load();
    let sooner = LiveKey::new(
        changed_before.id,
        changed_before.tenant,
        Some(1_000),
        ApiKeyScopes::ALL,
    );
    let live = vec![(hash(2), sooner), (hash(3), key())];
    let read = index.begin_read();
    read.apply(live, vec![(hash(1), revoked_id)], HashSet::new())
        .unwrap();
    load.found(hash(1), revoked_before);
    load.found(hash(2), changed_before);
    load.end_load();
    // Revoked, changed, and created meanwhile.
    assert!(!has(&index, 1) && has(&index, 3));
    assert_eq!(index.read().get(&hash(2)).unwrap().expires_at, 1_000);
}

#[test]
fn a_read_that_began_before_another_or_before_a_load_is_not_applied() {
    let index = Index::default();
    let key = key();
    let (id, before) = (key.id, again(&key));
    put(&index, hash(1), key);
    let (slow, quick) = (index.begin_read(), index.begin_read());
    quick.apply(vec![], vec![(hash(1), id)], HashSet::new()).unwrap();
    slow.apply(vec![(hash(1), again(&before))], vec![], HashSet::new())
        .unwrap();
    assert!(!has(&index, 1));

    let slow = index.begin_read();
    index.begin_load().end_load();
    slow.apply(vec![(hash(1), before)], vec![], HashSet::new())
        .unwrap_err();
    assert!(!has(&index, 1));
}

#[test]
fn a_change_that_cannot_be_read_restricts_the_key() {
    let index = Index::default();
    let key = key();
    let (id, before) = (key.id, again(&key));
    put(&index, hash(1), key);
    let ends = || index.read().get(&hash(1)).unwrap().expires_at;
    index.begin_read().restrict(id, 2_000);
    assert_eq!(ends(), 2_000);
    index.begin_read().restrict(id, i64::MAX);
    assert_eq!(ends(), 2_000);

    // A load that was under way does not undo it, and a read that began later does.
    let load = index.begin_load();
    index.begin_read().restrict(id, 1_000);
    load.found(hash(1), again(&before));
    load.end_load();
    assert_eq!(ends(), 1_000);
    let (change, read) = (index.begin_read(), index.begin_read());
    read.apply(vec![(hash(1), before)], vec![], HashSet::new())
        .unwrap();
    change.restrict(id, 1_000);
    assert_eq!(ends(), i64::MAX);

    // A load that began since decides whether there is a key.
    let change = index.begin_read();
    let load = index.begin_load();
    change.restrict(id, 1_000);
    assert_eq!(ends(), 1_000);
    load.end_load();
    assert!(!has(&index, 1));
    index.begin_read().restrict(id, 1_000);
    assert_eq!(index.len(), 0);
}

#[test]
fn rows_that_are_gone_and_keys_that_expired_are_removed() {
    let index = Index::default();
    let gone = key();
    let id = gone.id;
    put(&index, hash(1), gone);
    put(&index, hash(2), key());
    let ends = LiveKey::new(Uuid::now_v7(), Uuid::now_v7(), Some(1_000), ApiKeyScopes::ALL);
    put(&index, hash(3), ends);
    let read = index.begin_read();
    read.apply(vec![], vec![], HashSet::from([id])).unwrap();
    assert!(!has(&index, 1));
    index.remove_expired(999);
    assert_eq!(index.len(), 2);
    index.remove_expired(1_000);
    assert!(!has(&index, 3) && has(&index, 2));
}

#[test]
fn a_use_is_due_once_a_minute_and_again_where_it_was_not_recorded() {
    let (key, minute) = (key(), Duration::from_mins(1));
    assert!(key.use_is_due(0, minute));
    assert!(!key.use_is_due(59_999, minute));
    assert!(key.use_is_due(60_000, minute));
    assert!(!key.use_is_due(60_001, minute));
    key.use_not_recorded();
    assert!(key.use_is_due(60_002, minute));

    // A change of the key does not make its use due.
    let index = Index::default();
    let changed = LiveKey::new(key.id, key.tenant, Some(i64::MAX - 1), ApiKeyScopes::ALL);
    put(&index, hash(1), key);
    put(&index, hash(1), changed);
    let keys = index.read();
    let key = keys.get(&hash(1)).unwrap();
    assert_eq!(key.expires_at, i64::MAX - 1);
    assert!(!key.use_is_due(60_003, minute));
}

#[test]
fn a_hundred_thousand_keys_take_less_than_200_bytes_each() {
    const KEYS: u64 = 100_000;
    let index = Index::default();
    let taken = allocation_counter::measure(|| {
        for number in 0..KEYS {
            index.put(hash(number), key());
        }
    });
    let each = taken.bytes_current / i64::try_from(KEYS).unwrap();
    assert!(each < 200, "{each} bytes a key");
    assert_eq!(index.len(), usize::try_from(KEYS).unwrap());
}
