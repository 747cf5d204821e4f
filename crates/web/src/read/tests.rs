//! Tests of typed requests.

mod bodies;
mod objects;
mod queries;
mod values;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::json;
use crate::error::{Code, Problem};

/// One field of any type.
#[derive(Debug, Deserialize)]
struct One<T> {
    value: T,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Asc,
    Desc,
}

fn body<T: DeserializeOwned>(body: &Value) -> Result<T, Problem> {
    json(body.to_string().as_bytes())
}

/// The wrong fields of a problem, with their details.
fn said(problem: &Problem) -> Vec<(&str, &str)> {
    assert_eq!(problem.code(), Code::Validation);
    problem
        .errors()
        .iter()
        .map(|error| (error.field.as_str(), error.detail.as_ref()))
        .collect()
}
