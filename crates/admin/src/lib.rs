//! The admin plane: HTTP API for operators, and probes.
//!
//! - [`plane()`] is the router, and [`document()`] its description. Every route but the probes needs a bearer token ([`auth`]) and a role (`routes`).
//! - [`tenants`] changes tenants through the control plane, and [`operations`] shows the progress.
//! - [`api_keys`] manages tenants' API keys, and [`pools`] the tenant pools of this replica.
//! - [`issuers`] shows whose JSON Web Tokens are accepted, and the state of their keys.
//! - [`plans`] manages plans: limits of tenants' requests.
//! - [`tokens`] manages tokens of the admin plane.
//! - [`audit`] lists the audit log; `attempts` audits requests that no change has audited.
//! - `idempotency` runs a repeated request once.
//! - [`doctor`] examines tenant isolation, and [`health`] answers probes.

pub mod api_keys;
mod attempts;
pub mod audit;
pub mod auth;
pub mod codes;
mod created;
pub mod describe;
pub mod doctor;
pub mod health;
mod idempotency;
pub mod issuers;
mod limits;
pub mod operations;
mod page;
pub mod plane;
pub mod plans;
pub mod pools;
mod revision;
mod routes;
mod shown_once;
mod store_failed;
pub mod tenants;
pub mod tokens;

pub use auth::AdminAuth;
pub use describe::document;
pub use health::{Health, NotReady};
pub use issuers::Issuers;
pub use plane::plane;

/// Prefix of API keys and admin tokens, by which logs redact them in a path.
pub const SECRET_PREFIX: &str = "tnt_";

#[cfg(test)]
mod tests {
    use control_plane::{AdminToken, ApiKeySecret};

    use super::SECRET_PREFIX;

    #[test]
    fn every_secret_begins_with_the_prefix() {
        assert!(
            ApiKeySecret::generate()
                .unwrap()
                .expose()
                .starts_with(SECRET_PREFIX)
        );
        assert!(
            AdminToken::generate()
                .unwrap()
                .expose()
                .starts_with(SECRET_PREFIX)
        );
    }
}
