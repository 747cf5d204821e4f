//! `tenantry pool …`

use clap::Subcommand;

use super::arguments::TenantRef;
use super::service::PageArgs;

/// What to do with pools.
#[derive(Debug, Subcommand)]
pub enum PoolCommand {
    /// Show the budget and list the pools of the instance that answers.
    List {
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a tenant's pool.
    Show {
        /// The tenant's id or name.
        tenant: TenantRef,
    },
    /// Close a tenant's pool when nobody holds it any more, and forget why it failed. The next request opens it anew.
    Evict {
        /// The tenant's id or name.
        tenant: TenantRef,
    },
    /// Open a tenant's pool before anybody asks for it.
    Warm {
        /// The tenant's id or name.
        tenant: TenantRef,
    },
}
