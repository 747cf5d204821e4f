//! `tenantry dev …`

use std::str::FromStr;

use clap::{Args, Subcommand};

use crate::client::{ClientError, ServiceUrl};

/// Most users of all tenants together: those that are missing are listed in memory.
const MOST_USERS: u64 = 10_000_000;

const EXAMPLES: &str = "\
Examples:
  tenantry dev seed
  tenantry dev seed --tenants 1000 --users 20 --at-once 16
  tenantry dev seed --url http://test:8081 --tenant-plane http://test:8080 \\
      --token-file ~/.tenantry-token

The tenants are named seed-00001 and so on, their users User 00001 and so on. Existing ones are not changed.";

/// `tenantry dev …`
#[derive(Debug, Subcommand)]
pub enum DevCommand {
    /// Fill a running service with tenants and users, through both planes as clients do. A second run adds only
    /// what is missing.
    #[command(after_help = EXAMPLES)]
    Seed(SeedArgs),
}

/// `tenantry dev seed`
#[derive(Debug, Args)]
pub struct SeedArgs {
    /// Number of tenants.
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=99_999))]
    pub tenants: u32,
    /// Number of users of each tenant.
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=99_999))]
    pub users: u32,
    /// Prefix of the tenants' names.
    #[arg(long, value_name = "TEXT", default_value = "seed")]
    pub prefix: Prefix,
    /// Concurrent requests.
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub at_once: u8,
    /// The tenant plane's URL, http or https. Without it the service that was started in this
    /// folder.
    #[arg(long, value_name = "URL")]
    pub tenant_plane: Option<ServiceUrl>,
}

impl SeedArgs {
    /// # Errors
    /// When that is too many users in all.
    pub(crate) fn check(&self) -> Result<(), ClientError> {
        if u64::from(self.tenants) * u64::from(self.users) > MOST_USERS {
            let wrong = format!("that is more than {MOST_USERS} users in all");
            return Err(ClientError::Usage(wrong));
        }
        Ok(())
    }
}

/// Prefix of tenants' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(pub String);

impl FromStr for Prefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=50).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("not 1 to 50 of a-z, 0-9 and -")
        }
    }
}
