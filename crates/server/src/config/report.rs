//! `tenantry config check`: every key, its value and where that came from.

use std::fmt;

use figment::value::Value;
use serde::Serialize;

use super::{Key, Kind, Origin, Problem, gather::Gathered};

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

/// A [`Problem`] as text, with the key that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// The key, dotted; `None` where it is about a file or flag as a whole.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// The whole configuration, secrets hidden. [`Display`](fmt::Display) is a table; [`Serialize`] is what
/// `--json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The profile's name; `None` where the one that was asked for does not exist.
    pub profile: Option<&'static str>,
    /// Who chose the profile; `None` for nobody.
    pub profile_from: Option<Origin>,
    /// Files read beside those compiled in.
    pub files: Vec<String>,
    /// Every key, in the order of `default.toml`.
    pub keys: Vec<Row>,
    /// Everything that is wrong.
    pub problems: Vec<Complaint>,
}

impl Report {
    pub(super) fn of(gathered: &Gathered) -> Self {
        Self {
            profile: Some(gathered.profile.name()),
            profile_from: gathered.profile_origin.clone(),
            files: gathered
                .files
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            keys: Key::all().map(|key| row(key, gathered)).collect(),
            problems: gathered.problems.iter().map(complaint).collect(),
        }
    }

    /// Without a profile there is nothing but the problem.
    pub(super) fn without_profile(problem: &Problem) -> Self {
        Self {
            profile: None,
            profile_from: None,
            files: Vec::new(),
            keys: Vec::new(),
            problems: vec![complaint(problem)],
        }
    }

    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

fn row(key: Key, gathered: &Gathered) -> Row {
    let found = gathered.get(key);
    let (value, from) = found.map(|(value, origin)| (shown(key, &value), origin)).unzip();
    Row {
        key: key.to_string(),
        value,
        secret: key.kind() == Kind::Secret,
        from,
        variable: key.variable(),
    }
}

fn shown(key: Key, value: &Value) -> serde_json::Value {
    // A host that is refused may be a URL with a password in it.
    if key.kind() == Kind::Host && key.kind().check(value).is_err() {
        return "<refused>".into();
    }
    serde_json::to_value(value).unwrap_or_default()
}

fn complaint(problem: &Problem) -> Complaint {
    Complaint {
        key: problem.key(),
        message: problem.to_string(),
    }
}

fn text(value: Option<&serde_json::Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
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
            [] => write!(f, "The configuration holds."),
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
