//! `tenantry operation …`

use std::time::Duration;

use clap::Subcommand;
use control_plane::{OperationKind, OperationState};
use uuid::Uuid;

use super::arguments::{TenantRef, id, patience};
use super::choices;
use super::service::{FollowArgs, PageArgs};

/// What to do with operations.
#[derive(Debug, Subcommand)]
pub enum OperationCommand {
    /// List operations, the latest first.
    List {
        /// Only this tenant's: its id or name.
        #[arg(long)]
        tenant: Option<TenantRef>,
        /// Only those in this state.
        #[arg(long, value_parser = choices::operation_state())]
        state: Option<OperationState>,
        /// Only those of this kind.
        #[arg(long, value_parser = choices::operation_kind())]
        kind: Option<OperationKind>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show an operation and how far it is. Of rows removed those are counted that were noted: where a process was killed
    /// in between, there were more.
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
        /// How long it is waited for. It goes on after that, unwatched.
        #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = patience)]
        wait_timeout: Duration,
    },
    /// Have an operation that failed try again now, instead of when its pause is over.
    Retry {
        /// Its id.
        #[arg(value_parser = id)]
        operation: Uuid,
        /// Whether it is waited for.
        #[command(flatten)]
        follow: FollowArgs,
    },
}
