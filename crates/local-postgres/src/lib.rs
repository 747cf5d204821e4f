//! Finds, starts and stops a private PostgreSQL server for development and tests.
//!
//! Two kinds of server, both on a free loopback port, with SCRAM passwords and a password of their own:
//!
//! - [`LocalPostgres`] keeps its data below a directory across runs. One process owns it at a time. It stops with
//!   its owner; when the owner is killed, the next owner adopts the server that was left behind.
//! - [`Ephemeral`] lives for one test process and leaves nothing behind, not even when that process is killed.
//!
//! ```no_run
//! use local_postgres::{LocalPostgres, Options};
//!
//! # fn main() -> Result<(), local_postgres::Error> {
//! let server = LocalPostgres::start(&Options::new(".tenantry/postgres").setting("max_connections", "200"))?;
//! println!("{}:{}", server.endpoint().host(), server.endpoint().port());
//! server.stop()?;
//! # Ok(())
//! # }
//! ```
//!
//! Every call blocks; asynchronous callers wrap it in a blocking task.
//!
//! As root the server runs as an unprivileged account, since PostgreSQL refuses root. As anyone else everything
//! runs as oneself.

#[cfg(not(unix))]
compile_error!("local-postgres needs a unix: PostgreSQL is stopped by signals and kept apart by accounts");

mod account;
mod attach;
mod command;
#[cfg(feature = "download")]
mod download;
mod endpoint;
mod ephemeral;
mod error;
mod files;
mod hex;
mod hint;
mod home;
mod initdb;
mod installation;
mod leash;
mod local;
mod lock;
mod log_file;
mod obtain;
mod options;
mod password;
mod place;
mod poll;
mod postmaster;
mod progress;
mod reset;
mod scratch;
mod search;
mod version;

#[cfg(feature = "download")]
pub use download::{Download, DownloadError};
pub use endpoint::Endpoint;
pub use ephemeral::Ephemeral;
pub use error::Error;
pub use local::LocalPostgres;
pub use options::Options;
pub use progress::{Progress, Step};
pub use search::Search;
pub use version::Version;
