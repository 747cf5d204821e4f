//! `tenantry admin-token list`, `show` and `revoke`

use clap::Subcommand;

use super::service::{PageArgs, ServiceArgs};
use crate::client::IdOrName;

/// What to do with tokens that exist.
#[derive(Debug, Subcommand)]
pub enum AdminTokenCommand {
    /// List tokens in the order of their creation, also those that have ended.
    List {
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Show a token, without its secret.
    Show {
        /// Its id or name.
        token: IdOrName,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// End a token.
    Revoke {
        /// Its id or name.
        token: IdOrName,
        /// Where the service is.
        #[command(flatten)]
        service: ServiceArgs,
    },
}

impl AdminTokenCommand {
    /// Where the service is.
    pub(crate) fn service(&self) -> &ServiceArgs {
        match self {
            Self::List { service, .. } | Self::Show { service, .. } | Self::Revoke { service, .. } => service,
        }
    }
}
