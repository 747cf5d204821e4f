//! What a connection is doing, since when, and until when it may.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Version;
use tokio::time::Instant;

use super::Limits;

/// What the parts of a connection (its socket, its requests, its bodies) say about it, for the one timer that
/// watches over it. All times lie in the past; [`Limits`] says how long each may be.
#[derive(Debug)]
pub(super) struct Activity {
    limits: Arc<Limits>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    http2: bool,
    /// A write waits for the peer to read.
    stalled: Option<Instant>,
    /// The last request's body was not read to its end.
    unread: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No request has come yet.
    Fresh,
    /// So many requests are being answered.
    Busy(usize),
    /// All are answered.
    Idle,
    /// HTTP/1: the next head has begun.
    Head,
}

/// What has taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    FirstRequest,
    Header,
    Idle,
    Exchange,
    Stall,
}

impl Activity {
    pub(super) fn new(limits: Arc<Limits>) -> Arc<Self> {
        let state = State {
            phase: Phase::Fresh,
            since: Instant::now(),
            http2: false,
            stalled: None,
            unread: false,
        };
        Arc::new(Self {
            limits,
            state: Mutex::new(state),
        })
    }

    /// Bytes have come. While idle they begin the next head; HTTP/2 has other frames at any time.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle && !state.http2 {
            state.enter(Phase::Head);
        }
    }

    /// A write waits for the peer, or goes on.
    pub(super) fn writing(&self, waits: bool) {
        let mut state = self.state();
        if waits != state.stalled.is_some() {
            state.stalled = waits.then(Instant::now);
        }
    }

    /// A request's head has come. It is in flight until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> InFlight {
        let mut state = self.state();
        state.http2 = version == Version::HTTP_2;
        state.unread = false;
        match state.phase {
            Phase::Busy(requests) => state.phase = Phase::Busy(requests + 1),
            _ => state.enter(Phase::Busy(1)),
        }
        drop(state);
        InFlight(Arc::clone(self))
    }

    fn end(&self) {
        let mut state = self.state();
        match state.phase {
            Phase::Busy(requests @ 2..) => state.phase = Phase::Busy(requests - 1),
            _ => state.enter(Phase::Idle),
        }
    }

    /// A request's body was dropped before its end.
    pub(super) fn left_unread(&self) {
        self.state().unread = true;
    }

    /// Is the peer perhaps still sending, so that closing at once would cost it our answer? So it is when a
    /// body was refused, or a head (400, 431).
    pub(super) fn should_linger(&self) -> bool {
        let state = self.state();
        !state.http2 && (state.unread || matches!(state.phase, Phase::Fresh | Phase::Head))
    }

    pub(super) fn linger(&self) -> Duration {
        self.limits.linger
    }

    /// When to look again: the time at which the current phase is overdue, but never later than one idle time
    /// from now. The response of an HTTP/2 request ends in another task, which does not wake the one that
    /// watches.
    pub(super) fn due(&self) -> Instant {
        let state = self.state();
        let (until, _) = state.until(&self.limits);
        until.unwrap_or_else(|| Instant::now() + self.limits.idle)
    }

    /// What has taken too long by now.
    pub(super) fn overdue(&self) -> Option<Overdue> {
        let state = self.state();
        let (until, what) = state.until(&self.limits);
        until.filter(|until| *until <= Instant::now()).map(|_| what)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and the times would be right even so.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }

    /// When what will be overdue. `None` for HTTP/2's requests in flight: each has its own timer, as a
    /// connection that is never idle may be older than any of its requests.
    fn until(&self, limits: &Limits) -> (Option<Instant>, Overdue) {
        let (until, what) = match self.phase {
            Phase::Fresh => (Some(self.since + limits.first_request), Overdue::FirstRequest),
            Phase::Head => (Some(self.since + limits.header), Overdue::Header),
            Phase::Idle => (Some(self.since + limits.idle), Overdue::Idle),
            Phase::Busy(_) if self.http2 => (None, Overdue::Exchange),
            Phase::Busy(_) => (Some(self.since + limits.exchange), Overdue::Exchange),
        };
        match self.stalled.map(|since| since + limits.stall) {
            Some(stalled) if until.is_none_or(|until| stalled < until) => (Some(stalled), Overdue::Stall),
            _ => (until, what),
        }
    }
}

/// A request in flight, until its response has been handed over to the connection.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn activity() -> Arc<Activity> {
        let seconds = Duration::from_secs;
        Activity::new(Arc::new(Limits {
            first_request: seconds(1),
            header: seconds(2),
            idle: seconds(10),
            exchange: seconds(20),
            stall: seconds(5),
            ..Limits::default()
        }))
    }

    async fn pass(activity: &Activity, seconds: u64) -> Option<Overdue> {
        advance(Duration::from_secs(seconds)).await;
        activity.overdue()
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_do_not_buy_time_for_the_first_request() {
        let activity = activity();
        activity.received();
        assert_eq!(activity.due(), Instant::now() + Duration::from_secs(1));
        assert_eq!(pass(&activity, 1).await, Some(Overdue::FirstRequest));
    }

    #[tokio::test(start_paused = true)]
    async fn http1_goes_from_request_to_idle_to_the_next_head() {
        let activity = activity();
        let request = activity.begin(Version::HTTP_11);
        assert_eq!(pass(&activity, 19).await, None);
        drop(request);
        assert_eq!(pass(&activity, 9).await, None);
        activity.received();
        assert_eq!(pass(&activity, 1).await, None);
        activity.received();
        assert_eq!(pass(&activity, 1).await, Some(Overdue::Header));
        let request = activity.begin(Version::HTTP_11);
        assert_eq!(pass(&activity, 20).await, Some(Overdue::Exchange));
        drop(request);
        assert_eq!(pass(&activity, 10).await, Some(Overdue::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn http2_is_idle_when_its_last_request_is_answered() {
        let activity = activity();
        let first = activity.begin(Version::HTTP_2);
        let second = activity.begin(Version::HTTP_2);
        drop(first);
        assert_eq!(pass(&activity, 1000).await, None);
        assert_eq!(activity.due(), Instant::now() + Duration::from_secs(10));
        drop(second);
        activity.received();
        assert_eq!(pass(&activity, 9).await, None);
        assert_eq!(pass(&activity, 1).await, Some(Overdue::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_write_ends_what_else_may_last() {
        let activity = activity();
        let _request = activity.begin(Version::HTTP_2);
        activity.writing(true);
        assert_eq!(pass(&activity, 4).await, None);
        activity.writing(false);
        activity.writing(true);
        assert_eq!(pass(&activity, 4).await, None);
        activity.writing(true);
        assert_eq!(pass(&activity, 1).await, Some(Overdue::Stall));
    }
}
