//! Resources that the dev profile generates in `dev.state_dir`: a private PostgreSQL, passwords, a key ring, an admin
//! token, demo tenants with an API key each.

mod banner;
mod postgres;
mod progress;
mod run_file;
mod seed;
mod start_marker;
mod state;

pub use banner::Banner;
pub use postgres::{PrivatePostgres, options};
pub use run_file::{RunFile, refuse_beside_dev};
pub use seed::{DemoTenant, seed};
pub use start_marker::StartMarker;
pub use state::StateDir;
