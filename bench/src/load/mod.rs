//! Load, and what it came to.

mod closed;
mod open;
mod pgbench;
mod pgbouncer;
mod tally;
mod wrk;

pub(crate) use closed::{Client, closed};
pub(crate) use open::open;
pub(crate) use pgbench::Pgbench;
pub(crate) use pgbouncer::PgBouncer;
pub(crate) use tally::Tally;
pub(crate) use wrk::Wrk;
