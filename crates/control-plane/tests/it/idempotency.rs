//! Idempotency keys, claimed by several replicas.

use control_plane::{ClaimedKey, IdempotencyKey, KeyClaim, Store, StoredResponse};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::postgres::PgConnection;
use testkit::{Databases, in_store};
use tokio::time::{Duration, Instant, sleep};

use crate::support::{one, run};

const DEADLINE: Duration = Duration::from_secs(30);

fn store(databases: &Databases) -> Store {
    databases.control_plane().store().clone()
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey {
        caller: "configured".to_owned(),
        key: text.to_owned(),
        request: [7; 32],
    }
}

fn answer(text: &str) -> StoredResponse {
    StoredResponse {
        status: 201,
        headers: json!({"location": "/x"}).as_object().unwrap().clone(),
        body: text.as_bytes().to_vec(),
    }
}

async fn claimed(store: &Store, key: &IdempotencyKey) -> ClaimedKey {
    match store.claim_key(key).await.unwrap() {
        KeyClaim::Run(claimed) => claimed,
        other => panic!("{other:?}"),
    }
}

/// Expires all claims, as if their holders had been killed half a minute ago.
async fn expire_claims(session: &mut PgConnection) {
    let sql = "UPDATE control.idempotency_keys SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL";
    run(session, sql).await.unwrap();
}

async fn left(session: &mut PgConnection) -> i64 {
    one(session, "SELECT count(*) FROM control.idempotency_keys").await
}

#[tokio::test]
async fn one_of_many_claims_runs_and_all_get_its_answer() {
    let databases = Databases::new().await;
    let replicas = [store(&databases), store(&databases)];
    let key = key("k");
    let claims = join_all((0..50).map(|number| replicas[number % 2].claim_key(&key))).await;
    let mut runs: Vec<ClaimedKey> = Vec::new();
    for claim in claims {
        match claim.unwrap() {
            KeyClaim::Run(claimed) => runs.push(claimed),
            KeyClaim::Running => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(runs.len(), 1);
    runs.remove(0).answer(&answer("done")).await.unwrap();
    for replica in &replicas {
        match replica.claim_key(&key).await.unwrap() {
            KeyClaim::Answered(kept) => assert_eq!(kept, answer("done")),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let key = key("k");
    let running = claimed(&store, &key).await;
    let other_request = IdempotencyKey {
        request: [8; 32],
        ..key.clone()
    };
    assert!(matches!(
        store.claim_key(&other_request).await.unwrap(),
        KeyClaim::Reused
    ));
    let other_caller = IdempotencyKey {
        caller: testkit::unknown_tenant().to_string(),
        ..key.clone()
    };
    claimed(&store, &other_caller).await.release().await.unwrap();
    running.answer(&answer("done")).await.unwrap();
    assert!(matches!(
        store.claim_key(&other_request).await.unwrap(),
        KeyClaim::Reused
    ));
}

#[tokio::test]
async fn a_released_or_dropped_claim_is_free_again() {
    let databases = Databases::new().await;
    let (store, mut session) = (store(&databases), in_store(&databases).await);
    let key = key("k");
    claimed(&store, &key).await.release().await.unwrap();
    assert_eq!(left(&mut session).await, 0);

    drop(claimed(&store, &key).await);
    let start = Instant::now();
    while left(&mut session).await > 0 {
        assert!(start.elapsed() < DEADLINE, "it is still held");
        sleep(Duration::from_millis(5)).await;
    }
    claimed(&store, &key).await.release().await.unwrap();
}

/// The holder was killed, or was too slow.
#[tokio::test]
async fn an_expired_claim_passes_to_one_caller_whose_answer_counts() {
    let databases = Databases::new().await;
    let (store, mut session) = (store(&databases), in_store(&databases).await);
    let key = key("k");
    let slow = claimed(&store, &key).await;
    expire_claims(&mut session).await;
    let claims = join_all((0..20).map(|_| store.claim_key(&key))).await;
    let mut runs: Vec<_> = claims
        .into_iter()
        .filter_map(|claim| match claim.unwrap() {
            KeyClaim::Run(claimed) => Some(claimed),
            KeyClaim::Running => None,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(runs.len(), 1);
    // Neither of these affects the other caller's claim.
    slow.answer(&answer("late")).await.unwrap();
    assert!(matches!(store.claim_key(&key).await.unwrap(), KeyClaim::Running));
    runs.remove(0).answer(&answer("in time")).await.unwrap();
    match store.claim_key(&key).await.unwrap() {
        KeyClaim::Answered(kept) => assert_eq!(kept, answer("in time")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_claim_is_renewed_while_it_is_held() {
    let databases = Databases::new().await;
    let (store, mut session) = (store(&databases), in_store(&databases).await);
    let held = claimed(&store, &key("k")).await;
    let sql = "UPDATE control.idempotency_keys SET locked_until = now() + interval '20 seconds'";
    run(&mut session, sql).await.unwrap();
    let start = Instant::now();
    let left = "SELECT extract(epoch FROM locked_until - now())::float8 FROM control.idempotency_keys";
    while one::<f64>(&mut session, left).await < 21.0 {
        assert!(start.elapsed() < DEADLINE, "it is not renewed");
        sleep(Duration::from_millis(50)).await;
    }
    held.release().await.unwrap();
}

#[tokio::test]
async fn old_keys_are_trimmed_concurrently_and_running_ones_are_kept() {
    let databases = Databases::new().await;
    let (replicas, mut session) = ([store(&databases), store(&databases)], in_store(&databases).await);
    run(
        &mut session,
        "INSERT INTO control.idempotency_keys (caller, key, request, run, status, headers, body, created_at)
         SELECT 'c', n::text, decode(repeat('00', 32), 'hex'), gen_random_uuid(), 200, '{}', '',
            now() - make_interval(hours => n)
         FROM generate_series(1, 48) AS n",
    )
    .await
    .unwrap();
    let running = claimed(&replicas[0], &key("running")).await;
    run(
        &mut session,
        "UPDATE control.idempotency_keys SET created_at = now() - interval '9 days' WHERE key = 'running'",
    )
    .await
    .unwrap();
    let trims = (0..10).map(|number| replicas[number % 2].trim_idempotency_keys(24, 5));
    let trimmed: Vec<u64> = join_all(trims).await.into_iter().map(Result::unwrap).collect();
    assert!(trimmed.iter().all(|&count| count <= 5), "{trimmed:?}");
    let all: u64 = trimmed.iter().sum::<u64>() + replicas[0].trim_idempotency_keys(24, 100).await.unwrap();
    assert_eq!(all, 25);
    assert_eq!(left(&mut session).await, 24);
    running.release().await.unwrap();
}
