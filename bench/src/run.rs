//! A run: scenarios one after the other, their tables, the report.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::RunArgs;
use crate::context::Context;
use crate::figure::Figure;
use crate::machine::Machine;
use crate::progress;
use crate::report::{self, Report, Settings};
use crate::scenarios::{ALL, SCENARIOS, Scenario};
use crate::text;

/// What a scenario came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) figures: Vec<Figure>,
    /// What a reader of the figures must know, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Runs what is asked for, prints each scenario's table when it is through, and writes the report.
///
/// # Errors
/// The first scenario that cannot be measured ends the run; what was measured before it is reported all the same.
pub(crate) fn run(arguments: RunArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let context = Context::new(arguments.quick, arguments.seconds, arguments.without.clone());
    let mut measured = Vec::new();
    let mut failure = None;
    for scenario in chosen(&arguments.names) {
        progress::say(format_args!("{}: {}", scenario.name, scenario.summary));
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
        machine: Machine::look(context.started_world()),
        settings: Settings {
            quick: arguments.quick,
            seconds: arguments.seconds,
            without: arguments.without,
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

/// The scenarios of these names, each once, in this order.
fn chosen(names: &[String]) -> Vec<&'static Scenario> {
    let mut chosen: Vec<&'static Scenario> = Vec::new();
    for name in names {
        let meant = SCENARIOS
            .iter()
            .filter(|scenario| name == ALL || name == scenario.name);
        for scenario in meant {
            if !chosen.iter().any(|there| there.name == scenario.name) {
                chosen.push(scenario);
            }
        }
    }
    chosen
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scenario_runs_once() {
        let names = |asked: &[&str]| -> Vec<&str> {
            let asked: Vec<String> = asked.iter().map(|&name| name.to_owned()).collect();
            chosen(&asked).iter().map(|scenario| scenario.name).collect()
        };
        assert_eq!(names(&["logins", "hit", "logins"]), ["logins", "hit"]);
        assert_eq!(names(&["hit", "all"]).len(), SCENARIOS.len());
    }
}
