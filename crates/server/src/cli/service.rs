//! Flags of all commands that speak to a running service.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are what --help shows, as they stand"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::arguments::patience;
use crate::client::ServiceUrl;

/// Where the running service is, and how it is spoken to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Service")]
pub struct ServiceArgs {
    /// The admin plane's URL, http or https. Without it TENANTRY_ADMIN_URL, else the service that was started in this
    /// folder, else the configured address on this machine.
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<ServiceUrl>,
    /// A file that holds the token. Without it TENANTRY_ADMIN_TOKEN; and for a service on this machine the configured
    /// token, or the one that was made when the service was started in this folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How long an answer is waited for.
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = patience)]
    pub request_timeout: Duration,
    /// Print what the service answered, as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Whether an operation is waited for.
#[derive(Debug, Clone, Copy, Args)]
pub struct FollowArgs {
    /// Print the operation and do not wait until it has ended.
    #[arg(long)]
    pub no_wait: bool,
    /// How long it is waited for. It goes on after that, unwatched.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = patience, conflicts_with = "no_wait")]
    pub wait_timeout: Duration,
}

/// Which part of a list.
#[derive(Debug, Clone, Args)]
pub struct PageArgs {
    /// How many are shown, 1 to 500; 50 unless told. With --all, how many are asked for at once; then 500.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: Option<u16>,
    /// Where to begin: what the page before said.
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
    /// All pages.
    #[arg(long)]
    pub all: bool,
}
