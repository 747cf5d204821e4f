//! PostgreSQL sessions of a pool, for pools of several kinds over sqlx.
//!
//! | | |
//! |---|---|
//! | [`session`] | start-up options of a session and their check, in the round trip that gives its process id |
//! | [`Failure`] | the kind of a query's error, by SQLSTATE |
//! | [`Refusal`], [`ConnectFailure`] | why a pool gave no connection |
//! | [`prepared`] | statements invalidated by a schema change, prepared again |
//! | [`Checkout`], [`ConnectionState`] | a checked-out connection, and the state in which it is given back |
//! | [`bounded_pings`], [`bounded_return`] | pings of a `PgPool`'s connections, with a timeout |
//! | [`explain_pooling`] | detection of transaction poolers in front of PostgreSQL |
//! | [`panics`] | panics of callbacks, caught and counted |
//!
//! The common base of [`connection-budget`](https://docs.rs/connection-budget) and
//! [`tenant-registry`](https://docs.rs/tenant-registry)

mod checkout;
mod connect_failure;
mod connection_limit;
mod failure;
pub mod panics;
mod pings;
mod pool;
mod pooling;
pub mod prepared;
mod refusal;
pub mod session;
mod statement_timed_out;

pub use checkout::{Checkout, ConnectionState, Parts};
pub use connect_failure::ConnectFailure;
pub use connection_limit::ConnectionLimit;
pub use failure::Failure;
pub use pings::{bounded_pings, bounded_return};
pub use pool::{Closed, LoginTrouble, PoolSnapshot};
pub use pooling::{TransactionPooling, explain_pooling};
pub use refusal::Refusal;
pub use session::{BypassReason, SessionRefused, SessionSettings};
pub use statement_timed_out::StatementTimedOut;

/// The README's example runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
