//! Statements of docs/api.md about this crate.

use std::{fs, path::Path};

use axum::body::to_bytes;
use axum::response::IntoResponse as _;
use serde_json::Value;
use web::{FieldError, Problem};

#[tokio::test]
async fn the_problem_that_the_page_shows_is_what_is_sent() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    let page = fs::read_to_string(page).unwrap();
    let line = page.lines().find(|line| line.starts_with(r#"{"type":"urn:"#));
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
