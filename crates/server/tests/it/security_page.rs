//! SECURITY.md: the files and the tests that it names exist.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../../../SECURITY.md");
const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// Names of PostgreSQL and of roles and keys that are no tests.
const OTHERS: [&str; 7] = [
    "client_connection_check_interval",
    "cool_down",
    "max_lifetime",
    "pg_monitor",
    "pg_read_all_stats",
    "pg_signal_backend",
    "tenantry_watchdog",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All that the page has in backticks.
fn quoted() -> impl Iterator<Item = &'static str> {
    PAGE.split('`').skip(1).step_by(2)
}

/// The Rust files below this folder.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension() == Some(OsStr::new("rs")) {
            into.push(path);
        }
    }
}

#[test]
fn the_files_and_tests_that_it_names_exist() {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let tests = entry.unwrap().path().join("tests");
        if tests.is_dir() {
            sources(&tests, &mut files);
        }
    }
    let mut tests = BTreeSet::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let names = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
        tests.extend(names.map(|(name, _)| name.to_owned()));
    }
    let is_name = |word: &&str| {
        word.contains('_')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let unknown: Vec<_> = quoted()
        .filter(is_name)
        .filter(|word| !tests.contains(*word) && !DEFAULTS.contains(word) && !OTHERS.contains(word))
        .collect();
    assert!(unknown.is_empty(), "no tests: {unknown:?}");
    assert!(quoted().filter(|word| tests.contains(*word)).count() > 50);

    for word in quoted() {
        if word.starts_with("crates/") {
            assert!(root().join(word).exists(), "{word}");
        } else if Path::new(word).extension() == Some(OsStr::new("rs")) {
            assert!(files.iter().any(|file| file.ends_with(word)), "{word}");
        }
    }
}

#[test]
fn its_links_lead_somewhere() {
    for target in PAGE.split("](").skip(1) {
        let target = target.split_once(')').unwrap().0;
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let text = if file.is_empty() {
            PAGE.to_owned()
        } else {
            fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{target}: {error}"))
        };
        let there = text.lines().filter(|line| line.starts_with('#')).any(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.collect::<String>().replace(' ', "-") == anchor
        });
        assert!(anchor.is_empty() || there, "{target}");
    }
}
