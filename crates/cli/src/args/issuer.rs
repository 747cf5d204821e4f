//! `tenantry issuer …`

use clap::Subcommand;

use super::service::PageArgs;

/// What to do with issuers.
#[derive(Debug, Subcommand)]
pub enum IssuerCommand {
    /// List the issuers whose tokens the instance that answers accepts, with the state of their keys.
    List {
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
}
