//! `tenantry api-key …`

use clap::Subcommand;
use control_plane::Expiry;
use uuid::Uuid;

use super::arguments::{TenantRef, end, expiry, id};
use super::examples;
use super::service::PageArgs;

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub enum ApiKeyCommand {
    /// Make a key of a tenant and show it, once: only its hash is kept.
    #[command(after_help = examples::API_KEY_CREATE)]
    Create {
        /// Whose: the tenant's id or name.
        tenant: TenantRef,
        /// What for.
        name: String,
        /// When it ends: RFC 3339 such as 2027-01-31T12:00:00Z, or a duration from now such as 90d. Never unless told.
        #[arg(long, value_name = "WHEN", value_parser = expiry)]
        expires: Option<Expiry>,
    },
    /// List keys, the latest first.
    List {
        /// Only this tenant's: its id or name.
        #[arg(long)]
        tenant: Option<TenantRef>,
        /// Only those that begin so: whose key is this?
        #[arg(long, value_name = "TEXT")]
        prefix: Option<String>,
        /// Which part.
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show what is kept of a key.
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
    /// Refuse a key from now on, for good.
    Revoke {
        /// Its id.
        #[arg(value_parser = id)]
        key: Uuid,
    },
}
