use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use uuid::Uuid;

use super::Limiters;
use crate::{Admission, Concurrency, Refusal, RequestLimits};

const TENANT: Uuid = Uuid::from_u128(7);

fn limits(per_second: u32, burst: u32, concurrent: u32) -> RequestLimits {
    RequestLimits {
        requests_per_second: NonZeroU32::new(per_second),
        burst: NonZeroU32::new(burst),
        concurrent_requests: NonZeroU32::new(concurrent),
        ..RequestLimits::default()
    }
}

fn limiters() -> (Limiters<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (Limiters::new(clock.clone()), clock)
}

/// How many requests are admitted at once.
fn admitted(limiters: &Limiters<FakeRelativeClock>, limits: &RequestLimits, revision: u64) -> u32 {
    let mut admitted = 0;
    while limiters.admit(TENANT, limits, revision).is_ok() {
        admitted += 1;
    }
    admitted
}

fn remaining(admission: &Admission) -> u32 {
    admission.usage.rate.unwrap().remaining
}

#[test]
fn a_burst_then_the_rate() {
    let (limiters, clock) = limiters();
    let limits = limits(10, 20, 0);
    assert_eq!(admitted(&limiters, &limits, 1), 20);
    let Err(Refusal::Rate { retry_after, usage }) = limiters.admit(TENANT, &limits, 1) else {
        panic!("the bucket is empty");
    };
    assert_eq!(retry_after, Duration::from_millis(100));
    let rate = usage.rate.unwrap();
    assert_eq!((rate.limit, rate.remaining), (20, 0));
    assert_eq!(
        (rate.window, rate.reset, rate.next),
        (
            Duration::from_secs(2),
            Duration::from_secs(2),
            Duration::from_millis(100)
        )
    );
    clock.advance(Duration::from_millis(350));
    assert_eq!(admitted(&limiters, &limits, 1), 3);
    clock.advance(Duration::from_mins(1));
    assert_eq!(admitted(&limiters, &limits, 1), 20, "a bucket never holds more");
}

#[test]
fn without_a_burst_it_is_the_requests_of_a_second() {
    let (limiters, _clock) = limiters();
    assert_eq!(admitted(&limiters, &limits(30, 0, 0), 1), 30);
}

#[test]
fn each_decision_says_what_is_left() {
    let (limiters, clock) = limiters();
    let limits = limits(2, 4, 3);
    let first = limiters.admit(TENANT, &limits, 1).unwrap();
    let second = limiters.admit(TENANT, &limits, 1).unwrap();
    assert_eq!((remaining(&first), remaining(&second)), (3, 2));
    assert_eq!(
        second.usage.concurrency,
        Some(Concurrency { limit: 3, in_use: 2 })
    );
    let rate = second.usage.rate.unwrap();
    assert_eq!(
        (rate.next, rate.reset),
        (Duration::from_millis(500), Duration::from_secs(1))
    );
    clock.advance(Duration::from_millis(200));
    let third = limiters.admit(TENANT, &limits, 1).unwrap();
    let rate = third.usage.rate.unwrap();
    assert_eq!((rate.remaining, rate.next), (1, Duration::from_millis(300)));
}

#[test]
fn requests_under_way_count_until_they_end_however_they_end() {
    let (limiters, _clock) = limiters();
    let limits = limits(0, 0, 2);
    let first = limiters.admit(TENANT, &limits, 1).unwrap();
    let _second = limiters.admit(TENANT, &limits, 1).unwrap();
    for _ in 0..3 {
        let Err(Refusal::Concurrency { usage }) = limiters.admit(TENANT, &limits, 1) else {
            panic!("two are under way");
        };
        assert_eq!(usage.concurrency, Some(Concurrency { limit: 2, in_use: 2 }));
    }
    drop(first);
    assert!(limiters.admit(TENANT, &limits, 1).is_ok());
}

#[test]
fn a_request_refused_for_concurrency_takes_nothing_from_the_bucket() {
    let (limiters, _clock) = limiters();
    let limits = limits(1, 2, 1);
    let held = limiters.admit(TENANT, &limits, 1).unwrap();
    for _ in 0..5 {
        let refusal = limiters.admit(TENANT, &limits, 1).unwrap_err();
        assert!(matches!(refusal, Refusal::Concurrency { .. }));
        assert_eq!(refusal.usage().rate.unwrap().remaining, 1);
    }
    drop(held);
    assert!(limiters.admit(TENANT, &limits, 1).is_ok());
    // And one refused for the rate is not under way.
    for _ in 0..5 {
        let refusal = limiters.admit(TENANT, &limits, 1).unwrap_err();
        assert!(matches!(refusal, Refusal::Rate { .. }));
    }
}

#[test]
fn a_change_keeps_the_share_that_is_used_up() {
    for (before, used, after, left) in [
        (100, 100, 1000, 0),
        (100, 50, 1000, 500),
        (100, 100, 10, 0),
        (100, 50, 10, 5),
        (1000, 0, 10, 10),
    ] {
        let (limiters, _clock) = limiters();
        for _ in 0..used {
            assert!(limiters.admit(TENANT, &limits(1, before, 0), 1).is_ok());
        }
        assert_eq!(
            admitted(&limiters, &limits(1, after, 0), 2),
            left,
            "{used} of {before}, then {after}"
        );
    }
}

#[test]
fn a_change_of_the_rate_holds_from_then_on() {
    let (limiters, clock) = limiters();
    let slow = limits(1, 10, 0);
    assert_eq!(admitted(&limiters, &slow, 1), 10);
    clock.advance(Duration::from_secs(4));
    let fast = limits(100, 10, 0);
    assert_eq!(admitted(&limiters, &fast, 2), 4, "replenished at the old rate");
    clock.advance(Duration::from_millis(50));
    assert_eq!(admitted(&limiters, &fast, 2), 5, "and at the new one");
}

#[test]
fn changes_back_and_forth_and_lifted_limits_refill_nothing() {
    let (limiters, clock) = limiters();
    let limited = limits(1, 10, 0);
    assert_eq!(admitted(&limiters, &limited, 1), 10);
    for revision in 2..20 {
        let other = if revision % 2 == 0 {
            limits(1, 20, 0)
        } else {
            limited
        };
        assert_eq!(admitted(&limiters, &other, revision), 0, "{revision}");
    }
    // No limit at all, a limit of concurrency alone, and the first one again.
    assert!(limiters.admit(TENANT, &RequestLimits::default(), 20).is_ok());
    assert!(limiters.admit(TENANT, &limits(0, 0, 5), 21).is_ok());
    limiters.sweep();
    assert_eq!(admitted(&limiters, &limited, 22), 0);
    clock.advance(Duration::from_secs(3));
    assert_eq!(admitted(&limiters, &limited, 22), 3);
}

#[test]
fn requests_under_way_outlast_a_change() {
    let (limiters, _clock) = limiters();
    let first = limiters.admit(TENANT, &limits(0, 0, 2), 1).unwrap();
    let second = limiters.admit(TENANT, &limits(0, 0, 2), 1).unwrap();
    assert!(limiters.admit(TENANT, &limits(0, 0, 2), 2).is_err());
    assert!(limiters.admit(TENANT, &limits(0, 0, 3), 3).is_ok());
    drop((first, second));
    assert!(limiters.admit(TENANT, &limits(0, 0, 1), 4).is_ok());
}

#[test]
fn the_sweep_drops_entries_that_say_nothing() {
    let (limiters, clock) = limiters();
    let limits = limits(1, 5, 5);
    let held = limiters.admit(TENANT, &limits, 1).unwrap();
    for id in 0..100 {
        assert!(limiters.admit(Uuid::from_u128(1000 + id), &limits, 1).is_ok());
    }
    limiters.sweep();
    assert_eq!(limiters.len(), 101, "their buckets are not full");
    clock.advance(Duration::from_secs(1));
    limiters.sweep();
    assert_eq!(limiters.len(), 1, "a request is under way");
    drop(held);
    limiters.sweep();
    assert!(limiters.is_empty());
}

#[test]
fn tenants_without_limits_and_unseen_ones_take_no_entry() {
    let (limiters, _clock) = limiters();
    let admission = limiters.admit(TENANT, &RequestLimits::default(), 1).unwrap();
    assert!(!admission.usage.is_limited() && admission.permit.is_none());
    assert!(limiters.admit_seen(TENANT, &limits(1, 1, 1), 1).is_none());
    assert!(limiters.is_empty());
    assert!(limiters.admit(TENANT, &limits(1, 1, 1), 1).is_ok());
    assert!(limiters.admit_seen(TENANT, &limits(1, 1, 1), 1).unwrap().is_err());
}

#[test]
fn tenants_do_not_share() {
    let (limiters, _clock) = limiters();
    let limits = limits(1, 1, 0);
    assert!(limiters.admit(TENANT, &limits, 1).is_ok());
    assert!(limiters.admit(TENANT, &limits, 1).is_err());
    assert!(limiters.admit(Uuid::from_u128(8), &limits, 1).is_ok());
}

#[test]
fn threads_never_get_more_than_there_is() {
    let (limiters, _clock) = limiters();
    let limits = limits(1, 1000, 0);
    let total: u32 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| admitted(&limiters, &limits, 1)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(total, 1000);
}
