//! `tenantry admin-token …`

use clap::Subcommand;
use control_plane::{Expiry, Role};
use uuid::Uuid;

use super::arguments::{expiry, id};
use super::choices;
use super::service::{PageArgs, ServiceArgs};

/// What to do with tokens of the admin plane.
#[derive(Debug, Subcommand)]
pub enum AdminTokenCommand {
    /// Make a token and print it, once: only its hash is kept. Goes to the control store itself, since the first one
    /// has to come from somewhere.
    Create {
        /// Whose it is, or what for: as the audit log names it.
        name: String,
        /// What it may do.
        #[arg(long, default_value = "admin", value_parser = choices::role())]
        role: Role,
        /// When it ends: RFC 3339 such as 2027-01-31T12:00:00Z, or a duration from now such as 90d. Never unless told.
        #[arg(long, value_name = "WHEN", value_parser = expiry)]
        expires: Option<Expiry>,
        /// Print JSON, with all that is kept of the token.
        #[arg(long)]
        json: bool,
    },
    /// List tokens in the order of their making, also those that have ended.
    List {
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Show what is kept of a token.
    Show {
        /// Its id.
        #[arg(value_parser = id)]
        token: Uuid,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// End a token.
    Revoke {
        /// Its id.
        #[arg(value_parser = id)]
        token: Uuid,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
}
