//! Panics as log events, with the request in which they happened.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::panic::{self, PanicHookInfo};

/// The most characters of a panic's text.
const LONGEST: usize = 1000;

thread_local! {
    /// Whether this thread logs a panic: a second one meanwhile comes from logging.
    static LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// Logs panics from now on, in place of the standard library's lines on standard error.
pub(super) fn log() {
    let standard = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if LOGGING.replace(true) {
            return standard(panic);
        }
        event(panic);
        LOGGING.set(false);
    }));
}

fn event(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    // Only where RUST_BACKTRACE or RUST_LIB_BACKTRACE asks for one.
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    tracing::error!(
        panic = text(panic.payload()),
        location = panic.location().map(tracing::field::display),
        thread = thread.name(),
        backtrace = captured.then(|| tracing::field::display(&backtrace)),
        "panicked"
    );
}

/// The text of `panic!`, which is a `&str` or a `String`.
fn text(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().copied();
    let text = literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no text").chars().take(LONGEST).collect()
}
