//! The lifecycle of tenants: creation, changes, transitions, and the operations that carry them out.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod login_fault;
mod operation_runner;
mod purge;
pub(crate) mod reconciler;
pub(crate) mod started;
mod step_error;
mod steps;
mod upkeep;
