//! The admin plane: tenants, tokens and health, for operators and probes.
//!
//! [`plane()`] routes a request; everything but the probes is behind a bearer token ([`auth`]) and says which role it
//! needs (`routes`); [`tenants`] creates, lists and shows tenants through the control plane; [`tokens`] are who else
//! may call; `idempotency` runs a request that is sent again once;
//! [`audit`] shows what they did, which `attempts` sees to where no change does; [`health`] answers probes.

mod attempts;
pub mod audit;
pub mod auth;
pub mod health;
mod idempotency;
pub mod plane;
mod routes;
mod shown_once;
mod store_failed;
pub mod tenants;
pub mod tokens;

pub use auth::AdminAuth;
pub use health::Health;
pub use plane::plane;
