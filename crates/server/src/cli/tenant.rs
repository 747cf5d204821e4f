//! `tenantry tenant …`

use clap::{ArgGroup, Args, Subcommand};
use control_plane::TenantState;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::arguments::{EntityTag, GraceHours, TenantRef, id, metadata};
use super::choices;
use super::examples;
use super::service::{FollowArgs, PageArgs};

/// What to do with tenants. Where a TENANT is named, its id and its name will both do.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant; one that was left half done is gone on with by its id and name.
    #[command(after_help = examples::TENANT_CREATE)]
    Create(CreateArgs),
    /// List tenants in the order of their creation.
    #[command(after_help = examples::TENANT_LIST)]
    List {
        /// Only those in this state.
        #[arg(long, value_parser = choices::tenant_state())]
        state: Option<TenantState>,
        /// Only those whose names begin so, to the letter.
        #[arg(long, value_name = "TEXT")]
        name_prefix: Option<String>,
        /// Only the one with this id in another system.
        #[arg(long, value_name = "ID")]
        external_id: Option<String>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a tenant.
    Show {
        /// Its id or name.
        tenant: TenantRef,
    },
    /// Change what is given and leave the rest as it is.
    #[command(after_help = examples::TENANT_CHANGE, override_usage = "tenantry tenant change <TENANT> [OPTIONS]")]
    Change(ChangeArgs),
    /// Refuse a tenant from now on, on every instance, and end its sessions.
    Suspend(LeadArgs),
    /// Serve a suspended tenant again.
    Resume(LeadArgs),
    /// Delete a tenant: it is refused from now on and purged when its grace period is over. Until then it can be
    /// undeleted.
    #[command(after_help = examples::TENANT_DELETE)]
    Delete {
        /// Which tenant, and whether it is waited for.
        #[command(flatten)]
        lead: LeadArgs,
        /// How long its data is kept, in whole hours, such as 36h or 30d. With 0h it is purged at once.
        #[arg(long, value_name = "DURATION", default_value = "7d")]
        grace: GraceHours,
        /// Do not ask. Needed where standard input is no terminal.
        #[arg(long)]
        yes: bool,
    },
    /// Bring a deleted tenant back to where it was.
    Undelete(LeadArgs),
    /// Remove a deleted tenant's rows, roles and credentials before its time is up. That cannot be undone.
    #[command(after_help = examples::TENANT_PURGE)]
    Purge {
        /// Which tenant, and whether it is waited for.
        #[command(flatten)]
        lead: LeadArgs,
        /// Do not ask. Needed where standard input is no terminal.
        #[arg(long)]
        yes: bool,
    },
}

/// A new tenant.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name, unique among tenants: 1 to 100 characters.
    pub name: String,
    /// Its id, a UUID. One is made unless told.
    #[arg(long, value_parser = id)]
    pub id: Option<Uuid>,
    /// Its id in another system, unique among tenants: 1 to 200 characters.
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// What you note of it: a JSON object of at most 16 KiB, or @FILE with one.
    #[arg(long, value_name = "JSON", value_parser = metadata)]
    pub metadata: Option<Map<String, Value>>,
    /// The most connections that it may hold, 1 to 62. The service's default unless told.
    #[arg(long, value_name = "NUMBER")]
    pub max_connections: Option<u32>,
    /// The connections that nobody else gets.
    #[arg(long, value_name = "NUMBER")]
    pub reserved_connections: Option<u32>,
    /// Whether it is waited for.
    #[command(flatten)]
    pub follow: FollowArgs,
}

/// A tenant that is led to another state.
#[derive(Debug, Args)]
pub struct LeadArgs {
    /// Its id or name.
    pub tenant: TenantRef,
    /// Only if the tenant is still at this version, which `tenant show` shows.
    #[arg(long, value_name = "TAG")]
    pub if_match: Option<EntityTag>,
    /// Whether it is waited for.
    #[command(flatten)]
    pub follow: FollowArgs,
}

/// What is changed of a tenant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("fields").required(true).multiple(true).args([
    "name", "external_id", "no_external_id", "metadata", "max_connections", "no_max_connections", "reserved_connections",
]))]
pub struct ChangeArgs {
    /// Its id or name.
    pub tenant: TenantRef,
    /// Its name: 1 to 100 characters.
    #[arg(long)]
    pub name: Option<String>,
    /// Its id in another system: 1 to 200 characters.
    #[arg(long, value_name = "ID", conflicts_with = "no_external_id")]
    pub external_id: Option<String>,
    /// It has no id in another system any more.
    #[arg(long)]
    pub no_external_id: bool,
    /// What you note of it, all of it: a JSON object of at most 16 KiB, or @FILE with one.
    #[arg(long, value_name = "JSON", value_parser = metadata)]
    pub metadata: Option<Map<String, Value>>,
    /// The most connections that it may hold, 1 to 62.
    #[arg(long, value_name = "NUMBER", conflicts_with = "no_max_connections")]
    pub max_connections: Option<u32>,
    /// It may hold as many connections as the service's default says.
    #[arg(long)]
    pub no_max_connections: bool,
    /// The connections that nobody else gets.
    #[arg(long, value_name = "NUMBER")]
    pub reserved_connections: Option<u32>,
    /// Only if the tenant is still at this version, which `tenant show` shows; * for whatever there is. Unless told, the
    /// version that is read right before.
    #[arg(long, value_name = "TAG")]
    pub if_match: Option<EntityTag>,
}
