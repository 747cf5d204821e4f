//! The scenarios, and how long each takes.

mod asking;
mod budgeted;
mod connections;
mod doors;
mod fair;
mod growth;
mod handover;
mod hit;
mod limits;
mod logins;
mod memory;
mod neighbour;
mod overload;
mod past;
mod provision;
mod service;
mod sides;
mod storm;
mod template;
mod tls;
mod uniform;

use crate::context::Context;
use crate::programs::Program::{self, Openssl, Pgbench, Pgbouncer, Tenantry, Wrk};
use crate::run::Outcome;

/// Stands for every scenario.
pub(crate) const FULL: &str = "full";

/// Something that is measured.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What is asked, in a line.
    pub(crate) summary: &'static str,
    /// How it is answered, for the report.
    pub(crate) method: &'static str,
    pub(crate) run: fn(&Context) -> anyhow::Result<Outcome>,
}

/// A scenario's place in a run.
pub(crate) struct Entry {
    pub(crate) scenario: &'static Scenario,
    /// Whether it is part of the quick set.
    pub(crate) quick_set: bool,
    /// Seconds on two cores, with optimisation.
    pub(crate) full: u64,
    /// The same in a quick run.
    pub(crate) quick: u64,
    pub(crate) programs: &'static [Program],
}

impl Entry {
    const fn new(scenario: &'static Scenario, full: u64, quick: u64, programs: &'static [Program]) -> Self {
        Self {
            scenario,
            quick_set: false,
            full,
            quick,
            programs,
        }
    }

    const fn in_quick_set(mut self) -> Self {
        self.quick_set = true;
        self
    }
}

/// All of them, in the order in which they run: those that need few tenants first, since tenants that were made for one
/// are there for all that follow.
pub(crate) const SCENARIOS: &[Entry] = &[
    Entry::new(&hit::SCENARIO, 35, 10, &[]).in_quick_set(),
    Entry::new(&logins::SCENARIO, 80, 20, &[Pgbench, Openssl]),
    Entry::new(&service::SCENARIO, 440, 75, &[Tenantry, Wrk, Openssl]).in_quick_set(),
    Entry::new(&connections::SCENARIO, 130, 50, &[Tenantry, Wrk]).in_quick_set(),
    Entry::new(&tls::SCENARIO, 60, 20, &[Tenantry, Wrk]),
    Entry::new(&overload::SCENARIO, 60, 30, &[Tenantry]),
    Entry::new(&doors::SCENARIO, 75, 15, &[]),
    Entry::new(&limits::SCENARIO, 60, 15, &[]),
    Entry::new(&neighbour::SCENARIO, 140, 20, &[]).in_quick_set(),
    Entry::new(&storm::SCENARIO, 20, 10, &[]),
    Entry::new(&past::SCENARIO, 170, 25, &[Pgbouncer]).in_quick_set(),
    Entry::new(&handover::SCENARIO, 15, 10, &[]),
    Entry::new(&fair::SCENARIO, 110, 15, &[]),
    Entry::new(&uniform::SCENARIO, 300, 30, &[Pgbench, Pgbouncer, Openssl]),
    Entry::new(&growth::SCENARIO, 330, 60, &[Pgbouncer]).in_quick_set(),
    Entry::new(&memory::SCENARIO, 120, 20, &[]),
    Entry::new(&provision::SCENARIO, 70, 15, &[]),
];
