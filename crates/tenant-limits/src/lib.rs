//! How much each tenant may: rate, concurrency, time and size of its requests.
//!
//! A plan is a named set of [`RequestLimits`]; a tenant has a plan, and may override single values of it. This crate knows
//! neither HTTP nor where the plans are kept.

mod overrides;
mod request_limits;

pub use self::overrides::{Override, Overrides};
pub use self::request_limits::{LimitError, RequestLimits};
