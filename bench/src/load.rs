//! Load generators and their tallies.

mod closed;
mod http;
mod new_connections;
mod open;
mod pgbench;
mod pgbouncer;
mod summary;
mod tally;
mod wrk;

pub(crate) use closed::{Client, DRAIN_TIMEOUT, closed, closed_within};
pub(crate) use http::HttpClient;
pub(crate) use new_connections::NewConnections;
pub(crate) use open::open;
pub(crate) use pgbench::Pgbench;
pub(crate) use pgbouncer::PgBouncer;
pub(crate) use summary::{Latencies, LoadSummary};
pub(crate) use tally::Tally;
pub(crate) use wrk::{Wrk, WrkRound};
