//! The commands that call a running service: their arguments, the client of the admin plane, and the output.
//!
//! `args` declares the commands for clap, `client` calls the admin plane, `output` prints results, and
//! `commands` joins the three. The binary adds the commands that need no service, and finds the service: [`run`] is
//! told its [`Target`].

mod args;
mod client;
mod commands;
mod exit;
pub mod output;
pub mod text;

pub use self::args::{AdminTokenCommand, Command, DevCommand, Expiry, ServiceArgs, expiry};
pub use self::client::{ClientError, ClientTls, IdOrName, PemFile, ServiceUrl, Target};
pub use self::commands::{NotExamined, exit_code, run, run_admin_token, run_dev, show_examination};
