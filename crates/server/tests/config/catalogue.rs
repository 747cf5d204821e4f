//! Holds `default.toml` and the keys that are known together.

use std::collections::HashSet;

use server::config::{self, Key, Kind, Purpose};

use crate::{PRODUCTION, file};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// The key that a line sets, be it commented out, and whether it is.
fn assignment(line: &str) -> Option<(&str, bool)> {
    let bare = line.trim_start_matches("# ");
    let (name, _) = bare.split_once(" = ")?;
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
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
    let known: Vec<String> = Key::all().map(|key| key.to_string()).collect();
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
        if key.kind() == Kind::Secret {
            let file = key.file_form().expect("every secret has a _file form");
            assert_eq!(file.to_string(), format!("{key}_file"));
        } else {
            assert_eq!(key.file_form(), None);
        }
    }
}

/// Every example that is commented out in `default.toml` holds when its `# ` is taken away. The secrets'
/// are left out, since their files are not there, as is `[dev]`, which production refuses.
#[test]
fn the_examples_of_default_toml_hold() {
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
