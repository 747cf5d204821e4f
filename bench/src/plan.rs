//! Plan of a run: its scenarios, the programs that they need, and about how long each takes.

use std::fmt;
use std::path::Path;

use anyhow::bail;

use crate::cli::RunArgs;
use crate::context::Context;
use crate::programs::Program;
use crate::progress;
use crate::scenarios::{Entry, FULL, SCENARIOS};
use crate::text::duration;

/// Scenarios in the order in which they run.
pub(crate) struct Plan {
    entries: Vec<&'static Entry>,
    /// Whether rounds are few and short.
    pub(crate) quick: bool,
    /// Programs that are left out.
    pub(crate) without: Vec<Program>,
}

/// A scenario's turn.
pub(crate) struct Step {
    pub(crate) entry: &'static Entry,
    number: usize,
    steps: usize,
    /// Seconds, of this one and of all that follow.
    takes: u64,
    left: u64,
}

impl Plan {
    /// From the command line: the scenarios that are named, else the quick set.
    pub(crate) fn new(arguments: &RunArgs) -> Self {
        let quick_set = arguments.names.is_empty();
        let entries = if quick_set {
            SCENARIOS.iter().filter(|entry| entry.quick_set).collect()
        } else {
            chosen(&arguments.names)
        };
        let mut plan = Self {
            entries,
            quick: arguments.quick || quick_set,
            without: arguments.without.clone(),
        };
        if quick_set {
            let missing = |program: &Program| program.is_optional() && program.find(None).is_err();
            // PostgreSQL's own programs are found beside its server, once that runs.
            let missing: Vec<Program> = plan
                .programs()
                .into_iter()
                .filter(|program| *program != Program::Pgbench && missing(program))
                .collect();
            plan.without.extend(missing);
        }
        plan
    }

    /// What the scenarios run, without what is left out, each once.
    fn programs(&self) -> Vec<Program> {
        let all = self.entries.iter().flat_map(|entry| entry.programs);
        let mut programs: Vec<Program> = all
            .copied()
            .filter(|program| !self.without.contains(program))
            .collect();
        programs.sort_unstable();
        programs.dedup();
        programs
    }

    /// Looks for every program before anything is measured.
    ///
    /// # Errors
    /// When one is missing; all that are missing are named.
    pub(crate) fn check(&self, context: &Context) -> anyhow::Result<()> {
        let mut missing = Vec::new();
        for program in self.programs() {
            let found = match program {
                // Beside the server, which does not run yet.
                Program::Pgbench => continue,
                Program::Tenantry => context.services().map(drop),
                other => context.program(other).map(drop),
            };
            missing.extend(found.err().map(|error| error.to_string()));
        }
        if missing.is_empty() {
            return Ok(());
        }
        bail!("{}", missing.join("\n       "))
    }

    /// Says what will be done.
    pub(crate) fn announce(&self, out: &Path) {
        let total: u64 = self.steps().map(|step| step.takes).sum();
        let kind = if self.quick {
            "in short rounds, whose figures are not to be quoted"
        } else {
            "at full length"
        };
        progress::say(format_args!(
            "{} scenarios, about {}, {kind}:",
            self.entries.len(),
            duration(total)
        ));
        for step in self.steps() {
            let scenario = step.entry.scenario;
            let takes = duration(step.takes);
            progress::say(format_args!(
                "  {:<13}{takes:>7}  {}",
                scenario.name, scenario.summary
            ));
        }
        if !self.without.is_empty() {
            let names: Vec<&str> = self.without.iter().map(|program| program.name()).collect();
            progress::say(format_args!("Comparisons left out: {}.", names.join(", ")));
        }
        progress::say(format_args!(
            "The report will be {}.",
            out.join("report.html").display()
        ));
    }

    /// One scenario after the other.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let takes = |entry: &Entry| if self.quick { entry.quick } else { entry.full };
        self.entries.iter().enumerate().map(move |(place, entry)| Step {
            entry,
            number: place + 1,
            steps: self.entries.len(),
            takes: takes(entry),
            left: self.entries[place..].iter().map(|entry| takes(entry)).sum(),
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenario = self.entry.scenario;
        let (takes, left) = (duration(self.takes), duration(self.left));
        write!(
            f,
            "[{}/{}] {}: {} (about {takes}; about {left} left)",
            self.number, self.steps, scenario.name, scenario.summary
        )
    }
}

/// The scenarios of these names, each once, in this order.
fn chosen(names: &[String]) -> Vec<&'static Entry> {
    let mut chosen: Vec<&'static Entry> = Vec::new();
    for name in names {
        let meant = SCENARIOS
            .iter()
            .filter(|entry| name == FULL || name == entry.scenario.name);
        for entry in meant {
            if !chosen
                .iter()
                .any(|there| there.scenario.name == entry.scenario.name)
            {
                chosen.push(entry);
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn plan(arguments: &[&str]) -> Plan {
        let arguments = std::iter::once("bench").chain(arguments.iter().copied());
        Plan::new(&Cli::try_parse_from(arguments).unwrap().run)
    }

    #[test]
    fn each_scenario_runs_once() {
        let names = |asked: &[&str]| -> Vec<&str> {
            plan(asked)
                .entries
                .iter()
                .map(|entry| entry.scenario.name)
                .collect()
        };
        assert_eq!(names(&["logins", "hit", "logins"]), ["logins", "hit"]);
        assert_eq!(names(&["hit", "full"]).len(), SCENARIOS.len());
    }

    #[test]
    fn the_quick_set_is_short_and_needs_little() {
        let plan = plan(&[]);
        assert!(plan.quick);
        let total: u64 = plan.steps().map(|step| step.takes).sum();
        assert!((60..300).contains(&total), "{total} s");
        let needed: Vec<Program> = plan
            .programs()
            .into_iter()
            .filter(|program| !program.is_optional())
            .collect();
        assert_eq!(needed, [Program::Tenantry, Program::Wrk]);
    }

    #[test]
    fn missing_programs_are_reported_before_anything_runs() {
        let plan = plan(&["service", "--binary", "/nowhere"]);
        let context = Context::new(true, None, Vec::new(), Some("/nowhere".into()));
        let error = plan.check(&context).unwrap_err().to_string();
        assert!(
            error.contains("--without tenantry") && error.contains("--binary"),
            "{error}"
        );
    }
}
