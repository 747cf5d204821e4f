//! What a connection is doing, and whether that takes too long.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence},
    },
    task::Waker,
    time::Duration,
};

use tokio::time::Instant;

use super::Limits;

const RELAXED: Ordering = Ordering::Relaxed;

/// What the socket, the requests and the responses of a connection report to its task and to the accept loop. A request
/// over HTTP/1 costs a few atomics that no other thread writes, and no lock.
#[derive(Debug, Default)]
pub(super) struct Activity {
    http2: AtomicBool,
    /// Whether a request has come, and whether the last one had a body.
    begun: AtomicBool,
    has_body: AtomicBool,
    /// HTTP/1: whether the next head has begun.
    head: AtomicBool,
    /// Whether a write waits for the peer to read.
    blocked: AtomicBool,
    /// Requests in flight, and parts of their responses.
    exchanges: AtomicUsize,
    /// When the exchange began, or what is between two of them.
    since: Stamp,
    /// Bytes of responses that the peer has not read.
    unread: AtomicUsize,
    /// When it last read some.
    progressed: Stamp,
    /// HTTP/2: since when each part of a response is unread. Once h2 has taken it, no other timer knows of it.
    waiting: Mutex<Vec<Instant>>,
    /// Requests to close: if it is idle, and still so when the task learns of it; at once; when all is answered.
    pub(super) evict: AtomicBool,
    pub(super) cut: AtomicBool,
    pub(super) shut_down: AtomicBool,
    task: OnceLock<Waker>,
}

/// Why a connection is closed by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    FirstRequest,
    Header,
    Idle,
    Exchange,
    Stall,
    /// Another connection needs its place.
    Evicted,
    /// Others need the memory that its responses take.
    Memory,
    Shutdown,
}

impl Activity {
    /// Bytes have come. On an idle connection they begin the next head; HTTP/2 has other frames at any time.
    pub(super) fn received(&self) {
        let between = self.begun.load(RELAXED) && !self.http2.load(RELAXED) && self.is_idle();
        if between && !self.head.swap(true, RELAXED) {
            self.since.set();
        }
    }

    /// A write has to wait for the peer, or does so no longer.
    pub(super) fn set_blocked(&self, blocked: bool) {
        self.progressed.set();
        self.blocked.store(blocked, RELAXED);
    }

    /// A request's head has come.
    pub(super) fn begin(self: &Arc<Self>, http2: bool, has_body: bool) -> Exchange {
        self.http2.store(http2, RELAXED);
        self.begun.store(true, RELAXED);
        self.has_body.store(has_body, RELAXED);
        self.head.store(false, RELAXED);
        self.since.set();
        Exchange::new(Arc::clone(self))
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(RELAXED)
    }

    /// Whether no request and no response is under way. A head that is not complete is no request.
    pub(super) fn is_idle(&self) -> bool {
        self.exchanges.load(Ordering::Acquire) == 0 && !self.blocked.load(RELAXED)
    }

    /// Whether the peer may still be sending, so that closing at once would cost it the response: to a body, or to a
    /// head that is rejected (400, 431).
    pub(super) fn should_linger(&self) -> bool {
        let head = self.head.load(RELAXED) || !self.begun.load(RELAXED);
        !self.is_http2() && (head || self.has_body.load(RELAXED))
    }

    pub(super) fn idle_since(&self) -> Option<Instant> {
        self.is_idle().then(|| self.since.get())
    }

    pub(super) fn unread(&self) -> usize {
        self.unread.load(RELAXED)
    }

    /// Since when the peer has read nothing. `None` also if the connection is asked to close.
    pub(super) fn unread_since(&self) -> Option<Instant> {
        (self.unread() > 0 && !self.cut.load(RELAXED)).then(|| self.progressed.get())
    }

    /// Has the requests to close wake the connection's task.
    pub(super) fn set_task(&self, waker: &Waker) {
        if self.task.get().is_none() {
            self.task.get_or_init(|| waker.clone());
            // Either the task sees a request that was just made, or who makes it sees the task.
            fence(Ordering::SeqCst);
        }
    }

    /// Makes one of the requests to close.
    pub(super) fn ask(&self, what: &AtomicBool) {
        what.store(true, RELAXED);
        fence(Ordering::SeqCst);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// What the connection is asked to close for.
    pub(super) fn asked(&self, closing: bool) -> Option<Reason> {
        if self.evict.load(RELAXED) && self.evict.swap(false, RELAXED) && self.is_idle() {
            return Some(Reason::Evicted);
        }
        if self.cut.load(RELAXED) {
            return Some(Reason::Memory);
        }
        (!closing && self.shut_down.load(RELAXED)).then_some(Reason::Shutdown)
    }

    /// Gives an idle connection the time that it may linger from now on.
    pub(super) fn begin_closing(&self) {
        self.since.set();
    }

    /// What takes too long, or else when to check again. That is no later than the shortest limit from now, so that what
    /// begins meanwhile is checked in time without moving a timer.
    pub(super) fn check(&self, limits: &Limits, closing: bool) -> Result<Instant, Reason> {
        let now = Instant::now();
        let mut next = now + limits.shortest(closing);
        let mut check = |since: Instant, limit: Duration, reason| {
            next = next.min(since + limit);
            (since + limit > now).then_some(()).ok_or(reason)
        };
        let since = self.since.get();
        if !self.is_idle() {
            let oldest = if self.is_http2() {
                self.waiting().iter().min().copied()
            } else {
                Some(since)
            };
            oldest.map_or(Ok(()), |since| check(since, limits.exchange, Reason::Exchange))?;
            if self.unread() > 0 || self.blocked.load(RELAXED) {
                check(self.progressed.get(), limits.stall, Reason::Stall)?;
            }
        } else if closing {
            check(since, limits.linger, Reason::Idle)?;
        } else if !self.begun.load(RELAXED) {
            check(since, limits.first_request, Reason::FirstRequest)?;
        } else if self.head.load(RELAXED) {
            check(since, limits.header, Reason::Header)?;
        } else {
            check(since, limits.idle, Reason::Idle)?;
        }
        Ok(next)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in flight: from its head until the peer has read the response. Each part of a response has a clone.
#[derive(Debug)]
pub(super) struct Exchange(Arc<Activity>);

impl Exchange {
    fn new(activity: Arc<Activity>) -> Self {
        activity.exchanges.fetch_add(1, RELAXED);
        Self(activity)
    }

    /// A part of the response waits to be read. Returns since when.
    pub(super) fn wait(&self, bytes: usize) -> Instant {
        let since = Instant::now();
        if self.0.unread.fetch_add(bytes, RELAXED) == 0 {
            self.0.progressed.set_to(since);
        }
        if self.0.is_http2() {
            self.0.waiting().push(since);
        }
        since
    }

    /// The peer has read some of a part.
    pub(super) fn progress(&self) {
        self.0.progressed.set();
    }

    /// A part that waited since `since` is read, or given up.
    pub(super) fn end(&self, bytes: usize, since: Instant) {
        self.0.unread.fetch_sub(bytes, RELAXED);
        if self.0.is_http2() {
            let mut waiting = self.0.waiting();
            if let Some(place) = waiting.iter().position(|other| *other == since) {
                waiting.swap_remove(place);
            }
        }
    }
}

impl Clone for Exchange {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.0))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // Before the count: who sees no exchange sees since when. HTTP/2's end on several threads.
        if self.0.is_http2() || self.0.exchanges.load(RELAXED) == 1 {
            self.0.since.set();
        }
        self.0.exchanges.fetch_sub(1, Ordering::Release);
    }
}

/// A time that several threads set and read.
#[derive(Debug)]
struct Stamp {
    base: Instant,
    micros: AtomicU64,
}

impl Stamp {
    fn set(&self) {
        self.set_to(Instant::now());
    }

    fn set_to(&self, time: Instant) {
        let micros = time.duration_since(self.base).as_micros();
        self.micros
            .store(u64::try_from(micros).unwrap_or(u64::MAX), RELAXED);
    }

    fn get(&self) -> Instant {
        self.base + Duration::from_micros(self.micros.load(RELAXED))
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self {
            base: Instant::now(),
            micros: AtomicU64::new(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

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
    async fn whatever_begins_is_checked_in_time() {
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
}
