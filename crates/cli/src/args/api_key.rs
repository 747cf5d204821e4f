//! `tenantry api-key …`

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use uuid::Uuid;

use super::examples;
use super::service::PageArgs;
use super::values::{Expiry, end, expiry, id};
use crate::client::IdOrName;

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub enum ApiKeyCommand {
    /// Create a key of a tenant and show it, once: only its hash is kept.
    #[command(after_help = examples::API_KEY_CREATE)]
    Create {
        /// The tenant's id or name.
        tenant: IdOrName,
        /// Its name, such as the system that uses it.
        name: String,
        /// When it ends: RFC 3339 such as 2027-01-31T12:00:00Z, or a duration from now such as 90d. Never by default.
        #[arg(long, value_name = "WHEN", value_parser = expiry)]
        expires: Option<Expiry>,
        /// What it allows: read, write, or both by a comma. Both by default.
        #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
        scope: Vec<ApiKeyScope>,
    },
    /// List keys, the latest first.
    List {
        /// Only this tenant's: its id or name.
        #[arg(long)]
        tenant: Option<IdOrName>,
        /// Only keys that begin with this text; finds the owner of a key. Its first 16 characters suffice: no more are sent.
        #[arg(long, value_name = "TEXT")]
        prefix: Option<String>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a key, without its secret.
    Show {
        /// Its id.
        #[arg(value_parser = id)]
        key: Uuid,
    },
    /// Set when a key ends.
    #[command(after_help = examples::API_KEY_EXPIRE)]
    Expire {
        /// Its id.
        #[arg(value_parser = id)]
        key: Uuid,
        /// When: RFC 3339, a duration from now such as 24h, now, or never.
        #[arg(value_parser = end)]
        when: Expiry,
    },
    /// End a key now, for good.
    Revoke {
        /// Its id.
        #[arg(value_parser = id)]
        key: Uuid,
    },
}

/// What an API key allows on the tenant plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ApiKeyScope {
    /// To read.
    Read,
    /// To create, change and delete.
    Write,
}
