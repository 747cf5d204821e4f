//! The Bruno collection in docs/bruno has a request for each operation of both planes, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use server::args::Plane;
use server::description::document;

use super::operations;

/// All files below the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// The variable with a plane's base URL, the method and the path's template of a request; `None` if the file has none.
fn request(text: &str) -> Option<(String, String, String)> {
    text.contains("  type: http\n").then_some(())?;
    let (before, after) = text.split_once("  url: {{").unwrap();
    let method = before.lines().last().unwrap().strip_suffix(" {").unwrap();
    let url = after.lines().next().unwrap();
    let (base, path) = url.split_once("}}").unwrap();
    let path = path.split('?').next().unwrap();
    let template: Vec<_> = path
        .split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        })
        .collect();
    Some((base.to_owned(), method.to_uppercase(), template.join("/")))
}

#[test]
fn the_collection_has_each_operation_and_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bruno");
    let mut requests = BTreeSet::new();
    for path in files(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        if let Some(request) = request(&text) {
            assert!(
                text.contains("\nassert {\n  res.status: eq "),
                "{}",
                path.display()
            );
            requests.insert(request);
        }
    }
    let described: BTreeSet<_> = [(Plane::Tenant, "tenant_plane"), (Plane::Admin, "admin_plane")]
        .into_iter()
        .flat_map(|(plane, base)| {
            operations(&document(plane))
                .into_iter()
                .map(move |operation| (base.to_owned(), operation.method.to_string(), operation.path))
        })
        .collect();
    let unknown: Vec<_> = requests.difference(&described).collect();
    assert!(unknown.is_empty(), "no operation: {unknown:?}");
    // A resource of your own needs no requests here.
    let missing: Vec<_> = described
        .difference(&requests)
        .filter(|(base, _, path)| base == "admin_plane" || path.contains("/users"))
        .collect();
    assert!(missing.is_empty(), "no request: {missing:?}");
}

#[test]
fn the_collection_has_no_secret() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bruno");
    let environment = fs::read_to_string(folder.join("environments/local.bru")).unwrap();
    for (variable, value) in [("api_key", "API_KEY"), ("admin_token", "ADMIN_TOKEN")] {
        let line = format!("  {variable}: {{{{process.env.{value}}}}}\n");
        assert!(environment.contains(&line), "{line}");
    }
    for path in files(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| line.contains("tnt_")) {
            assert!(
                line.ends_with("startsWith tnt_key_"),
                "{}: {line}",
                path.display()
            );
        }
    }
}
