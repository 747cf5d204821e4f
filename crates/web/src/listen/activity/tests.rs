use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, advance};

use super::{Activity, BodyProgress, Limits, Reason};

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        first_request: seconds(1),
        header: seconds(2),
        idle: seconds(10),
        exchange: seconds(20),
        stall: seconds(5),
        ..Limits::default()
    }
}

async fn pass(activity: &Activity, seconds: u64) -> Option<Reason> {
    advance(Duration::from_secs(seconds)).await;
    activity.check(&limits(), false).err()
}

#[tokio::test(start_paused = true)]
async fn bytes_do_not_buy_time_for_the_first_request() {
    let activity = Activity::default();
    activity.received();
    let due = Instant::now() + Duration::from_secs(1);
    assert_eq!(activity.check(&limits(), false), Ok(due));
    assert_eq!(pass(&activity, 1).await, Some(Reason::FirstRequest));
}

#[tokio::test(start_paused = true)]
async fn http1_goes_from_request_to_idle_to_the_next_head() {
    let activity = Arc::<Activity>::default();
    let request = activity.begin(false, false);
    assert_eq!(pass(&activity, 19).await, None);
    drop(request);
    assert_eq!(pass(&activity, 9).await, None);
    activity.received();
    assert_eq!(pass(&activity, 1).await, None);
    activity.received();
    assert_eq!(pass(&activity, 1).await, Some(Reason::Header));
    let request = activity.begin(false, false);
    assert_eq!(pass(&activity, 20).await, Some(Reason::Exchange));
    drop(request);
    assert_eq!(pass(&activity, 10).await, Some(Reason::Idle));
}

#[tokio::test(start_paused = true)]
async fn http2_is_idle_when_its_last_request_is_answered() {
    let activity = Arc::<Activity>::default();
    let first = activity.begin(true, false);
    let second = activity.begin(true, false);
    drop(first);
    assert_eq!(pass(&activity, 1000).await, None);
    drop(second);
    activity.received();
    assert_eq!(pass(&activity, 9).await, None);
    assert_eq!(pass(&activity, 1).await, Some(Reason::Idle));
}

#[tokio::test(start_paused = true)]
async fn a_new_exchange_is_checked_in_time() {
    let activity = Arc::<Activity>::default();
    let _request = activity.begin(true, false);
    let due = Instant::now() + limits().shortest(false);
    assert_eq!(activity.check(&limits(), false), Ok(due));
    assert_eq!(limits().shortest(false), limits().first_request);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_write_ends_what_else_may_last() {
    let activity = Arc::<Activity>::default();
    let _request = activity.begin(true, false);
    activity.set_blocked(true);
    assert_eq!(pass(&activity, 4).await, None);
    activity.set_blocked(false);
    activity.set_blocked(true);
    assert_eq!(pass(&activity, 4).await, None);
    assert_eq!(pass(&activity, 1).await, Some(Reason::Stall));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_read_stalls_and_one_that_is_read_slowly_has_its_end() {
    let activity = Arc::<Activity>::default();
    let request = activity.begin(true, false);
    let since = request.wait(100);
    assert_eq!(pass(&activity, 4).await, None);
    request.progress();
    assert_eq!(pass(&activity, 4).await, None);
    assert_eq!(pass(&activity, 1).await, Some(Reason::Stall));
    for _ in 0..3 {
        request.progress();
        pass(&activity, 4).await;
    }
    assert_eq!(activity.check(&limits(), false), Err(Reason::Exchange));
    request.end(100, since);
    assert!(activity.check(&limits(), false).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_evicted_if_it_is_idle_and_still_so_when_asked() {
    let activity = Arc::<Activity>::default();
    assert!(activity.idle_since().is_some(), "no head has come yet");
    let request = activity.begin(false, false);
    assert_eq!(activity.idle_since(), None, "a request");
    let response = request.clone();
    drop(request);
    assert_eq!(activity.idle_since(), None, "a response");
    drop(response);
    assert!(activity.idle_since().is_some());

    activity.ask(&activity.evict);
    let request = activity.begin(false, false);
    assert_eq!(activity.asked(false), None, "a request came first");
    drop(request);
    assert_eq!(activity.asked(false), None, "that was the end of it");
    activity.ask(&activity.evict);
    assert_eq!(activity.asked(false), Some(Reason::Evicted));
}

#[tokio::test(start_paused = true)]
async fn a_closing_connection_may_linger_once_it_is_idle() {
    let activity = Arc::<Activity>::default();
    let request = activity.begin(true, false);
    activity.begin_closing();
    advance(Duration::from_secs(10)).await;
    assert!(activity.check(&limits(), true).is_ok());
    drop(request);
    advance(limits().linger / 2).await;
    assert!(activity.check(&limits(), true).is_ok());
    advance(limits().linger / 2).await;
    assert_eq!(activity.check(&limits(), true), Err(Reason::Idle));
}

#[tokio::test(start_paused = true)]
async fn a_body_is_slow_by_its_pace_while_it_is_all_that_is_waited_for() {
    let activity = Arc::<Activity>::default();
    let millis = Duration::from_millis;
    let slow = |activity: &Activity| activity.slow_body(&limits());
    let request = activity.begin(true, true);
    let mut body = BodyProgress::new(Arc::clone(&activity));
    advance(Duration::from_secs(5)).await;
    assert_eq!(slow(&activity), None, "the handler has not asked for it");
    body.receive(10);
    body.wait();
    assert_eq!(slow(&activity), None, "it has just begun");
    advance(limits().body_grace).await;
    assert_eq!(slow(&activity), Some(0), "what came before is not counted");
    body.receive(300);
    assert_eq!(slow(&activity), None, "600 bytes a second");
    advance(millis(500)).await;
    assert_eq!(slow(&activity), Some(300));

    let other = activity.begin(true, false);
    assert_eq!(
        slow(&activity),
        None,
        "another request of the connection is at work"
    );
    activity.ask(&activity.evict_slow);
    assert_eq!(activity.asked(false), None);
    drop(other);
    activity.ask(&activity.evict_slow);
    assert_eq!(activity.asked(false), Some(Reason::SlowBody));
    activity.ask(&activity.evict_slow);
    drop(body);
    assert_eq!(slow(&activity), None, "the body has ended");
    assert_eq!(activity.asked(false), None);
    drop(request);
}
