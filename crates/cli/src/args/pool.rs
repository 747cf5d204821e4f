//! `tenantry pool …`

use clap::{Subcommand, ValueEnum};

use super::service::PageArgs;
use crate::client::IdOrName;

/// What to do with pools.
#[derive(Debug, Subcommand)]
pub enum PoolCommand {
    /// Show the budget and list the pools of the instance that answers.
    List {
        /// Sort by this column, of all pools; names in alphabetical order, numbers from the largest down. By default in
        /// the order of tenants' ids.
        #[arg(long, value_name = "COLUMN", conflicts_with = "cursor")]
        sort: Option<PoolOrder>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a tenant's pool.
    Show {
        /// The tenant's id or name.
        tenant: IdOrName,
    },
    /// Close a tenant's pool after its last lease, and forget why it failed. The next request opens it again.
    Evict {
        /// The tenant's id or name.
        tenant: IdOrName,
    },
    /// Open a tenant's pool ahead of its first request.
    Warm {
        /// The tenant's id or name.
        tenant: IdOrName,
    },
}

/// The order of pools in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PoolOrder {
    /// The tenants' names.
    Tenant,
    /// Requests that hold the pool.
    Leases,
    /// Connections.
    Size,
    /// Connections in use.
    InUse,
    /// Requests that wait for a connection.
    Waiting,
    /// Time since the last use.
    Unused,
}
