//! Loom's primitives, and a `Notify` over them.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

pub(super) use loom::sync::Arc;
use loom::sync::Mutex;
pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};

loom::thread_local! {
    static STRIPE: Cell<usize> = Cell::new(0);
}

/// Lets this thread count in that stripe.
pub(super) fn count_in_stripe(stripe: usize) {
    STRIPE.with(|number| number.set(stripe));
}

pub(super) fn thread_number() -> usize {
    STRIPE.with(Cell::get)
}

pub(super) fn change_stripe() {
    STRIPE.with(|number| number.set(number.get() + 1));
}

/// What entries need of `tokio::sync::Notify`: one waiter, and a permit where none waits yet.
pub(super) struct Notify(Mutex<Notified>);

#[derive(Default)]
struct Notified {
    permit: bool,
    waiter: Option<Waker>,
}

impl Notify {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Notified::default()))
    }

    pub(super) fn notify_one(&self) {
        let waiter = {
            let mut state = self.0.lock().unwrap();
            state.permit = true;
            state.waiter.take()
        };
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    pub(super) async fn notified(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap();
            if std::mem::take(&mut state.permit) {
                return Poll::Ready(());
            }
            state.waiter = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
