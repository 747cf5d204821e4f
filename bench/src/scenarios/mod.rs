//! The scenarios.

mod asking;
mod budgeted;
mod fair;
mod handover;
mod hit;
mod logins;
mod memory;
mod neighbour;
mod past;
mod provision;
mod service;
mod storm;
mod uniform;

use crate::context::Context;
use crate::run::Outcome;

/// Stands for every scenario.
pub(crate) const ALL: &str = "all";

/// Something that is measured.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What is asked, in a line.
    pub(crate) summary: &'static str,
    /// How it is answered, for the report.
    pub(crate) method: &'static str,
    pub(crate) run: fn(&Context) -> anyhow::Result<Outcome>,
}

/// All of them, in the order in which `all` runs them: those that need few tenants first, since tenants that were made
/// for one are there for all that follow.
pub(crate) const SCENARIOS: &[Scenario] = &[
    hit::SCENARIO,
    logins::SCENARIO,
    service::SCENARIO,
    neighbour::SCENARIO,
    storm::SCENARIO,
    past::SCENARIO,
    handover::SCENARIO,
    fair::SCENARIO,
    uniform::SCENARIO,
    memory::SCENARIO,
    provision::SCENARIO,
];
