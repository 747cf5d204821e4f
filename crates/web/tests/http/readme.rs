//! What the README says of this crate.

use std::{fs, path::Path};

use axum::body::to_bytes;
use axum::response::IntoResponse as _;
use serde_json::Value;
use web::{FieldError, Problem};

#[test]
fn the_readme_carries_the_table_of_codes() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, begun) = readme.split_once("<!-- codes:begin -->\n").unwrap();
    let (table, _) = begun.split_once("<!-- codes:end -->\n").unwrap();
    assert_eq!(table, web::error::markdown_table());
}

#[tokio::test]
async fn the_problem_that_the_readme_shows_is_what_is_sent() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let line = readme.lines().find(|line| line.starts_with(r#"{"type":"urn:"#));
    let mut shown: Value = serde_json::from_str(line.unwrap()).unwrap();
    // The middleware knows it, and the problem by itself does not.
    assert!(shown.as_object_mut().unwrap().remove("request_id").is_some());
    let errors = shown["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| FieldError {
            field: error["field"].as_str().unwrap().to_owned(),
            detail: error["detail"].as_str().unwrap().to_owned().into(),
        });
    let response = Problem::validation(errors.collect()).into_response();
    let sent = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&sent).unwrap(), shown);
}
