//! What a connection is doing, since when, and until when it may.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Version;
use tokio::{
    sync::{Notify, futures::Notified},
    time::Instant,
};

use super::{
    Limits,
    state::{Overdue, Phase, State},
    unsent::Total,
};

/// What the parts of a connection (its socket, its requests, its bodies) say about it, for the one timer that
/// watches over it. All times lie in the past; [`Limits`] says how long each may be.
#[derive(Debug)]
pub(super) struct Activity {
    limits: Arc<Limits>,
    total: Arc<Total>,
    state: Mutex<State>,
    asked: Notify,
}

impl Activity {
    pub(super) fn new(limits: Arc<Limits>, total: Arc<Total>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            total,
            state: Mutex::new(State::new()),
            asked: Notify::new(),
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
        // It was idle when it was asked for its place, and is no more.
        state.asked = state.asked.filter(|asked| *asked != Overdue::Place);
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

    /// So many bytes of an answer wait to be sent. Returns what names them to [`Activity::sent`].
    pub(super) fn sending(&self, bytes: usize) -> u64 {
        self.total.add(bytes);
        self.state().answers.begin(bytes)
    }

    /// Some bytes of an answer were written.
    pub(super) fn progressed(&self) {
        self.state().answers.progressed();
    }

    /// The bytes that were announced as `id` were written, or given up.
    pub(super) fn sent(&self, id: u64, bytes: usize) {
        self.state().answers.end(id, bytes);
        self.total.take(bytes);
    }

    /// Since when it could be closed at nobody's cost: no request is under way, and no answer. `None` also once
    /// it was asked to end.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.asked.is_none() && state.is_idle()).then_some(state.since)
    }

    /// Since when its oldest answer waits to be read, and how many bytes wait in all. `None` also once it was
    /// asked to end.
    pub(super) fn unsent(&self) -> Option<(Instant, usize)> {
        let state = self.state();
        let oldest = state.answers.oldest().filter(|_| state.asked.is_none())?;
        Some((oldest, state.answers.bytes()))
    }

    /// Asks it to end, for its place or for its memory. For its place it ends only if it is idle, and still so when
    /// it hears of it.
    pub(super) fn ask(&self, what: Overdue) {
        let mut state = self.state();
        if what != Overdue::Place || state.is_idle() {
            state.asked = Some(what);
            drop(state);
            self.asked.notify_one();
        }
    }

    /// Until it is asked to end.
    pub(super) fn asked(&self) -> Notified<'_> {
        self.asked.notified()
    }

    /// When to look again: the time at which the current phase is overdue, but never later than one idle or
    /// stall time from now. The response of an HTTP/2 request begins and ends in another task, which does not
    /// wake the one that watches.
    pub(super) fn due(&self) -> Instant {
        let state = self.state();
        let (until, _) = state.until(&self.limits);
        until.unwrap_or_else(|| Instant::now() + self.limits.idle.min(self.limits.stall))
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
        let limits = Arc::new(Limits {
            first_request: seconds(1),
            header: seconds(2),
            idle: seconds(10),
            exchange: seconds(20),
            stall: seconds(5),
            ..Limits::default()
        });
        Activity::new(limits, Total::new(usize::MAX))
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
        assert_eq!(activity.due(), Instant::now() + Duration::from_secs(5));
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

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_get_on_stalls_and_one_that_dawdles_has_its_end() {
        let activity = activity();
        let _request = activity.begin(Version::HTTP_2);
        let answer = activity.sending(100);
        assert_eq!(pass(&activity, 4).await, None);
        activity.progressed();
        assert_eq!(pass(&activity, 4).await, None);
        assert_eq!(pass(&activity, 1).await, Some(Overdue::Stall));
        for _ in 0..3 {
            activity.progressed();
            pass(&activity, 4).await;
        }
        assert_eq!(activity.overdue(), Some(Overdue::Exchange));
        activity.sent(answer, 100);
        assert_eq!(activity.overdue(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_place_is_given_by_who_is_idle_and_still_so_when_asked() {
        let activity = activity();
        assert!(activity.idle_since().is_some(), "no head has come yet");
        let request = activity.begin(Version::HTTP_11);
        assert_eq!(activity.idle_since(), None, "a request");
        let answer = activity.sending(100);
        drop(request);
        assert_eq!(activity.idle_since(), None, "an answer");
        activity.sent(answer, 100);
        assert!(activity.idle_since().is_some());

        activity.ask(Overdue::Place);
        assert_eq!(activity.idle_since(), None, "it is not asked twice");
        assert_eq!(activity.overdue(), Some(Overdue::Place));
        let request = activity.begin(Version::HTTP_11);
        assert_eq!(activity.overdue(), None, "a request came first");
        activity.ask(Overdue::Place);
        drop(request);
        assert_eq!(activity.overdue(), None);
    }
}
