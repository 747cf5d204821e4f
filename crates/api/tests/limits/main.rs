//! Limits of tenants on the tenant plane.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use futures_util::future::join_all;
use futures_util::stream;
use http::Request;
use serde_json::json;
use tenant_limits::RequestLimits;

use self::support::{Answer, LIMITS, Plane, USERS, limits, until};

const ROOM: u32 = 1000;
const NONE: RequestLimits = RequestLimits {
    requests_per_second: None,
    burst: None,
    concurrent_requests: None,
    request_timeout_ms: None,
    statement_timeout_ms: None,
    request_body_bytes: None,
    response_body_bytes: None,
};

/// Asks until a request is refused, and gives that answer. The buckets here are small and fill by one a second.
async fn emptied(ask: impl AsyncFn() -> Answer) -> Answer {
    loop {
        let answer = ask().await;
        if answer.status != 200 {
            return answer;
        }
    }
}

#[tokio::test]
async fn a_rate_is_held_for_each_tenant_and_each_answer_says_what_is_left() {
    let (plane, [acme, globex]) = Plane::new(NONE, ROOM, [limits(1, 3, 8), NONE]).await;
    let policy = "\"default\";q=3;w=3, \"concurrent\";q=8;qu=\"concurrent-requests\"";
    let first = plane.get(acme, USERS).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    assert_eq!(
        first.header("ratelimit"),
        Some("\"default\";r=2;t=1, \"concurrent\";r=7")
    );
    let refused = emptied(async || plane.get(acme, USERS).await).await;
    refused.refused(429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some(policy));
    assert_eq!(
        refused.header("ratelimit"),
        Some("\"default\";r=0;t=1, \"concurrent\";r=8")
    );
    // By its API key as well: one bucket for both prefixes.
    let by_key = || {
        Request::get("/v1/users")
            .header("authorization", format!("Bearer {}{acme}", api::API_KEY_PREFIX))
            .body(Body::empty())
            .unwrap()
    };
    let refused = emptied(async || plane.send(by_key()).await).await;
    refused.refused(429, "RATE_LIMITED");

    // A refused request touches no pool, and others are not concerned.
    plane.registry.invalidate(acme);
    let opened = plane.registry.stats().opened;
    if plane.get(acme, USERS).await.status == 429 {
        assert_eq!(plane.registry.stats().opened, opened);
    }
    let other = plane.get(globex, USERS).await;
    assert_eq!(other.status, 200);
    assert_eq!(
        (other.header("ratelimit"), other.header("ratelimit-policy")),
        (None, None)
    );
    assert_eq!(plane.admission.limiters(), 1, "one without limits has no limiter");

    // Another plan holds from the next request on, and refills nothing.
    plane.plans.set(acme, limits(1, 1, 0));
    let refused = emptied(async || plane.get(acme, USERS).await).await;
    assert_eq!(refused.header("ratelimit-policy"), Some("\"default\";q=1;w=1"));
    plane.plans.set(acme, NONE);
    for _ in 0..5 {
        assert_eq!(plane.get(acme, USERS).await.status, 200);
    }
}

#[tokio::test]
async fn made_up_tenants_keep_nothing() {
    let (plane, []) = Plane::new(limits(1, 1, 1), ROOM, []).await;
    for _ in 0..100 {
        let answer = plane.get(testkit::unknown_tenant(), USERS).await;
        answer.refused(404, "TENANT_UNKNOWN");
        assert_eq!(answer.header("ratelimit"), None);
    }
    assert_eq!(plane.admission.limiters(), 0);
}

#[tokio::test]
async fn requests_at_once_before_the_pool_is_open_are_held_to_the_limits() {
    let (plane, [acme]) = Plane::new(NONE, ROOM, [limits(1, 4, 0)]).await;
    let answers = join_all((0..20).map(|_| plane.get(acme, USERS))).await;
    let admitted = answers.iter().filter(|answer| answer.status == 200).count();
    // One more a second, on a slow machine.
    assert!((4..=6).contains(&admitted), "{admitted}");
    assert!(answers.iter().all(|answer| answer.header("ratelimit").is_some()));
    assert_eq!(plane.registry.stats().opened, 1);
}

#[tokio::test]
async fn requests_under_way_are_counted_until_they_end_or_are_given_up() {
    let (plane, [acme]) = Plane::new(NONE, ROOM, [limits(0, 0, 2)]).await;
    let plane = Arc::new(plane);
    assert_eq!(plane.get(acme, USERS).await.status, 200);
    let lock = plane.lock_users().await;
    let under_way: Vec<_> = (0..2)
        .map(|_| {
            let plane = Arc::clone(&plane);
            tokio::spawn(async move { plane.get(acme, USERS).await })
        })
        .collect();
    until(async || plane.get(acme, LIMITS).await.status == 429).await;
    let refused = plane.get(acme, USERS).await;
    refused.refused(429, "CONCURRENCY_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit"), Some("\"concurrent\";r=0"));
    // A client that disconnects drops its request.
    under_way[0].abort();
    until(async || plane.get(acme, LIMITS).await.status == 200).await;
    drop(lock);
    for request in under_way {
        if let Ok(answer) = request.await {
            assert_eq!(answer.status, 200);
        }
    }
    plane.admission.sweep();
    assert_eq!(plane.admission.limiters(), 0);
}

#[tokio::test]
async fn a_tenants_times_are_shorter_than_the_services() {
    let quick = NonZeroU32::new(300);
    let requests = RequestLimits {
        request_timeout_ms: quick,
        ..NONE
    };
    let statements = RequestLimits {
        statement_timeout_ms: quick,
        ..NONE
    };
    let (plane, [acme, globex]) = Plane::new(NONE, ROOM, [requests, statements]).await;
    // The pools are open: a login is no statement, but takes time of a request.
    let _ = plane.get(acme, USERS).await;
    assert_eq!(plane.get(globex, USERS).await.status, 200);
    let lock = plane.lock_users().await;
    for (tenant, code) in [(acme, "DEADLINE_EXCEEDED"), (globex, "STATEMENT_TIMEOUT")] {
        let began = Instant::now();
        plane.get(tenant, USERS).await.refused(504, code);
        let took = began.elapsed();
        // PostgreSQL's own limits are five seconds for a lock, and more for a statement.
        assert!(
            took >= Duration::from_millis(300) && took < Duration::from_secs(4),
            "{took:?}"
        );
    }
    // What was given up is ended, also while the lock is held.
    let login = format!("tn_{}_a", globex.as_uuid().simple());
    let server = plane.databases.server();
    let mut superuser = server.superuser(plane.databases.data().as_str()).await;
    until(async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'",
        )
        .bind(&login)
        .fetch_one(&mut superuser)
        .await
        .unwrap();
        waiting == 0
    })
    .await;
    drop(lock);
    until(async || plane.get(globex, USERS).await.status == 200).await;
}

#[tokio::test]
async fn bodies_of_requests_and_responses_are_bounded() {
    let bounded = RequestLimits {
        request_body_bytes: NonZeroU32::new(40),
        response_body_bytes: NonZeroU32::new(600),
        ..NONE
    };
    let (plane, [acme]) = Plane::new(NONE, ROOM, [bounded]).await;
    let (short, long) = (json!({"name": "Ada"}), json!({"name": "x".repeat(40)}));
    for _ in 0..3 {
        let answer = plane.send(Plane::post(acme, short.to_string().into())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let announced = plane.send(Plane::post(acme, long.to_string().into())).await;
    announced.refused(413, "BODY_TOO_LARGE");
    let detail = announced.body["detail"].as_str().unwrap();
    assert!(detail.contains("40 bytes"), "{detail}");
    let parts: Vec<_> = long
        .to_string()
        .chars()
        .map(|byte| Ok::<_, std::io::Error>(byte.to_string()))
        .collect();
    let streamed = Body::from_stream(stream::iter(parts));
    plane
        .send(Plane::post(acme, streamed))
        .await
        .refused(413, "BODY_TOO_LARGE");

    assert_eq!(plane.get(acme, &format!("{USERS}?limit=2")).await.status, 200);
    let large = plane.get(acme, USERS).await;
    assert_eq!(
        large.status, 200,
        "three users are as many bytes as may be: {large:?}"
    );
    for _ in 0..3 {
        plane.send(Plane::post(acme, short.to_string().into())).await;
    }
    let too_large = plane.get(acme, USERS).await;
    too_large.refused(422, "RESPONSE_TOO_LARGE");
    assert!(too_large.body["detail"].as_str().unwrap().contains("600 bytes"));
}

#[tokio::test]
async fn a_tenant_sees_its_own_limits_and_what_is_left() {
    let all = RequestLimits {
        request_timeout_ms: NonZeroU32::new(9_000),
        statement_timeout_ms: NonZeroU32::new(8_000),
        request_body_bytes: NonZeroU32::new(7_000),
        response_body_bytes: NonZeroU32::new(6_000),
        ..limits(5, 50, 4)
    };
    let (plane, [acme]) = Plane::new(limits(10, 20, 3), ROOM, [all]).await;
    plane.get(acme, USERS).await;
    let mut answer = plane.get(acme, LIMITS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let full = answer.body["requests_full_in_ms"].take();
    assert!((1..=400).contains(&full.as_u64().unwrap()), "{full}");
    assert_eq!(
        answer.body,
        json!({
            "plan": "own",
            "requests_per_second": 5,
            "burst": 50,
            "requests_left": 48,
            "requests_full_in_ms": null,
            "concurrent_requests": 4,
            "concurrent_in_use": 1,
            "request_timeout_ms": 9000,
            "statement_timeout_ms": 8000,
            "request_body_bytes": 7000,
            "response_body_bytes": 6000,
            "max_connections": 5,
        })
    );
    // No query was run for it: the pool that is opened anew has no connection.
    plane.registry.invalidate(acme);
    assert_eq!(plane.get(acme, LIMITS).await.status, 200);
    let db = plane.registry.db(acme).await.unwrap();
    assert_eq!(db.snapshot().size, 0);

    let unknown = plane.get(testkit::unknown_tenant(), LIMITS).await;
    unknown.refused(404, "TENANT_UNKNOWN");
    plane.plans.set(acme, NONE);
    let unlimited = plane.get(acme, LIMITS).await;
    assert_eq!(
        (&unlimited.body["burst"], &unlimited.body["requests_left"]),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn above_its_room_the_plane_sheds_at_once_and_keeps_half_for_others() {
    let (plane, [noisy, quiet]) = Plane::new(NONE, 6, [NONE, NONE]).await;
    let plane = Arc::new(plane);
    for tenant in [noisy, quiet] {
        assert_eq!(plane.get(tenant, USERS).await.status, 200);
    }
    let lock = plane.lock_users().await;
    let under_way: Vec<_> = (0..3)
        .map(|_| {
            let plane = Arc::clone(&plane);
            tokio::spawn(async move { plane.get(noisy, USERS).await })
        })
        .collect();
    until(async || plane.get(noisy, LIMITS).await.status == 503).await;
    let began = Instant::now();
    let shed = plane.get(noisy, USERS).await;
    shed.refused(503, "OVERLOADED");
    assert_eq!(shed.header("retry-after"), Some("1"));
    assert_eq!(plane.get(quiet, LIMITS).await.status, 200);
    assert!(began.elapsed() < Duration::from_secs(1));
    drop(lock);
    for request in under_way {
        assert_eq!(request.await.unwrap().status, 200);
    }
    assert_eq!(plane.get(noisy, USERS).await.status, 200);
}
