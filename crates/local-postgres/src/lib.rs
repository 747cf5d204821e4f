//! Finds, starts and stops a private PostgreSQL server for development and tests.
//!
//! Both kinds of server listen on a free loopback port and accept SCRAM passwords only:
//!
//! - [`LocalPostgres`] keeps its data in a directory. One process owns it at a time and stops it. When the owner is
//!   killed, the server runs on and the next owner adopts it.
//! - [`EphemeralPostgres`] lives for one test process and leaves nothing behind, not even when that process is
//!   killed.
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
//! Every call blocks: asynchronous callers wrap it in a blocking task.
//!
//! PostgreSQL refuses to run as root, so root runs it as an unprivileged account. Any other user runs it as itself.

#[cfg(not(unix))]
compile_error!("local-postgres needs unix signals, accounts and file modes");

mod account;
mod command;
#[cfg(feature = "download")]
mod download;
mod endpoint;
mod ephemeral;
mod error;
mod files;
mod guarded_directory;
mod initdb;
mod installation;
mod local;
mod lock;
mod log_file;
mod obtain;
mod options;
mod password;
mod poll;
mod postmaster;
mod search;
mod server_directory;
mod step;
mod version;

#[cfg(feature = "download")]
pub use download::{Download, DownloadError};
pub use endpoint::Endpoint;
pub use ephemeral::EphemeralPostgres;
pub use error::Error;
pub use local::LocalPostgres;
pub use options::Options;
pub use search::Search;
pub use step::Step;
pub use version::Version;
