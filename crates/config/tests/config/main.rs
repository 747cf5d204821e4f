//! The configuration, by its public interface. No test reads the environment of its process.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what tests share fails as tests do"
)]

mod catalogue;
mod issuers;
mod layers;
mod listeners;
mod redaction;
mod report;
mod required;
mod secrets;
mod unknown;
mod values;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use config::{self, Environment, Inputs, Loaded, Problem, Problems, Purpose};
use tempfile::TempDir;

/// What production cannot do without, as variables.
const PRODUCTION: [(&str, &str); 6] = [
    ("TENANTRY_PROFILE", "production"),
    ("TENANTRY_CONTROL_STORE__HOST", "control.db"),
    ("TENANTRY_CONTROL_STORE__SERVICE_PASSWORD", "control-password"),
    ("TENANTRY_DATA_CLUSTER__HOST", "data.db"),
    ("TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD", "data-password"),
    ("TENANTRY_KEYS__RING_FILE", "/etc/tenantry/ring.json"),
];

/// Inputs with these variables and nothing else.
fn variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Inputs {
    Inputs {
        environment: Environment::of(variables),
        ..Inputs::default()
    }
}

/// Inputs with these flags and nothing else.
fn flags<'a>(flags: impl IntoIterator<Item = &'a str>) -> Inputs {
    Inputs {
        overrides: flags.into_iter().map(Into::into).collect(),
        ..Inputs::default()
    }
}

/// Writes a file that others cannot read.
fn write_secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// A configuration folder with `name` in it, and the inputs that read it.
fn file(name: &str, text: &str) -> (TempDir, Inputs) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let inputs = Inputs {
        config_dir: Some(folder.path().to_owned()),
        ..Inputs::default()
    };
    (folder, inputs)
}

fn load(inputs: &Inputs) -> Loaded {
    config::load(inputs, Purpose::Serve).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(inputs: &Inputs) -> Problems {
    config::load(inputs, Purpose::Serve).expect_err("this configuration should be invalid")
}

/// The one thing that is wrong.
fn problem(inputs: &Inputs) -> Problem {
    let mut problems = problems(inputs);
    assert_eq!(problems.list.len(), 1, "{problems}");
    problems.list.remove(0)
}
