//! The `tenantry` service: wiring, logs, lifecycle and command line.
//!
//! The crate `config` alone reads the environment; everything else takes its [`config::Settings`]. [`app`] assembles
//! the service, for the binary and for tests. [`service`] runs it and shuts it down. [`dev`] generates the resources of
//! the dev profile. [`args`] and [`commands`] add the commands that need no service to those of the crate [`cli`].

mod api_keys;
pub mod app;
pub mod args;
mod clusters;
pub mod codes;
pub mod commands;
pub mod description;
mod descriptors;
pub mod dev;
mod find_service;
mod gate;
mod issuers;
mod plans;
mod pools;
pub mod process;
pub mod reserve;
pub mod service;
pub mod telemetry;
mod tenant_plane;
mod tls;
mod tokens;
