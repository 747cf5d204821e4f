//! `tenantry audit …`

use clap::{Args, Subcommand};
use control_plane::Outcome;

use super::arguments::{Past, TenantRef};
use super::choices;
use super::service::PageArgs;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List entries, the newest first. A narrow screen leaves columns out, which --json has.
    List(AuditArgs),
}

/// Which entries.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Only what was done to this tenant: its id or name.
    #[arg(long)]
    pub tenant: Option<TenantRef>,
    /// Only what was done under this name.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Only this action, such as tenant.suspend.
    #[arg(long)]
    pub action: Option<String>,
    /// Only what ended so.
    #[arg(long, value_parser = choices::outcome())]
    pub outcome: Option<Outcome>,
    /// Not before: RFC 3339, or so long ago, such as 24h.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Past>,
    /// Before: RFC 3339, or so long ago.
    #[arg(long, value_name = "WHEN")]
    pub until: Option<Past>,
    /// Which part.
    #[command(flatten)]
    pub page: PageArgs,
}
