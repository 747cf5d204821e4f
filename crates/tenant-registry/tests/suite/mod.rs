//! What any engine has to do.

mod cancellation;
mod failures;
mod neighbours;
mod outdated;
mod pools;
mod sessions;
pub(crate) mod support;
mod transactions;
mod unavailable;
