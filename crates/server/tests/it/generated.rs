//! Files of the repository that are made from the code: the descriptions of both planes, and the table of codes.
//!
//! `just docs` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use server::args::Plane;
use server::{codes, description};

const ADVICE: &str = "it is made from the code: run `just docs`, which is \
    `TENANTRY_WRITE_DOCS=1 cargo test -p server --test it generated::`, and commit what it writes";

/// Where the table of codes is in its page.
const TABLE: [&str; 2] = ["<!-- codes:begin -->\n", "<!-- codes:end -->\n"];

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name)
}

/// Compares the file with what the code says, or writes it.
#[track_caller]
fn is_current(name: &str, current: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "for the person who runs this test, not for the service"
    )]
    let write = std::env::var_os("TENANTRY_WRITE_DOCS").is_some();
    if write {
        fs::create_dir_all(docs(name).parent().unwrap()).unwrap();
        return fs::write(docs(name), current).unwrap();
    }
    let committed = fs::read_to_string(docs(name)).unwrap_or_default();
    let line = committed.lines().zip(current.lines()).position(|(a, b)| a != b);
    assert!(committed == current, "docs/{name}, line {line:?}: {ADVICE}");
}

#[test]
fn the_committed_descriptions_are_those_of_the_code() {
    is_current("openapi/tenant.json", &description::text(Plane::Tenant));
    is_current("openapi/admin.json", &description::text(Plane::Admin));
}

#[test]
fn the_page_carries_the_table_of_codes() {
    let page = fs::read_to_string(docs("api.md")).unwrap();
    let [opening, end] = TABLE;
    let (before, begun) = page.split_once(opening).unwrap();
    let (_, after) = begun.split_once(end).unwrap();
    let table = web::error::markdown_table(codes::ALL);
    is_current("api.md", &[before, opening, &table, end, after].concat());
}

/// A new code needs a test that gets it over HTTP, in this crate or, of those that all planes share, in `web`, or of
/// tenants' limits, in `api`.
#[test]
fn every_code_is_expected_by_a_test() {
    fn read(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut tests = String::new();
    for folder in ["tests", "../web/tests", "../api/tests/limits"] {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    for code in codes::ALL {
        assert!(
            tests.contains(&format!("\"{}\"", code.name())),
            "no test expects {}",
            code.name()
        );
    }
}
