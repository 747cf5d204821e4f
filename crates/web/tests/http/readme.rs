//! What the README says of this crate.

use std::{fs, path::Path};

#[test]
fn the_readme_carries_the_table_of_codes() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, begun) = readme.split_once("<!-- codes:begin -->\n").unwrap();
    let (table, _) = begun.split_once("<!-- codes:end -->\n").unwrap();
    assert_eq!(table, web::error::markdown_table());
}
