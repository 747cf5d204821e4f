//! Flags of all commands that call a service.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::wait_time;
use crate::client::{Paging, ServiceUrl};

/// Where the service is, and how to call it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Service")]
pub struct ServiceArgs {
    /// The admin plane's URL, http or https. Without it TENANTRY_ADMIN_URL, else the service that was started in this
    /// folder, else the configured address on this machine.
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<ServiceUrl>,
    /// A file that holds the token, and that only its owner and group can read. Without it TENANTRY_ADMIN_TOKEN; and for a service on this machine the configured
    /// token, or the one that was made when the service was started in this folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A file of PEM certificates: the authorities that may have signed the service's. Without it TENANTRY_ADMIN_CA_FILE,
    /// else those that this machine trusts.
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// A file with your certificate in PEM, for a service that asks for one, followed by those between it and its
    /// authority. Without it TENANTRY_ADMIN_CLIENT_CERT_FILE.
    #[arg(long, global = true, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// A file with the private key of that certificate in PEM, which only its owner and group can read. Without it
    /// TENANTRY_ADMIN_CLIENT_KEY_FILE.
    #[arg(long, global = true, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Time limit for an answer.
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = wait_time)]
    pub request_timeout: Duration,
    /// Print the answer of the service as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Whether to wait for an operation.
#[derive(Debug, Clone, Copy, Args)]
pub struct FollowArgs {
    /// Print the operation and do not wait for its end.
    #[arg(long)]
    pub no_wait: bool,
    /// Stop waiting after this time. The operation goes on.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = wait_time, conflicts_with = "no_wait")]
    pub wait_timeout: Duration,
}

/// Which part of a list.
#[derive(Debug, Clone, Args)]
pub struct PageArgs {
    /// Items to show, 1 to 500; 50 by default. With --all, items in each request; 500 by default.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: Option<u16>,
    /// Where to begin: the cursor that the page before ended with.
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
    /// All pages.
    #[arg(long)]
    pub all: bool,
}

impl PageArgs {
    /// What the client asks for.
    pub(crate) fn paging(self) -> Paging {
        let Self { limit, cursor, all } = self;
        Paging { limit, cursor, all }
    }
}
