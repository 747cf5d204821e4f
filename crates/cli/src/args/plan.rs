//! `tenantry plan …`

use clap::{ArgGroup, Args, Subcommand};

use super::examples;
use super::limit::{GivenLimit, plan_limit, plan_name};
use super::service::PageArgs;
use super::values::EntityTag;

/// What to do with plans.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// List plans in the order of their names.
    List {
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a plan.
    Show {
        /// Its name.
        #[arg(value_parser = plan_name)]
        plan: String,
    },
    /// Create a plan.
    #[command(after_help = examples::PLAN_CREATE)]
    Create {
        /// Its name, which never changes: 1 to 40 characters of a to z, 0 to 9 and -.
        #[arg(value_parser = plan_name)]
        plan: String,
        /// What it is for: at most 500 characters.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// A limit: its name, and a number or none. May be repeated. Limits that are not given are none.
        #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = plan_limit)]
        limits: Vec<GivenLimit>,
    },
    /// Change the given fields of a plan. Its tenants have the new limits within a second.
    #[command(after_help = examples::PLAN_CHANGE, override_usage = "tenantry plan change <PLAN> [OPTIONS]")]
    Change(ChangePlanArgs),
    /// Delete a plan that no tenant has.
    Delete {
        /// Its name.
        #[arg(value_parser = plan_name)]
        plan: String,
        /// Only if the plan is still at this version, which `plan show` shows.
        #[arg(long, value_name = "TAG")]
        if_match: Option<EntityTag>,
    },
}

/// Changes of a plan.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("fields").required(true).multiple(true).args(["description", "limits"]))]
pub struct ChangePlanArgs {
    /// Its name.
    #[arg(value_parser = plan_name)]
    pub plan: String,
    /// What it is for: at most 500 characters.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A limit: its name, and a number or none. May be repeated. Limits that are not given stay as they are.
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = plan_limit)]
    pub limits: Vec<GivenLimit>,
    /// Only if the plan is still at this version, which `plan show` shows; * for any version. By default the version
    /// that is read right before the change.
    #[arg(long, value_name = "TAG")]
    pub if_match: Option<EntityTag>,
}
