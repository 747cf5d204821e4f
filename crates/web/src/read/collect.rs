//! Collects every wrong field of a request.
//!
//! serde stops at the first error. So a wrong request is read again without the field that was wrong, until nothing else
//! is wrong, or the report is full. A check over several fields is made of those that are left, unless a required one is
//! wrong itself. A check over the items of a list is not reported if an item is wrong itself.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::deserializer::{Field, Value};
use super::report::Report;
use crate::error::Problem;

/// State of the attempts to read one request.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    /// Paths of fields that are reported, and so left out of the next attempt.
    reported: BTreeSet<String>,
    /// Paths of fields that no struct has.
    unknown: RefCell<BTreeSet<String>>,
}

impl Attempt {
    pub(super) fn leaves_out(&self, path: &str) -> bool {
        self.reported.contains(path)
    }

    /// Whether an item of the list at this path is reported.
    fn has_wrong_item(&self, path: &str) -> bool {
        let is_item = |reported: &String| {
            reported
                .strip_prefix(path)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        };
        self.reported.iter().any(is_item)
    }

    pub(super) fn unknown(&self, path: String) {
        self.unknown.borrow_mut().insert(path);
    }
}

/// Reads a request; `unknown` says what is wrong with a field that it does not have.
///
/// # Errors
/// `VALIDATION`, with every wrong field: those of the struct in the order of their declaration, then unknown ones.
pub(super) fn read<T: DeserializeOwned>(request: Value<'_>, unknown: &'static str) -> Result<T, Problem> {
    let mut report = Report::default();
    let mut attempt = Attempt::default();
    let value = loop {
        let mut wrong = match T::deserialize(Field::new(request, String::new(), &attempt)) {
            Ok(value) => break Some(value),
            Err(wrong) => wrong,
        };
        let detail = wrong.detail.take();
        let path = wrong.path();
        if let Some(detail) = detail
            && !path.as_deref().is_some_and(|path| attempt.has_wrong_item(path))
        {
            report.wrong(path.as_deref().unwrap_or_default(), detail);
        }
        let goes_on = path.is_some_and(|path| attempt.reported.insert(path));
        if !goes_on || report.is_full() {
            break None;
        }
    };
    for path in attempt.unknown.into_inner() {
        report.wrong(&path, unknown);
    }
    report.finish(value)
}
