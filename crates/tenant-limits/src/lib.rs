//! How much each tenant may: rate, concurrency, time and size of its requests.
//!
//! A plan is a named set of [`RequestLimits`]; a tenant has a plan, and may override single values of it. [`Limiters`] holds
//! tenants to their rate and concurrency. This crate knows neither HTTP nor where the plans are kept.
//!
//! ```
//! use std::num::NonZeroU32;
//! use tenant_limits::{Limiters, RequestLimits};
//! use uuid::Uuid;
//!
//! let limiters: Limiters = Limiters::default();
//! let limits = RequestLimits { requests_per_second: NonZeroU32::new(1), ..RequestLimits::default() };
//! let tenant = Uuid::from_u128(7);
//! assert!(limiters.admit(tenant, &limits, 1).is_ok());
//! assert!(limiters.admit(tenant, &limits, 1).is_err());
//! ```

mod limiters;
mod overrides;
mod request_limits;
mod usage;

pub use self::limiters::{Limiters, Permit};
pub use self::overrides::{Override, Overrides};
pub use self::request_limits::RequestLimits;
pub use self::usage::{Admission, Concurrency, Rate, Refusal, Usage};
