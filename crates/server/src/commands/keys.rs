//! `tenantry keys`

use std::path::Path;

use anyhow::Context as _;
use cli::output;
use crypto::{KekId, KeyRing};

use crate::args::local::KeysCommand;

/// Creates a key ring. Needs no configuration.
pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    let KeysCommand::Generate { file } = command;
    generate(&file)
}

fn generate(file: &Path) -> anyhow::Result<()> {
    let id = KekId::random().context("the operating system gave no random bytes")?;
    let ring = KeyRing::generate(id, None).context("the operating system gave no random bytes")?;
    ring.save_new(file)?;
    let (file, key) = (file.display(), ring.current());
    output::line(format_args!(
        "{file} holds the key {key}; without it every tenant's password is lost"
    ))?;
    Ok(())
}
