//! The `tenantry` service: configuration, logs, lifecycle and command line.
//!
//! [`config`] is the only place that reads the environment; everything else gets what it needs from
//! the [`config::Settings`] that it loads. [`app`] wires the crates together, the same for the service and for
//! tests; [`service`] runs it and stops it; [`dev`] is what `cargo run` makes by itself; [`cli`] and
//! [`commands`] are the command line.

pub mod app;
pub mod cli;
mod client;
mod clusters;
pub mod commands;
pub mod config;
mod descriptors;
pub mod dev;
mod gate;
pub mod output;
mod pools;
pub mod service;
pub mod telemetry;
