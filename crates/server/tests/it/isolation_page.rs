//! docs/isolation.md: the files and the tests that it names exist.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/isolation.md");

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn is_rust(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("rs"))
}

/// Whether a Rust file below this directory has a function of this name.
fn defines(directory: &Path, name: &str) -> bool {
    let function = format!("fn {name}(");
    fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            defines(&path, name)
        } else {
            is_rust(&path) && fs::read_to_string(&path).unwrap().contains(&function)
        }
    })
}

/// All that the page has in backticks.
fn quoted() -> Vec<&'static str> {
    let blocks = PAGE.split("```").step_by(2);
    let words = blocks.flat_map(|text| text.split('`').skip(1).step_by(2));
    words.collect()
}

#[test]
fn the_files_that_it_names_exist() {
    let files: Vec<_> = quoted()
        .into_iter()
        .filter(|word| word.starts_with("crates/") || is_rust(Path::new(word)))
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert!(root().join(file).exists(), "{file}");
    }
}

/// The page calls each of them a test.
#[test]
fn the_tests_that_it_names_exist() {
    let page = PAGE.replace('\n', " ");
    let tests: Vec<_> = page
        .split("test `")
        .skip(1)
        .map(|rest| rest.split('`').next().unwrap())
        .collect();
    assert_eq!(tests.len(), 2, "{tests:?}");
    for test in tests {
        assert!(defines(&root().join("crates"), test), "no test {test}");
    }
}
