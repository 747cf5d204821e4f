//! `tenantry config`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use cli::output;
use config::{Inputs, Problem, Purpose, Report, Row, check};
use crypto::KeyRing;
use schema::Authorities;
use web::error::in_one_line;

use crate::args::local::{CheckFor, ConfigCommand};
use crate::tls::TlsFiles;

/// Prints every value; fails when something is wrong.
pub(super) fn run(inputs: &Inputs, command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    let &ConfigCommand::Check { purpose, json } = command;
    let purpose = match purpose {
        CheckFor::Serve => Purpose::Serve,
        CheckFor::Migrate => Purpose::Migrate,
    };
    let mut report = check(inputs, purpose);
    check_files(&mut report, purpose);
    if json {
        output::line(serde_json::to_string_pretty(&report).context("the report")?)?;
    } else {
        output::line(&report)?;
    }
    Ok(if report.is_valid() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Opens the files that the command would open.
fn check_files(report: &mut Report, purpose: Purpose) {
    if purpose == Purpose::Serve {
        check_file(report, "keys.ring_file", |path| KeyRing::load(path).map(drop));
        for section in ["tenant_plane", "admin_plane"] {
            check_tls(report, section);
        }
        check_tls_of_tables(report, "tenant_plane.listeners");
    }
    for key in ["control_store.tls_ca_file", "data_cluster.tls_ca_file"] {
        check_file(report, key, |path| Authorities::from_file(path).map(drop));
    }
}

fn check_file<E: Error + 'static>(report: &mut Report, key: &str, open: impl FnOnce(&Path) -> Result<(), E>) {
    let Some(path) = file(report, key) else {
        return;
    };
    if let Err(error) = open(&path) {
        add(report, key, &error);
    }
}

/// Opens the certificate of a plane with its key, and checks that they belong together.
fn check_tls(report: &mut Report, section: &str) {
    let path = |name: &str| file(report, &format!("{section}.{name}"));
    let (Some(certificate), Some(key)) = (path("tls_cert_file"), path("tls_key_file")) else {
        return;
    };
    check_pair(
        report,
        &TlsFiles {
            section: section.to_owned(),
            certificate,
            key,
            client_authorities: path("tls_client_ca_file"),
        },
    );
}

/// The same of each table in a list. A pair that a table inherits is its section's.
fn check_tls_of_tables(report: &mut Report, list: &str) {
    let tables = row(report, list).and_then(|row| row.value.as_ref()?.as_array().cloned());
    for (index, table) in tables.into_iter().flatten().enumerate() {
        let path = |name: &str| table[name].as_str().map(PathBuf::from);
        let (Some(certificate), Some(key)) = (path("tls_cert_file"), path("tls_key_file")) else {
            continue;
        };
        check_pair(
            report,
            &TlsFiles {
                section: format!("{list}[{index}]"),
                certificate,
                key,
                client_authorities: None,
            },
        );
    }
}

fn check_pair(report: &mut Report, files: &TlsFiles) {
    if let Err(error) = files.load() {
        add(report, &error.key(), &error.cause);
    }
}

/// The file that a key names, unless the key has a problem already.
fn file(report: &Report, key: &str) -> Option<PathBuf> {
    let refused = |problem: &Problem| problem.key.as_deref() == Some(key);
    let path = row(report, key)?.value.as_ref()?.as_str()?;
    (!report.problems.iter().any(refused)).then(|| path.into())
}

fn row<'a>(report: &'a Report, key: &str) -> Option<&'a Row> {
    report.keys.iter().find(|row| row.key == key)
}

fn add(report: &mut Report, key: &str, error: &(dyn Error + 'static)) {
    // A table's values come from where its list does.
    let of = key.split('[').next().unwrap_or(key);
    let from = row(report, of).and_then(|row| row.from.as_ref());
    let from = from.map(|from| format!(" ({from})")).unwrap_or_default();
    let message = format!("{key}: {}{from}", in_one_line(error));
    report.problems.push(Problem::new(Some(key.to_owned()), message));
}
