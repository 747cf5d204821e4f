//! Activity of a connection, checked against its time limits.

mod body_progress;
mod exchange;
mod stamp;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering, fence},
    },
    task::Waker,
    time::Duration,
};

use tokio::time::Instant;

use super::Limits;
pub(super) use body_progress::BodyProgress;
pub(super) use exchange::Exchange;
use stamp::Stamp;

const RELAXED: Ordering = Ordering::Relaxed;

/// State that a connection's socket, requests and responses report to its task and to the accept loop. An HTTP/1 request
/// costs a few uncontended atomics and no lock.
#[derive(Debug, Default)]
pub(super) struct Activity {
    http2: AtomicBool,
    /// Whether a request has been received.
    begun: AtomicBool,
    /// Whether the last request had a body.
    has_body: AtomicBool,
    /// HTTP/1: whether the next head has begun.
    head: AtomicBool,
    /// Whether a write waits for the peer to read.
    blocked: AtomicBool,
    /// Requests in flight, and parts of their responses.
    exchanges: AtomicUsize,
    /// Start of the current exchange, head or idle time.
    since: Stamp,
    /// Bytes of responses that the peer has not read.
    unread: AtomicUsize,
    /// Time of the last read by the peer.
    progressed: Stamp,
    /// HTTP/2: start of the wait of each unread part. Once h2 has taken a part, no other timer covers it.
    waiting: Mutex<Vec<Instant>>,
    /// Bodies of requests that a reader waits for.
    bodies: AtomicUsize,
    /// Start of the wait for the first of them, and what has come since.
    body_since: Stamp,
    body_bytes: AtomicUsize,
    /// Asks to close the connection if it is idle when its task is polled.
    pub(super) evict: AtomicBool,
    /// Asks to close the connection if it waits for nothing but a body when its task is polled.
    pub(super) evict_slow: AtomicBool,
    /// Asks to close the connection at once.
    pub(super) cut: AtomicBool,
    /// Asks to close the connection once its requests are answered.
    pub(super) shut_down: AtomicBool,
    task: OnceLock<Waker>,
}

/// Why the listener closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    FirstRequest,
    Header,
    Idle,
    Exchange,
    Stall,
    /// At the limit of connections, a new one replaces it.
    Evicted,
    /// The same, since its request's body comes slowest.
    SlowBody,
    /// Unread responses exceed their memory limit.
    Memory,
    Shutdown,
}

impl Activity {
    /// Bytes were received. On an idle HTTP/1 connection they begin the next head; HTTP/2 sends other frames at any time.
    pub(super) fn received(&self) {
        let between = self.begun.load(RELAXED) && !self.http2.load(RELAXED) && self.is_idle();
        if between && !self.head.swap(true, RELAXED) {
            self.since.set();
        }
    }

    /// A write starts or stops waiting for the peer.
    pub(super) fn set_blocked(&self, blocked: bool) {
        self.progressed.set();
        self.blocked.store(blocked, RELAXED);
    }

    /// A request's head was received.
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

    /// Whether no request or response is in flight. An incomplete head is not a request.
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

    /// Bytes a second of the bodies that its readers wait for, if that is less than the limits ask for. `None` also while any
    /// of its requests waits for something else: it must not be ended for another's body.
    pub(super) fn slow_body(&self, limits: &Limits) -> Option<u128> {
        if !self.waits_for_bodies() {
            return None;
        }
        let waited = Instant::now().duration_since(self.body_since.get());
        if waited < limits.body_grace {
            return None;
        }
        let bytes = self.body_bytes.load(RELAXED) as u128;
        let pace = bytes * 1000 / waited.as_millis().max(1);
        (pace < u128::from(limits.min_body_pace)).then_some(pace)
    }

    /// Whether each of its requests waits for its body.
    fn waits_for_bodies(&self) -> bool {
        let bodies = self.bodies.load(RELAXED);
        bodies > 0 && self.exchanges.load(Ordering::Acquire) <= bodies && !self.blocked.load(RELAXED)
    }

    pub(super) fn unread(&self) -> usize {
        self.unread.load(RELAXED)
    }

    /// Time of the last read by the peer, if responses are unread. `None` also if the connection is being cut.
    pub(super) fn unread_since(&self) -> Option<Instant> {
        (self.unread() > 0 && !self.cut.load(RELAXED)).then(|| self.progressed.get())
    }

    /// Sets the connection's task, which requests to close wake.
    pub(super) fn set_task(&self, waker: &Waker) {
        if self.task.get().is_none() {
            self.task.get_or_init(|| waker.clone());
            // Pairs with the fence in `ask`: either the task sees the request, or the request sees the task.
            fence(Ordering::SeqCst);
        }
    }

    /// Sets a request to close, and wakes the task.
    pub(super) fn ask(&self, what: &AtomicBool) {
        what.store(true, RELAXED);
        fence(Ordering::SeqCst);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// The pending request to close.
    pub(super) fn asked(&self, closing: bool) -> Option<Reason> {
        if self.evict.load(RELAXED) && self.evict.swap(false, RELAXED) && self.is_idle() {
            return Some(Reason::Evicted);
        }
        let slow = self.evict_slow.load(RELAXED) && self.evict_slow.swap(false, RELAXED);
        if slow && self.waits_for_bodies() {
            return Some(Reason::SlowBody);
        }
        if self.cut.load(RELAXED) {
            return Some(Reason::Memory);
        }
        (!closing && self.shut_down.load(RELAXED)).then_some(Reason::Shutdown)
    }

    /// Starts the time that an idle connection may linger.
    pub(super) fn begin_closing(&self) {
        self.since.set();
    }

    /// The exceeded limit, or the time of the next check: at most the shortest limit from now, so that an exchange that
    /// begins meanwhile is checked in time without resetting a timer.
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
