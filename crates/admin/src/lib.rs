//! The admin plane: tenants and health, for operators and probes.
//!
//! [`plane()`] routes a request; everything but the probes is behind a bearer token ([`auth`]); [`tenants`] creates,
//! lists and shows them through the control plane; [`doctor`] examines whether they are kept apart; [`health`] answers
//! probes.

pub mod auth;
pub mod doctor;
pub mod health;
pub mod plane;
pub mod tenants;

pub use auth::AdminAuth;
pub use health::Health;
pub use plane::plane;
