//! `tenantry man`

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use cli::output;

use crate::args::Cli;

/// Prints the main page, or writes all of them. Needs no configuration.
pub(super) fn run(dir: Option<&Path>) -> anyhow::Result<()> {
    // It has no page of its own to be pointed to.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(dir) = dir else {
        let page = page(command).context("the page cannot be made")?;
        return output::write(String::from_utf8_lossy(&page));
    };
    fs::create_dir_all(dir)
        .and_then(|()| write_all(&command, dir))
        .with_context(|| format!("cannot write to {}", dir.display()))
}

fn write_all(command: &Command, dir: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_all(below, dir)?;
    }
    let name = Man::new(command.clone()).get_filename();
    fs::write(dir.join(name), page(command.clone())?)
}

/// What stands below the help is for the eye, line by line: it gets sections of its own, in which nothing is joined.
fn page(command: Command) -> io::Result<Vec<u8>> {
    let below = command.get_after_help().map(ToString::to_string);
    let mut page = Vec::new();
    Man::new(command.after_help(None::<&str>)).render(&mut page)?;
    if let Some(below) = below {
        sections(&below).to_writer(&mut page)?;
    }
    Ok(page)
}

/// A section for each paragraph that begins with a heading; notes for the others.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::default();
    for paragraph in text.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        if let Some(heading) = first.strip_suffix(':') {
            roff.control("SH", [heading.to_uppercase().as_str()]);
            roff.control("nf", []);
            rest.lines().for_each(|line| {
                roff.text([roman(line)]);
            });
            roff.control("fi", []);
        } else {
            roff.control("SH", ["NOTES"]);
            roff.text([roman(paragraph)]);
        }
    }
    roff
}
