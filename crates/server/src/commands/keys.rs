//! `tenantry keys`

use std::path::Path;

use anyhow::Context as _;
use crypto::{KekId, KeyRing};

use crate::cli::local::KeysCommand;
use crate::output;

/// Makes a key ring. Needs no configuration.
pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    let KeysCommand::Generate { file } = command;
    generate(&file)
}

fn generate(file: &Path) -> anyhow::Result<()> {
    let id = KekId::random().context("no random bytes")?;
    let ring = KeyRing::generate(id, None).context("no random bytes")?;
    ring.save_new(file)?;
    let (file, key) = (file.display(), ring.current());
    output::line(format_args!(
        "{file} holds the key {key}; whoever loses it loses every tenant's password"
    ))?;
    Ok(())
}
