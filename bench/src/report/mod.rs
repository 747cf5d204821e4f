//! The report: what was measured, on what, how, as JSON and as a page.

mod page;
mod plot;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::figure::Figure;
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

/// One scenario's part.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) method: String,
    pub(crate) figures: Vec<Figure>,
    pub(crate) notes: Vec<String>,
}

impl Measured {
    pub(crate) fn new(scenario: &Scenario, outcome: Outcome) -> Self {
        Self {
            name: scenario.name.to_owned(),
            summary: scenario.summary.to_owned(),
            method: scenario.method.to_owned(),
            figures: outcome.figures,
            notes: outcome.notes,
        }
    }
}

impl Report {
    /// All figures, in the order in which they were had.
    pub(crate) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.scenarios.iter().flat_map(|scenario| &scenario.figures)
    }

    /// Writes report.json and report.html into the folder, and the JSON to another file as well.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write(&self, folder: &Path, json: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let text = serde_json::to_string_pretty(self)?;
        let mut files = vec![
            (folder.join("report.json"), text.clone()),
            (folder.join("report.html"), page::render(self)),
        ];
        files.extend(json.map(|file| (file.to_owned(), text)));
        let mut written = Vec::new();
        for (file, content) in files {
            fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
            written.push(file);
        }
        Ok(written)
    }
}
