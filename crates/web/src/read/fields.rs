//! A JSON object, field by field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Checked, Values, report::Report, rule::Rule};
use crate::error::Problem;

/// The fields of a JSON object by their names, as they were written: a number has all its digits still.
pub type Members = BTreeMap<String, Box<RawValue>>;

/// Reads the fields of a JSON object. See [the module](super) for how.
#[derive(Debug)]
pub struct Fields {
    unread: Members,
    report: Report,
}

/// A field of a change (PATCH): left out, taken away, or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field is not there: leave what is.
    Absent,
    /// The field is `null`: take away what is.
    Null,
    /// The field has a value.
    Value(T),
}

impl Fields {
    /// Begins with all fields of `object` unread.
    pub fn new(object: Members) -> Self {
        Self {
            unread: object,
            report: Report::default(),
        }
    }

    /// A field that must be there and must not be `null`.
    pub fn required<R: Rule>(&mut self, name: &str, rule: R) -> Checked<R::Value> {
        match self.take(name, rule) {
            Some(read) => self.not_null(name, read),
            None => self.refuse(name, "is required"),
        }
    }

    /// A field that may be left out, but not be `null`.
    pub fn optional<R: Rule>(&mut self, name: &str, rule: R) -> Checked<Option<R::Value>> {
        match self.take(name, rule) {
            Some(read) => self.not_null(name, read).map(Some),
            None => Checked::right(None),
        }
    }

    /// A field that may be left out and may be `null`, which are two things.
    pub fn nullable<R: Rule>(&mut self, name: &str, rule: R) -> Checked<Patch<R::Value>> {
        self.take(name, rule).unwrap_or(Checked::right(Patch::Absent))
    }

    /// Notes that `name` is wrong: for what no rule says, such as a check over several fields.
    pub fn wrong(&mut self, name: &str, detail: impl Into<Cow<'static, str>>) {
        self.report.wrong(name, detail);
    }

    /// All values, once every field has been read and none is wrong; else `VALIDATION` with every wrong one.
    pub fn finish<V: Values>(mut self, values: V) -> Result<V::Output, Problem> {
        for name in self.unread.keys() {
            self.report
                .wrong(name, "is not a field of this resource, or cannot be set");
        }
        self.report.finish(values)
    }

    /// Reads the field if it is there. Never [`Patch::Absent`].
    fn take<R: Rule>(&mut self, name: &str, rule: R) -> Option<Checked<Patch<R::Value>>> {
        let value = self.unread.remove(name)?;
        if value.get() == RawValue::NULL.get() {
            return Some(Checked::right(Patch::Null));
        }
        Some(match rule.json(&value) {
            Ok(value) => Checked::right(Patch::Value(value)),
            Err(wrong) => self.refuse(name, wrong),
        })
    }

    fn not_null<T>(&mut self, name: &str, read: Checked<Patch<T>>) -> Checked<T> {
        match read.all() {
            Some(Patch::Value(value)) => Checked::right(value),
            Some(_) => self.refuse(name, "must not be null"),
            None => Checked::wrong(),
        }
    }

    fn refuse<T>(&mut self, name: &str, detail: impl Into<Cow<'static, str>>) -> Checked<T> {
        self.report.wrong(name, detail);
        Checked::wrong()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{error::Code, read::rule};

    fn fields(object: Value) -> Fields {
        Fields::new(serde_json::from_value(object).unwrap())
    }

    fn said(problem: &Problem) -> Vec<(&str, &str)> {
        problem
            .errors()
            .iter()
            .map(|e| (e.field.as_str(), e.detail.as_ref()))
            .collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let mut fields = fields(json!({"name": "", "age": "old", "email": null, "extra": 1}));
        let name = fields.required("name", rule::text(1..=200));
        let age = fields.optional("age", rule::integer(0..=150));
        let email = fields.optional("email", rule::text(3..=200));
        let id = fields.required("id", rule::uuid());
        let problem = fields.finish((name, age, email, id)).unwrap_err();
        assert_eq!(problem.code(), Code::Validation);
        assert_eq!(
            said(&problem),
            [
                ("name", "must have 1 to 200 characters"),
                ("age", "must be a whole number from 0 to 150"),
                ("email", "must not be null"),
                ("id", "is required"),
                ("extra", "is not a field of this resource, or cannot be set"),
            ]
        );
    }

    #[test]
    fn a_patch_tells_null_from_absent() {
        let mut fields = fields(json!({"nick": null, "name": "Ada"}));
        let nick = fields.nullable("nick", rule::text(1..=9));
        let name = fields.nullable("name", rule::text(1..=9));
        let born = fields.nullable("born", rule::timestamp());
        let read = fields.finish((nick, name, born)).unwrap();
        assert_eq!(read, (Patch::Null, Patch::Value("Ada".to_owned()), Patch::Absent));
    }

    #[test]
    fn a_check_over_several_fields_is_noted_like_any_other() {
        let mut fields = fields(json!({"from": 5, "to": 1}));
        let from = fields.required("from", rule::integer(0..=9));
        let to = fields.required("to", rule::integer(0..=9));
        if from.get() > to.get() {
            fields.wrong("to", "must not be less than from");
        }
        let problem = fields.finish((from, to)).unwrap_err();
        assert_eq!(said(&problem), [("to", "must not be less than from")]);
    }

    #[test]
    fn thousands_of_unknown_fields_make_a_short_answer() {
        let many: Members = (0..5000)
            .map(|i| (format!("{i}{}", "x".repeat(500)), RawValue::NULL.to_owned()))
            .collect();
        let problem = Fields::new(many).finish(()).unwrap_err();
        assert_eq!(problem.errors().len(), 50);
        assert!(problem.errors().iter().all(|e| e.field.len() == 64));
    }

    #[test]
    fn a_value_of_another_reader_is_our_own_mistake() {
        let wrong = fields(json!({})).required("a", rule::boolean());
        assert_eq!(
            fields(json!({})).finish(wrong).unwrap_err().code(),
            Code::Internal
        );
    }
}
