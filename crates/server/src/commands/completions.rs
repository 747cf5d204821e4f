//! `tenantry completions`

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};
use cli::output;

use crate::args::Cli;

/// Prints what the shell reads. Needs no configuration.
pub(super) fn run(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "tenantry", &mut script);
    output::write(String::from_utf8_lossy(&script))
}
