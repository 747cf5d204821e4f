//! Bytes of answers that their peers have not taken yet.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::Bytes;
use hyper::body::Buf;
use tokio::{sync::Notify, time::Instant};

use super::activity::Activity;

/// Over all connections of a listener.
#[derive(Debug)]
pub(super) struct Total {
    bytes: AtomicUsize,
    limit: usize,
    over: Notify,
}

impl Total {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes: AtomicUsize::new(0),
            limit,
            over: Notify::new(),
        })
    }

    pub(super) fn add(&self, bytes: usize) {
        // A sum and no more: nothing else is read by it.
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit {
            self.over.notify_one();
        }
    }

    pub(super) fn take(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Until there are more than may be.
    pub(super) async fn over(&self) {
        self.over.notified().await;
    }
}

/// Those of one connection.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By when they began. Rarely more than one, and it keeps its room: no allocation per answer.
    waiting: Vec<(u64, Instant)>,
    next: u64,
    bytes: usize,
    progressed: Option<Instant>,
}

impl Answers {
    pub(super) fn begin(&mut self, bytes: usize) -> u64 {
        let (id, now) = (self.next, Instant::now());
        if self.waiting.is_empty() {
            self.progressed = Some(now);
        }
        self.next += 1;
        self.bytes += bytes;
        self.waiting.push((id, now));
        id
    }

    pub(super) fn progressed(&mut self) {
        self.progressed = Some(Instant::now());
    }

    pub(super) fn end(&mut self, id: u64, bytes: usize) {
        if let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == id) {
            self.waiting.remove(place);
            self.bytes -= bytes;
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Since when the first of them waits.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.waiting.first().map(|(_, since)| *since)
    }

    /// Since when none of them has got on.
    pub(super) fn stalled(&self) -> Option<Instant> {
        self.progressed.filter(|_| !self.waiting.is_empty())
    }
}

/// A piece of an answer, counted until hyper has written it: it is dropped only then, wherever it waits, be it
/// for the socket or for one of HTTP/2's windows.
pub(super) struct Unsent {
    bytes: Bytes,
    whole: usize,
    id: u64,
    activity: Arc<Activity>,
}

impl Unsent {
    pub(super) fn new(bytes: Bytes, activity: &Arc<Activity>) -> Self {
        let whole = bytes.len();
        Self {
            bytes,
            whole,
            id: activity.sending(whole),
            activity: Arc::clone(activity),
        }
    }
}

impl Buf for Unsent {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.activity.progressed();
    }

    /// Without a copy.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        self.bytes.copy_to_bytes(count)
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.activity.sent(self.id, self.whole);
    }
}
