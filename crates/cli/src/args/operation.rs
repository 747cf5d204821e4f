//! `tenantry operation …`

use std::time::Duration;

use admin_types::Operation;
use clap::Subcommand;
use uuid::Uuid;

use super::service::{FollowArgs, PageArgs};
use super::values::{id, one_of, wait_time};
use crate::client::IdOrName;

/// What to do with operations.
#[derive(Debug, Subcommand)]
pub enum OperationCommand {
    /// List operations, the latest first.
    List {
        /// Only this tenant's: its id or name.
        #[arg(long)]
        tenant: Option<IdOrName>,
        /// Only those in this state.
        #[arg(long, value_parser = one_of(Operation::STATES))]
        state: Option<String>,
        /// Only those of this kind.
        #[arg(long, value_parser = one_of(Operation::KINDS))]
        kind: Option<String>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show an operation and how far it is. Rows that a process removed right before it was killed are not counted.
    Show {
        /// Its id.
        #[arg(value_parser = id)]
        operation: Uuid,
    },
    /// Wait until an operation has ended.
    Wait {
        /// Its id.
        #[arg(value_parser = id)]
        operation: Uuid,
        /// Stop waiting after this time. The operation goes on.
        #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = wait_time)]
        wait_timeout: Duration,
    },
    /// Retry a failed operation now, not at the end of its backoff.
    Retry {
        /// Its id.
        #[arg(value_parser = id)]
        operation: Uuid,
        /// Whether to wait for it.
        #[command(flatten)]
        follow: FollowArgs,
    },
}
