//! The report of a run: JSON, pages with charts as HTML and as Markdown, and CSV in `JMeter`'s columns.

mod axis;
mod bars;
mod chart;
mod jmeter;
mod markdown;
mod page;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::chart::Chart;
use crate::figure::Figure;
use crate::load::LoadSummary;
use crate::machine::Machine;
use crate::programs::Program;
use crate::run::Outcome;
use crate::scenarios::Scenario;

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    pub(crate) scenarios: Vec<Measured>,
}

/// How the run was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) quick: bool,
    /// Of a round, where the scenario's own length was not wanted.
    pub(crate) seconds: Option<u64>,
    /// Programs that were left out, and with them their comparisons.
    pub(crate) without: Vec<Program>,
    pub(crate) commit: Option<String>,
    pub(crate) remark: Option<String>,
}

impl Settings {
    /// A sentence that warns of a quick run, with a space behind it.
    const fn caution(&self) -> &'static str {
        if self.quick {
            "A quick run, too short to be quoted. "
        } else {
            ""
        }
    }
}

/// One scenario's part.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) method: String,
    pub(crate) figures: Vec<Figure>,
    #[serde(default)]
    pub(crate) charts: Vec<Chart>,
    #[serde(default)]
    pub(crate) loads: Vec<LoadSummary>,
    pub(crate) notes: Vec<String>,
}

impl Measured {
    pub(crate) fn new(scenario: &Scenario, outcome: Outcome) -> Self {
        Self {
            name: scenario.name.to_owned(),
            summary: scenario.summary.to_owned(),
            method: scenario.method.to_owned(),
            figures: outcome.figures,
            charts: outcome.charts,
            loads: outcome.loads,
            notes: outcome.notes,
        }
    }
}

impl Report {
    /// All figures, in the order in which they were had.
    pub(crate) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.scenarios.iter().flat_map(|scenario| &scenario.figures)
    }

    /// How many targets are met, and of how many.
    fn targets(&self) -> (usize, usize) {
        let judged: Vec<bool> = self.figures().filter_map(Figure::judge).collect();
        (judged.iter().filter(|met| **met).count(), judged.len())
    }

    /// Machine, versions and settings, by name.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let (machine, settings) = (&self.machine, &self.settings);
        let mut facts = vec![
            (
                "Machine",
                format!(
                    "{}, {} hardware threads, {} MiB; everything ran on it",
                    machine.processor, machine.threads, machine.memory
                ),
            ),
            (
                "Load",
                format!("{} when the run ended (average of a minute)", machine.load),
            ),
            ("Kernel", machine.kernel.clone()),
            ("Versions", machine.versions.join("; ")),
        ];
        facts.extend(settings.commit.clone().map(|commit| ("Commit", commit)));
        facts.extend(settings.remark.clone().map(|remark| ("Remark", remark)));
        if let Some(seconds) = settings.seconds {
            facts.push(("Length of a round", format!("{seconds} s")));
        }
        if !settings.without.is_empty() {
            let names: Vec<&str> = settings.without.iter().map(|program| program.name()).collect();
            facts.push(("Left out", names.join(", ")));
        }
        facts
    }

    /// Writes report.json, report.html, report.csv, report.md and the charts of the last into the folder, and the JSON
    /// to another file as well.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write(&self, folder: &Path, json: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let text = serde_json::to_string_pretty(self)?;
        let mut files = vec![
            (folder.join("report.json"), text.clone()),
            (folder.join("report.html"), page::render(self)),
            (folder.join("report.csv"), jmeter::render(self)),
        ];
        let markdown = markdown::render(self).into_iter();
        files.extend(markdown.map(|(name, content)| (folder.join(name), content)));
        files.extend(json.map(|file| (file.to_owned(), text)));
        let mut written = Vec::new();
        for (file, content) in files {
            fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
            written.push(file);
        }
        Ok(written)
    }
}

#[cfg(test)]
mod fixture {
    use super::{Measured, Report, Settings};
    use crate::chart::{Chart, Scale, SeriesStyle, Shape};
    use crate::context::Context;
    use crate::figure::Figure;
    use crate::machine::Machine;
    use crate::spread::Spread;

    /// A quick run of one scenario, `growth`, with a chart and these figures.
    pub(super) fn report(figures: Vec<Figure>) -> Report {
        let chart = Chart::new("Grows", "/s", "tenants", Shape::Lines, Scale::Linear)
            .over(["1"])
            .series("Tenantry", SeriesStyle::Tenantry, [Some(Spread::of(&[1.0]))]);
        Report {
            machine: Machine::inspect(&Context::new(true, None, Vec::new(), None)),
            settings: Settings {
                quick: true,
                seconds: None,
                without: Vec::new(),
                commit: None,
                remark: None,
            },
            scenarios: vec![Measured {
                name: "growth".to_owned(),
                summary: "requests a second".to_owned(),
                method: "by turns".to_owned(),
                figures,
                charts: vec![chart],
                loads: Vec::new(),
                notes: Vec::new(),
            }],
        }
    }
}
