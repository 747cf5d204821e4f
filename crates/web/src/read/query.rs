//! A query string, parameter by parameter.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{Checked, Values, percent, report::Report, rule::Rule};
use crate::error::{Code, Problem};

/// Reads the parameters of a query string. See [the module](super) for how.
///
/// It is also an extractor; a query that cannot be decoded is `MALFORMED`. A parameter given twice is wrong:
/// which one would hold is anybody's guess, and a guess that a proxy in front may make otherwise.
#[derive(Debug)]
pub struct Query {
    unread: Vec<(String, String)>,
    report: Report,
}

impl Query {
    /// Begins with all parameters of `query` (what stands behind the question mark) unread.
    pub fn parse(query: &str) -> Result<Self, Problem> {
        let unread = percent::pairs(query).ok_or_else(|| {
            Problem::new(Code::Malformed).detail("the query string is not valid percent-encoded UTF-8")
        })?;
        Ok(Self {
            unread,
            report: Report::default(),
        })
    }

    /// A parameter that must be there.
    pub fn required<R: Rule>(&mut self, name: &str, rule: R) -> Checked<R::Value> {
        self.take(name, rule)
            .unwrap_or_else(|| self.refuse(name, "is required"))
    }

    /// A parameter that may be left out.
    pub fn optional<R: Rule>(&mut self, name: &str, rule: R) -> Checked<Option<R::Value>> {
        self.take(name, rule)
            .map_or(Checked::right(None), |read| read.map(Some))
    }

    /// Notes that `name` is wrong: for what no rule says, such as a check over several parameters.
    pub fn wrong(&mut self, name: &str, detail: impl Into<Cow<'static, str>>) {
        self.report.wrong(name, detail);
    }

    /// All values, once every parameter has been read and none is wrong; else `VALIDATION` with every wrong
    /// one.
    pub fn finish<V: Values>(mut self, values: V) -> Result<V::Output, Problem> {
        let mut names: Vec<&str> = self.unread.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.report.wrong(name, "is not a parameter of this route");
        }
        self.report.finish(values)
    }

    fn take<R: Rule>(&mut self, name: &str, rule: R) -> Option<Checked<R::Value>> {
        let mut given = self.unread.extract_if(.., |(given, _)| given == name);
        let (_, text) = given.next()?;
        let again = given.next().is_some();
        // Dropping it would leave a third one unread, and so unknown.
        given.for_each(drop);
        if again {
            return Some(self.refuse(name, "must be given once"));
        }
        Some(match rule.text(&text) {
            Ok(value) => Checked::right(value),
            Err(wrong) => self.refuse(name, wrong),
        })
    }

    fn refuse<T>(&mut self, name: &str, detail: impl Into<Cow<'static, str>>) -> Checked<T> {
        self.report.wrong(name, detail);
        Checked::wrong()
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::rule;

    #[test]
    fn reads_each_parameter_once() {
        let mut query = Query::parse("limit=7&search=a+b&confirmed=true").unwrap();
        let limit = query.required("limit", rule::integer(1..=500));
        let search = query.optional("search", rule::text(0..=9));
        let confirmed = query.optional("confirmed", rule::boolean());
        let sort = query.optional("sort", rule::choice(&[("name", ())]));
        let read = query.finish((limit, search, confirmed, sort)).unwrap();
        assert_eq!(read, (7, Some("a b".to_owned()), Some(true), None));
    }

    #[test]
    fn duplicated_unknown_and_missing_parameters_are_all_named() {
        let mut query = Query::parse("limit=7&limit=8&limit=9&x=1&%61a=2&x=3").unwrap();
        let limit = query.optional("limit", rule::integer(1..=500));
        let id = query.required("id", rule::uuid());
        let problem = query.finish((limit, id)).unwrap_err();
        let said: Vec<_> = problem
            .errors()
            .iter()
            .map(|e| (e.field.as_str(), e.detail.as_ref()))
            .collect();
        assert_eq!(
            said,
            [
                ("limit", "must be given once"),
                ("id", "is required"),
                ("aa", "is not a parameter of this route"),
                ("x", "is not a parameter of this route"),
            ]
        );
    }

    #[test]
    fn what_cannot_be_decoded_is_malformed() {
        assert_eq!(Query::parse("search=%ff").unwrap_err().code(), Code::Malformed);
    }
}
