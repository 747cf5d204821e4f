//! The admin plane: tenants, their keys and pools, operations, tokens and health, for operators and probes.
//!
//! [`plane()`] routes a request; everything but the probes is behind a bearer token ([`auth`]) and says which role it
//! needs (`routes`). [`tenants`] leads tenants through their lives by the control plane, and [`operations`] shows how
//! far it is; [`api_keys`] are those of their callers, [`pools`] what this replica has open for them; [`tokens`] are who
//! else may call here, [`audit`] what they did, which `attempts` sees to where no change does; `idempotency` runs once
//! what is sent again; [`doctor`] examines whether tenants are kept apart; [`health`] answers probes.

pub mod api_keys;
mod attempts;
pub mod audit;
pub mod auth;
mod created;
pub mod doctor;
pub mod health;
mod idempotency;
pub mod operations;
pub mod plane;
pub mod pools;
mod revision;
mod routes;
mod shown_once;
mod store_failed;
pub mod tenants;
pub mod tokens;

pub use auth::AdminAuth;
pub use health::Health;
pub use plane::plane;
