//! Query strings.

use serde::Deserialize;

use super::{One, Order, said};
use crate::error::Code;
use crate::read::{Id, Integer, Text, query};

#[test]
fn each_parameter_is_given_once() {
    #[derive(Debug, Deserialize)]
    struct List {
        limit: Integer<1, 500>,
        search: Option<Text<0, 9>>,
        confirmed: Option<bool>,
        sort: Option<Order>,
    }
    let list: List = query("limit=7&search=a+b&confirmed=true").unwrap();
    assert_eq!(
        (list.limit.get(), list.confirmed, list.sort),
        (7, Some(true), None)
    );
    assert_eq!(list.search.as_deref(), Some("a b"));
}

#[test]
fn duplicated_unknown_and_missing_parameters_are_all_named() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never right")]
    struct List {
        limit: Option<Integer<1, 500>>,
        id: Id,
    }
    let problem = query::<List>("limit=7&limit=8&limit=9&x=1&%61a=2&x=3").unwrap_err();
    assert_eq!(
        said(&problem),
        [
            ("limit", "must be given once"),
            ("id", "is required"),
            ("aa", "is not a parameter of this route"),
            ("x", "is not a parameter of this route"),
        ]
    );
}

#[test]
fn an_undecodable_query_is_malformed() {
    let problem = query::<One<String>>("value=%ff").unwrap_err();
    assert_eq!(problem.code(), Code::Malformed);
}
