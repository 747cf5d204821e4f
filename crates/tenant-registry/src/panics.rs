//! Panics of code that the registry was given, caught where it is called.
//!
//! A permit, an opening or the sentinel must not go with a panic of the source, of a closure or of a pool.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;

/// Counts panics, by `code`: what panicked.
pub(crate) const PANICS: &str = "tenantry.registry.panics";

/// What panicked.
#[derive(Debug, thiserror::Error)]
#[error("the code of the {0} panicked")]
pub(crate) struct Panicked(&'static str);

/// The future's output, unless it panics.
pub(crate) async fn caught<T>(code: &'static str, work: impl Future<Output = T>) -> Result<T, Panicked> {
    let caught = AssertUnwindSafe(work).catch_unwind().await;
    caught.map_err(|_| panicked(code))
}

/// What this returns, unless it panics.
pub(crate) fn caught_call<T>(code: &'static str, call: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| panicked(code))
}

/// Counts it and says so in the log; the panic's own text was written by the process's panic hook.
pub(crate) fn panicked(code: &'static str) -> Panicked {
    metrics::counter!(PANICS, "code" => code).increment(1);
    tracing::error!(code, "panic caught");
    Panicked(code)
}
