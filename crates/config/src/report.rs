//! The report of `tenantry config check`: every key, its value and origin, and all problems.

use std::fmt;

use serde::Serialize;

use super::loader::Loader;
use super::{Key, Origin, Problem};

/// One key of a [`Report`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The key, dotted.
    pub key: String,
    /// Its value; `None` when unset, `"<redacted>"` for a secret that is set.
    pub value: Option<serde_json::Value>,
    /// Whether the value is hidden.
    pub secret: bool,
    /// Where the value came from; `None` when unset.
    pub from: Option<Origin>,
    /// The variable that sets it.
    pub variable: String,
}

/// The whole configuration, secrets hidden. [`Display`](fmt::Display) is a table; [`Serialize`] is what
/// `--json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The profile's name; `None` where the one that was asked for does not exist.
    pub profile: Option<&'static str>,
    /// What chose the profile; `None` for the default.
    pub profile_from: Option<Origin>,
    /// Files read besides those compiled in.
    pub files: Vec<String>,
    /// Every key, in the order of `default.toml`.
    pub keys: Vec<Row>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

impl Report {
    pub(super) fn new(loader: &Loader, profile_from: Option<Origin>) -> Self {
        let files = loader.files.iter();
        Self {
            profile: Some(loader.profile.name()),
            profile_from,
            files: files.map(|path| path.display().to_string()).collect(),
            keys: Key::all().iter().map(|key| row(key, loader)).collect(),
            problems: loader.problems.clone(),
        }
    }

    /// Without a profile the problem is all there is.
    pub(super) fn without_profile(problem: Problem) -> Self {
        Self {
            profile: None,
            profile_from: None,
            files: Vec::new(),
            keys: Vec::new(),
            problems: vec![problem],
        }
    }

    /// Whether nothing is wrong.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }
}

fn row(key: &Key, loader: &Loader) -> Row {
    let (value, from) = loader.get(key).unzip();
    Row {
        key: key.to_string(),
        value: value.map(|value| serde_json::to_value(value).unwrap_or_default()),
        secret: key.is_secret,
        from,
        variable: key.variable(),
    }
}

fn text(value: Option<&serde_json::Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(items)) if items.is_empty() => "[]".to_owned(),
        Some(serde_json::Value::Array(items)) => items
            .iter()
            .map(|item| text(Some(item)))
            .collect::<Vec<_>>()
            .join(", "),
        Some(other) => other.to_string(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(profile) = self.profile {
            match &self.profile_from {
                Some(origin) => writeln!(f, "profile {profile} ({origin})")?,
                None => writeln!(f, "profile {profile} (the default)")?,
            }
        }
        for file in &self.files {
            writeln!(f, "file {file}")?;
        }
        write_table(f, &self.keys)?;
        match self.problems.as_slice() {
            [] => write!(f, "The configuration is valid."),
            [one] => write!(f, "1 problem:\n  {}", one.message),
            many => {
                write!(f, "{} problems:", many.len())?;
                many.iter()
                    .try_for_each(|problem| write!(f, "\n  {}", problem.message))
            }
        }
    }
}

fn write_table(f: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
    let values: Vec<String> = rows.iter().map(|row| text(row.value.as_ref())).collect();
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let keys_width = width(&mut rows.iter().map(|row| row.key.len()));
    let values_width = width(&mut values.iter().map(|value| value.chars().count()));
    let mut section = "";
    for (row, value) in rows.iter().zip(&values) {
        let of = row.key.split('.').next().unwrap_or_default();
        if of != section {
            writeln!(f)?;
            section = of;
        }
        let Row { key, from, .. } = row;
        match from {
            Some(from) => writeln!(f, "{key:keys_width$}  {value:values_width$}  {from}")?,
            None => writeln!(f, "{key:keys_width$}  {value}")?,
        }
    }
    if rows.is_empty() { Ok(()) } else { writeln!(f) }
}
