//! `config/default.toml` and the README's table of keys, compared with the declaration of the keys.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use config::{self, Key, Purpose};

use crate::{PRODUCTION, file, variables};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// The key that a line sets, be it commented out, and whether it is.
fn assignment(line: &str) -> Option<(&str, bool)> {
    let bare = line.trim_start_matches("# ");
    let (name, _) = bare.split_once(" = ")?;
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.'));
    (is_name && !name.is_empty()).then_some((name, bare != line))
}

/// Every key of `default.toml` in its order, with whether a comment stands right above it.
fn listed() -> Vec<(String, bool)> {
    let (mut section, mut above, mut keys) = ("", "", Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((name, _)) = assignment(line) {
            let commented = above.starts_with("# ") && assignment(above).is_none();
            keys.push((format!("{section}.{name}"), commented));
        }
        above = line;
    }
    keys
}

#[test]
fn default_toml_explains_exactly_the_keys_there_are() {
    let listed = listed();
    let known: Vec<String> = Key::all().iter().map(ToString::to_string).collect();
    let names: Vec<&String> = listed.iter().map(|(name, _)| name).collect();
    assert_eq!(names, known.iter().collect::<Vec<_>>());
    for (name, commented) in listed {
        assert!(commented, "{name} has no comment above it in default.toml");
    }
}

#[test]
fn keys_and_their_variables_are_unambiguous() {
    let mut variables = HashSet::new();
    for key in Key::all() {
        assert_eq!(Key::find(&key.to_string()), Some(key));
        assert!(variables.insert(key.variable()), "{key}");
        if key.is_secret() {
            let file = key.file_form().expect("every secret has a _file form");
            assert_eq!(file.to_string(), format!("{key}_file"));
            assert_eq!(Key::find(&file.to_string()), Some(&file));
        } else {
            assert_eq!(key.file_form(), None);
        }
    }
}

/// Every example that is commented out in `default.toml` is valid without its `# `. The secrets'
/// are left out, since their files are not there, as is `[dev]`, which production refuses.
#[test]
fn the_examples_of_default_toml_are_valid() {
    let mut text = String::new();
    for line in DEFAULTS.lines().take_while(|line| *line != "[dev]") {
        let is_example = matches!(assignment(line), Some((name, true)) if
            !["token", "password", "bootstrap"].iter().any(|secret| name.contains(secret)));
        text += if is_example {
            line.trim_start_matches("# ")
        } else {
            line
        };
        text += "\n";
    }
    let (_folder, mut inputs) = file("production.toml", &text);
    let variables = PRODUCTION.into_iter().filter(|(name, _)| !name.ends_with("HOST"));
    inputs.environment = config::Environment::of(variables);
    let loaded = config::load(&inputs, Purpose::Serve).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(
        loaded.settings.control_store.cluster.host.as_deref(),
        Some("control.db.internal")
    );
}

/// Rows of Markdown tables in the README and in docs that begin with a key: its names, and the cell behind them.
fn documented() -> Vec<(Vec<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut rows = Vec::new();
    for page in pages.chain([root.join("README.md")]) {
        for line in fs::read_to_string(page).unwrap().lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, names, default, ..] = cells[..] else {
                continue;
            };
            let names: Vec<&str> = names.split(", ").map(|name| name.trim_matches('`')).collect();
            let Some((section, name)) = names[0].split_once('.') else {
                continue;
            };
            // Not the file `dev.rs`.
            if name != "rs" && Key::all().iter().any(|key| key.section() == section) {
                let first = [names[0].to_owned()].into_iter();
                let others = names[1..].iter().map(|name| format!("{section}.{name}"));
                rows.push((first.chain(others).collect(), default.to_owned()));
            }
        }
    }
    rows
}

#[test]
fn the_documented_keys_exist_and_have_these_defaults() {
    let report = config::check(&variables([("TENANTRY_PROFILE", "production")]), Purpose::Serve);
    let rows = documented();
    assert!(rows.len() > 10, "{rows:?}");
    for (names, defaults) in rows {
        let values = names.iter().map(|name| {
            let row = report.keys.iter().find(|row| row.key == *name);
            row.unwrap_or_else(|| panic!("the documented key {name} does not exist"))
                .value
                .clone()
        });
        let Some(values) = values.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let values = values.iter().map(|value| value.to_string().replace('"', ""));
        assert_eq!(values.collect::<Vec<_>>().join(", "), defaults, "{names:?}");
    }
}
