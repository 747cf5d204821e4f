//! Panics of callbacks and other code from outside the crate, caught at the call and counted.
//!
//! Such a panic must not lose a permit, an opening or a background task.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;

/// Counter of panics, labelled by `code`: the code that panicked.
pub const PANICS: &str = "tenantry.registry.panics";

/// The code that panicked.
#[derive(Debug, thiserror::Error)]
#[error("{0} panicked")]
pub struct Panicked(&'static str);

/// Awaits the future, and catches its panic.
pub async fn caught<T>(code: &'static str, work: impl Future<Output = T>) -> Result<T, Panicked> {
    let caught = AssertUnwindSafe(work).catch_unwind().await;
    caught.map_err(|_| panicked(code))
}

/// Calls the function, and catches its panic.
pub fn caught_call<T>(code: &'static str, call: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| panicked(code))
}

/// Counts and logs a panic. The process's panic hook has written its message.
pub fn panicked(code: &'static str) -> Panicked {
    metrics::counter!(PANICS, "code" => code).increment(1);
    tracing::error!(code, "panic caught");
    Panicked(code)
}
