//! docs/commands.md names every command, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use server::args::Cli;

/// The commands of the binary, such as `tenant list` and `migrate`.
fn commands() -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    for noun in Cli::command().get_subcommands() {
        let verbs: Vec<&Command> = noun.get_subcommands().collect();
        if verbs.is_empty() {
            commands.insert(noun.get_name().to_owned());
        }
        for verb in verbs {
            commands.insert(format!("{} {}", noun.get_name(), verb.get_name()));
        }
    }
    commands
}

/// The commands in the first column of the page's table, whose alternatives are separated by `\|`.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = fs::read_to_string(page).unwrap();
    let nouns = Cli::command();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let mut documented = BTreeSet::new();
    for row in rows {
        // The texts in backquotes, without the name of the binary.
        let cell = row.split(" | ").next().unwrap();
        for command in cell.split('`').skip(1).step_by(2) {
            let command = command.strip_prefix("tenantry").unwrap_or(command).trim();
            let mut words = command.split_whitespace();
            let Some(noun) = words.next() else { continue };
            let declared = nouns.find_subcommand(noun).unwrap_or_else(|| panic!("{noun}"));
            if declared.has_subcommands() {
                let verbs = words.next().unwrap().split("\\|");
                documented.extend(verbs.map(|verb| format!("{noun} {verb}")));
            } else {
                documented.insert(noun.to_owned());
            }
        }
    }
    documented
}

#[test]
fn the_page_names_every_command_and_no_other() {
    assert_eq!(documented(), commands());
}
