//! `tenantry admin-token …`

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cli::{Expiry, expiry};
use control_plane::Role;

/// What to do with tokens of the admin plane.
#[derive(Debug, Subcommand)]
pub enum AdminTokenCommand {
    /// Create a token and print it, once: only its hash is kept. Writes to the control store itself, since the first
    /// token has to come from somewhere.
    Create {
        /// Its name, by which the audit log shows it.
        name: String,
        /// What it may do.
        #[arg(long, value_parser = role())]
        role: Role,
        /// When it ends: RFC 3339 such as 2027-01-31T12:00:00Z, or a duration from now such as 90d. Never by default.
        #[arg(long, value_name = "WHEN", value_parser = expiry)]
        expires: Option<Expiry>,
        /// Print the token and all that is stored of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// What to do with tokens that exist.
    #[command(flatten)]
    Service(cli::AdminTokenCommand),
}

fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(|name| {
        let role = Role::ALL.into_iter().find(|role| role.as_str() == name);
        role.ok_or("none of the possible values")
    })
}
