//! `tenantry tenant …`

use admin_types::Tenant;
use clap::{ArgGroup, Args, Subcommand};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::examples;
use super::limit::{GivenLimit, plan_limit, plan_name, tenant_limit};
use super::service::{FollowArgs, PageArgs};
use super::values::{EntityTag, GraceHours, id, metadata, one_of};
use crate::client::IdOrName;

/// What to do with tenants. A TENANT is an id or a name.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant. With the id and the name of one whose creation was interrupted: complete it.
    #[command(after_help = examples::TENANT_CREATE)]
    Create(CreateArgs),
    /// List tenants in the order of their creation.
    #[command(after_help = examples::TENANT_LIST)]
    List {
        /// Only those in this state.
        #[arg(long, value_parser = one_of(Tenant::STATES))]
        state: Option<String>,
        /// Only those whose names begin with this text; case matters.
        #[arg(long, value_name = "TEXT")]
        name_prefix: Option<String>,
        /// Only the one with this id in another system.
        #[arg(long, value_name = "ID")]
        external_id: Option<String>,
        /// Only those with this plan.
        #[arg(long, value_parser = plan_name)]
        plan: Option<String>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a tenant.
    Show {
        /// Its id or name.
        tenant: IdOrName,
    },
    /// Change the given fields of a tenant.
    #[command(after_help = examples::TENANT_CHANGE, override_usage = "tenantry tenant change <TENANT> [OPTIONS]")]
    Change(ChangeArgs),
    /// Refuse a tenant from now on, on every instance, and end its sessions.
    Suspend(TransitionArgs),
    /// Serve a suspended tenant again.
    Resume(TransitionArgs),
    /// Delete a tenant: it is refused from now on and purged when its grace period is over. Until then it can be
    /// undeleted.
    #[command(after_help = examples::TENANT_DELETE)]
    Delete {
        /// Which tenant, and whether to wait.
        #[command(flatten)]
        transition: TransitionArgs,
        /// How long its data is kept, in whole hours, such as 36h or 30d; with 0h it is purged at once. 7d by default.
        #[arg(long, value_name = "DURATION")]
        grace: Option<GraceHours>,
        /// Do not ask. Required if standard input is no terminal.
        #[arg(long)]
        yes: bool,
    },
    /// Bring a deleted tenant back to where it was.
    Undelete(TransitionArgs),
    /// Remove a deleted tenant's rows, roles and credentials before its grace period is over. This cannot be undone.
    #[command(after_help = examples::TENANT_PURGE)]
    Purge {
        /// Which tenant, and whether to wait.
        #[command(flatten)]
        transition: TransitionArgs,
        /// Do not ask. Required if standard input is no terminal.
        #[arg(long)]
        yes: bool,
    },
}

/// A new tenant.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name, unique among tenants: 1 to 100 characters, and no UUID.
    pub name: String,
    /// Its id, a UUID. A random one by default.
    #[arg(long, value_parser = id)]
    pub id: Option<Uuid>,
    /// Its id in another system, unique among tenants: 1 to 200 characters.
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Notes of your own: a JSON object of at most 16 KiB, or @FILE with one.
    #[arg(long, value_name = "JSON", value_parser = metadata)]
    pub metadata: Option<Box<RawValue>>,
    /// The most connections that it may hold, 1 to 62. The service's setting by default.
    #[arg(long, value_name = "NUMBER")]
    pub max_connections: Option<u32>,
    /// Of the connections that it has opened, how many are kept for it.
    #[arg(long, value_name = "NUMBER")]
    pub reserved_connections: Option<u32>,
    /// Its plan; the plan default without it.
    #[arg(long, value_parser = plan_name)]
    pub plan: Option<String>,
    /// A limit in place of its plan's: its name, and a number or none. May be repeated.
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = plan_limit)]
    pub limits: Vec<GivenLimit>,
    /// Whether to wait for it.
    #[command(flatten)]
    pub follow: FollowArgs,
}

/// A tenant whose state changes.
#[derive(Debug, Args)]
pub struct TransitionArgs {
    /// Its id or name.
    pub tenant: IdOrName,
    /// Only if the tenant is still at this version, which `tenant show` shows.
    #[arg(long, value_name = "TAG")]
    pub if_match: Option<EntityTag>,
    /// Whether to wait for it.
    #[command(flatten)]
    pub follow: FollowArgs,
}

/// Changes of a tenant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("fields").required(true).multiple(true).args([
    "name", "external_id", "no_external_id", "metadata", "max_connections", "no_max_connections", "reserved_connections",
    "plan", "limits",
]))]
pub struct ChangeArgs {
    /// Its id or name.
    pub tenant: IdOrName,
    /// Its name: 1 to 100 characters, and no UUID.
    #[arg(long)]
    pub name: Option<String>,
    /// Its id in another system: 1 to 200 characters.
    #[arg(long, value_name = "ID", conflicts_with = "no_external_id")]
    pub external_id: Option<String>,
    /// Remove its id in another system.
    #[arg(long)]
    pub no_external_id: bool,
    /// Notes of your own, which replace the old ones: a JSON object of at most 16 KiB, or @FILE with one.
    #[arg(long, value_name = "JSON", value_parser = metadata)]
    pub metadata: Option<Box<RawValue>>,
    /// The most connections that it may hold, 1 to 62.
    #[arg(long, value_name = "NUMBER", conflicts_with = "no_max_connections")]
    pub max_connections: Option<u32>,
    /// Back to the service's setting for the most connections.
    #[arg(long)]
    pub no_max_connections: bool,
    /// Of the connections that it has opened, how many are kept for it.
    #[arg(long, value_name = "NUMBER")]
    pub reserved_connections: Option<u32>,
    /// Its plan.
    #[arg(long, value_parser = plan_name)]
    pub plan: Option<String>,
    /// A limit in place of its plan's: its name, and a number, none for no limit, or plan for its plan's. May be repeated.
    /// Limits that are not given stay as they are.
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = tenant_limit)]
    pub limits: Vec<GivenLimit>,
    /// Only if the tenant is still at this version, which `tenant show` shows; * for any version. By default the version
    /// that is read right before the change.
    #[arg(long, value_name = "TAG")]
    pub if_match: Option<EntityTag>,
}
