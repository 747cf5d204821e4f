//! A run: scenarios one after the other, their tables, the report.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::chart::Chart;
use crate::cli::RunArgs;
use crate::context::Context;
use crate::figure::Figure;
use crate::load::LoadSummary;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::progress;
use crate::report::{self, Report, Settings};
use crate::scenarios::Scenario;
use crate::text;

/// What a scenario came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) figures: Vec<Figure>,
    pub(crate) charts: Vec<Chart>,
    /// The requests of each contender.
    pub(crate) loads: Vec<LoadSummary>,
    /// What a reader of the figures must know, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Says what it will do, runs it, prints each scenario's table when it is through, and writes the report.
///
/// # Errors
/// When a program is missing, before anything runs. The first scenario that cannot be measured ends the run; what was
/// measured before it is reported all the same.
pub(crate) fn run(arguments: RunArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let plan = Plan::new(&arguments);
    let context = Context::new(
        plan.quick,
        arguments.seconds,
        plan.without.clone(),
        arguments.binary.clone(),
    );
    plan.check(&context)?;
    plan.announce(&arguments.out);
    let mut measured = Vec::new();
    let mut failure = None;
    for step in plan.steps() {
        progress::say(&step);
        let scenario = step.entry.scenario;
        match (scenario.run)(&context) {
            Ok(outcome) => {
                let outcome = named(outcome, scenario);
                text::table(out, scenario, &outcome)?;
                out.flush()?;
                measured.push(report::Measured::new(scenario, outcome));
            }
            Err(error) => {
                failure = Some(error.context(format!("scenario {}", scenario.name)));
                break;
            }
        }
    }
    let report = Report {
        machine: Machine::inspect(&context),
        settings: Settings {
            quick: plan.quick,
            seconds: arguments.seconds,
            without: plan.without,
            commit: arguments.commit,
            remark: arguments.remark,
        },
        scenarios: measured,
    };
    if !report.scenarios.is_empty() {
        let written = report.write(&arguments.out, arguments.json.as_deref())?;
        progress::say(format_args!("written: {}", paths(&written)));
    }
    failure.map_or(Ok(()), Err).context("not all was measured")
}

fn named(mut outcome: Outcome, scenario: &Scenario) -> Outcome {
    for figure in &mut outcome.figures {
        scenario.name.clone_into(&mut figure.scenario);
    }
    outcome
}

fn paths(written: &[PathBuf]) -> String {
    let paths: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}
