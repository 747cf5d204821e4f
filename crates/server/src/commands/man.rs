//! `tenantry man`

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_mangen::{Man, generate_to};

use crate::cli::Cli;
use crate::output;

/// Prints the main page, or writes all of them. Needs no configuration.
pub(super) fn run(dir: Option<&Path>) -> anyhow::Result<()> {
    let Some(dir) = dir else {
        let mut page = Vec::new();
        // It has no page of its own to be pointed to.
        Man::new(Cli::command().disable_help_subcommand(true))
            .render(&mut page)
            .context("the page cannot be made")?;
        return output::write(String::from_utf8_lossy(&page));
    };
    fs::create_dir_all(dir)
        .and_then(|()| generate_to(Cli::command(), dir))
        .with_context(|| format!("cannot write to {}", dir.display()))
}
