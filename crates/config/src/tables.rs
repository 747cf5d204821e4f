//! Lists of tables, and problems of a key in one of them.

use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};

use super::declare::Kind;
use super::{Origin, Problem};

/// A list of tables. As a variable or a flag: a list of TOML's inline tables.
pub(super) struct Tables;

impl Kind for Tables {
    type Output = Vec<Dict>;

    fn read(text: &str) -> Value {
        let list = Toml::from_str::<Dict>(&format!("list = {text}"));
        let list = list.ok().and_then(|mut dict| dict.remove("list"));
        list.unwrap_or_else(|| text.into())
    }

    fn check(value: &Value) -> Result<Vec<Dict>, String> {
        let tables = value.as_array().and_then(|tables| {
            let tables = tables.iter().map(|table| table.as_dict().cloned());
            tables.collect()
        });
        tables.ok_or_else(|| "must be a list of tables, as in [{ key = \"…\", … }]".to_owned())
    }
}

/// A problem of the key at this path, `section.list[0].key`. `why` is the end of a sentence that begins with it.
pub(super) fn problem(path: &str, why: &str, origin: &Origin) -> Problem {
    Problem::new(Some(path.to_owned()), format!("{path}: {why} ({origin})"))
}

/// What is wrong with a key that a table does not have.
pub(super) fn unknown(known: &[&str]) -> String {
    format!("unknown key; known ones are {}", known.join(", "))
}
