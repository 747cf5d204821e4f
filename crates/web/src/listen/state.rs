//! What is known of a connection, and when that has lasted too long.

use tokio::time::Instant;

use super::{Limits, unsent::Answers};

/// All that is known of a connection.
#[derive(Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) since: Instant,
    pub(super) http2: bool,
    /// A write waits for the peer to read.
    pub(super) stalled: Option<Instant>,
    /// The last request's body was not read to its end.
    pub(super) unread: bool,
    pub(super) answers: Answers,
    /// What it was asked to end for.
    pub(super) asked: Option<Overdue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
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
    /// Another connection needs the place.
    Place,
    /// Others need the memory that its answers take.
    Memory,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Fresh,
            since: Instant::now(),
            http2: false,
            stalled: None,
            unread: false,
            answers: Answers::default(),
            asked: None,
        }
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }

    /// Neither a request nor an answer is under way. Half a head is no request: nothing was begun for it.
    pub(super) fn is_idle(&self) -> bool {
        !matches!(self.phase, Phase::Busy(_)) && self.stalled.is_none() && self.answers.oldest().is_none()
    }

    /// When what will be overdue. `None` for HTTP/2's requests in flight: each has its own timer, as a
    /// connection that is never idle may be older than any of its requests.
    pub(super) fn until(&self, limits: &Limits) -> (Option<Instant>, Overdue) {
        if let Some(asked) = self.asked {
            return (Some(self.since), asked);
        }
        let (until, what) = match self.phase {
            Phase::Fresh => (Some(self.since + limits.first_request), Overdue::FirstRequest),
            Phase::Head => (Some(self.since + limits.header), Overdue::Header),
            Phase::Idle => (Some(self.since + limits.idle), Overdue::Idle),
            Phase::Busy(_) if self.http2 => (None, Overdue::Exchange),
            Phase::Busy(_) => (Some(self.since + limits.exchange), Overdue::Exchange),
        };
        // HTTP/2: an answer whose window is closed stalls with no write that waits, and once h2 has taken it no
        // other timer knows of it.
        let stalled = [self.stalled, self.answers.stalled()]
            .into_iter()
            .flatten()
            .map(|since| (since + limits.stall, Overdue::Stall));
        let unsent = self
            .answers
            .oldest()
            .map(|since| (since + limits.exchange, Overdue::Exchange));
        let first = stalled.chain(unsent).min_by_key(|(due, _)| *due);
        match first {
            Some((due, why)) if until.is_none_or(|until| due < until) => (Some(due), why),
            _ => (until, what),
        }
    }
}
