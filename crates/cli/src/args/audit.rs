//! `tenantry audit …`

use admin_types::AuditEntry;
use clap::{Args, Subcommand};

use super::service::PageArgs;
use super::values::{Past, one_of};
use crate::client::IdOrName;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List entries, the newest first. A narrow terminal leaves out columns, which --json has.
    List(AuditArgs),
}

/// Which entries.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Only entries on this tenant: its id or name.
    #[arg(long)]
    pub tenant: Option<IdOrName>,
    /// Only entries of this actor.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Only this action, such as tenant.suspend.
    #[arg(long)]
    pub action: Option<String>,
    /// Only entries with this outcome.
    #[arg(long, value_parser = one_of(AuditEntry::OUTCOMES))]
    pub outcome: Option<String>,
    /// Not before: RFC 3339, or a duration ago, such as 24h.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Past>,
    /// Before: RFC 3339, or a duration ago.
    #[arg(long, value_name = "WHEN")]
    pub until: Option<Past>,
    /// Which part.
    #[command(flatten)]
    pub page: PageArgs,
}
