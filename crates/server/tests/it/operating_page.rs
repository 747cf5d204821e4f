//! docs/operating.md and the other pages with commands: what they say is what the code says.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use admin::NotReady;
use clap::Parser as _;
use config::{Inputs, Purpose, load};
use server::args::Cli;
use server::reserve;

/// Pages whose shell blocks have commands of ours.
const PAGES: [&str; 4] = ["database", "development", "from-the-actix-template", "operating"];

/// Further pages whose links are checked.
const LINKED: [&str; 4] = ["budget", "configuration", "isolation", "production"];

fn page(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    fs::read_to_string(docs.join(name).with_extension("md")).unwrap()
}

#[test]
fn every_reason_not_to_be_ready_has_an_entry() {
    let page = page("operating");
    let (_, begun) = page.split_once("<!-- readiness:begin -->\n").unwrap();
    let (table, _) = begun.split_once("<!-- readiness:end -->\n").unwrap();
    let rows: Vec<_> = table
        .lines()
        .skip(2)
        .map(|row| row.split('`').nth(1).unwrap())
        .collect();
    assert_eq!(rows, NotReady::ALL.map(|reason| reason.code().name()));
    for code in rows {
        assert!(page.contains(&format!("\n### `{code}`\n")), "no entry for {code}");
        assert!(
            table.contains(&format!("(#{})", code.to_lowercase())),
            "no link to {code}"
        );
    }
}

/// The cells of the table between two markers.
fn rows(page: &str, name: &str) -> Vec<Vec<String>> {
    let (_, begun) = page.split_once(&format!("<!-- {name}:begin -->\n")).unwrap();
    let (table, _) = begun.split_once(&format!("<!-- {name}:end -->\n")).unwrap();
    let cells = |line: &str| line.split(" | ").map(str::to_owned).collect();
    table.lines().skip(2).map(cells).collect()
}

/// What is in the first backticks.
fn quoted(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap()
}

#[test]
fn its_runbook_has_codes_of_the_api() {
    let known = page("api");
    for row in rows(&page("operating"), "runbook") {
        let (status, code) = (row[0].trim_start_matches("| "), quoted(&row[0]));
        let line = format!("| {} | `{code}` |", &status[..3]);
        assert!(known.contains(&line), "{line}");
    }
}

/// Whether a line in the sources logs this message at this level.
fn is_logged(directory: &Path, level: &str, message: &str) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_logged(&path, level, message);
        }
        if path.extension() != Some(OsStr::new("rs")) {
            return false;
        }
        let source = fs::read_to_string(&path).unwrap();
        let (macro_call, message) = (format!("{level}!("), format!("\"{message}\""));
        let mut events = source.split(&macro_call).skip(1);
        events.any(|event| event.split(");").next().unwrap().contains(&message))
    })
}

#[test]
fn its_alerts_are_messages_of_the_log() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let alerts = rows(&page("operating"), "alerts");
    assert!(alerts.len() >= 8, "{alerts:#?}");
    for row in alerts {
        let (message, level) = (quoted(&row[0]), row[1].to_lowercase());
        assert!(is_logged(&crates, &level, message), "{level}: {message}");
    }
}

#[test]
fn an_instance_uses_as_many_connections_as_the_page_counts() {
    let settings = load(&Inputs::default(), Purpose::Client).unwrap().settings;
    let (shared, apart) = (reserve::own(&settings, true), reserve::own(&settings, false));
    let page = page("operating");
    let row = format!(
        "| each instance uses for itself | {shared} ({apart} where the control store is on another server) |"
    );
    assert!(page.contains(&row), "{row}");
    // A default PostgreSQL, less what superusers and migrations have.
    let (two, three) = ((97 - 2 * shared - 3) / 2, (97 - 3 * shared - 3) / 3);
    assert!(page.contains(&format!("| on each: `registry.max_connections` | {two} |")));
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes/base/kustomization.yaml");
    let base = fs::read_to_string(base).unwrap();
    assert!(base.contains(&format!("TENANTRY_REGISTRY__MAX_CONNECTIONS={three}\n")));
    assert!(page.contains(&format!("/ 3 is {three},")));
}

/// The words of a command, as a shell makes them of its line.
fn words(line: &str) -> Vec<String> {
    let script = format!("set -- {line}\nprintf '%s\\0' \"$@\"");
    let shell = Command::new("sh").args(["-euc", &script]).output().unwrap();
    assert!(shell.status.success(), "{line}: {shell:?}");
    let words = String::from_utf8(shell.stdout).unwrap();
    words.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn the_commands_of_the_pages_are_commands() {
    for name in PAGES {
        let page = page(name);
        let mut found = BTreeSet::new();
        for block in page.split("```sh\n").skip(1) {
            let block = block.split_once("```\n").unwrap().0.replace("\\\n", "");
            for line in block.lines() {
                // In a subshell, after what it sets; and before what reads it.
                let line = line.trim_start_matches('(').rsplit("; ").next().unwrap();
                let line = line.trim_end_matches(')');
                let line = line.split(" | ").next().unwrap().split(" > ").next().unwrap();
                if line.starts_with("tenantry ") {
                    Cli::try_parse_from(words(line))
                        .unwrap_or_else(|error| panic!("{name}: {line}: {error}"));
                    found.insert(line.to_owned());
                }
            }
        }
        assert!(!found.is_empty(), "{name} has no commands");
    }
}

#[test]
fn the_links_of_the_pages_lead_somewhere() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for name in PAGES.into_iter().chain(LINKED) {
        let page = page(name);
        for target in page.split("](").skip(1) {
            let target = target.split_once(')').unwrap().0;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if file.starts_with("http") {
                continue;
            }
            let text = if file.is_empty() {
                page.clone()
            } else if docs.join(file).is_dir() {
                continue;
            } else {
                fs::read_to_string(docs.join(file))
                    .unwrap_or_else(|error| panic!("{name}: {target}: {error}"))
            };
            let there = text.lines().filter(|line| line.starts_with('#')).any(|line| {
                let title = line.trim_start_matches('#').trim().to_lowercase();
                let kept = title
                    .chars()
                    .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
                kept.collect::<String>().replace(' ', "-") == anchor
            });
            assert!(anchor.is_empty() || there, "{name}: {target}");
        }
    }
}
