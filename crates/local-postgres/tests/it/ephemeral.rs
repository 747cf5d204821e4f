//! Servers without lasting data.

use std::path::{Path, PathBuf};

use local_postgres::{EphemeralPostgres, Error, Search};
use rustix::process::Signal;

use crate::support::process::{Subprocess, eventually, runs, signal_group};
use crate::support::{Checkout, exists, fake, sql};

#[test]
fn a_server_is_fast_and_removed_when_dropped() {
    let checkout = Checkout::new();
    let server = EphemeralPostgres::start(&checkout.options().setting("max_connections", "23")).unwrap();
    let endpoint = server.endpoint().clone();
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert_eq!(sql(&endpoint, &format!("show {setting}")).unwrap(), "off");
    }
    assert_eq!(sql(&endpoint, "show max_connections").unwrap(), "23");
    let directory = endpoint.data_directory().parent().unwrap().to_owned();
    drop(server);
    assert!(!runs(endpoint.pid()));
    assert!(!exists(&directory));
    assert!(
        !exists(&checkout.directory),
        "the directory is for downloads only"
    );
}

#[test]
fn two_servers_are_independent() {
    let checkout = Checkout::new();
    let (one, two) = (
        EphemeralPostgres::start(&checkout.options()).unwrap(),
        EphemeralPostgres::start(&checkout.options()).unwrap(),
    );
    assert_ne!(one.endpoint().port(), two.endpoint().port());
    sql(one.endpoint(), "create table mine ()").unwrap();
    assert!(sql(two.endpoint(), "select * from mine").is_err());
    one.stop().unwrap();
    assert_eq!(sql(two.endpoint(), "select 1").unwrap(), "1");
    two.stop().unwrap();
}

#[test]
fn a_start_that_fails_leaves_nothing() {
    let checkout = Checkout::new();
    let note = checkout.side("notes").join("where");
    std::fs::write(&note, "").unwrap();
    std::fs::set_permissions(&note, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let failing = format!("echo \"$2\" > '{}'; exit 1", note.display());
    let bin = fake::installation(&checkout.side("fake"), "bin", "18.1", &failing, "exit 1");
    let error = EphemeralPostgres::start(&checkout.options().search(Search::only([bin]))).unwrap_err();
    assert!(matches!(error, Error::Initdb { .. }), "{error}");
    let data = PathBuf::from(std::fs::read_to_string(note).unwrap().trim());
    let directory = data.parent().and_then(Path::parent).unwrap();
    assert!(
        directory
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("local-postgres-")
    );
    assert!(!exists(directory));
}

/// Starts a server in another process; returns the postmaster's process id and the directory.
fn start_elsewhere(checkout: &Checkout) -> (Subprocess, u32, PathBuf) {
    let mut process = Subprocess::start("hold_ephemeral", &[&checkout.directory, &checkout.shared]);
    let words = process.answer("READY ");
    let directory = PathBuf::from(&words[1]);
    assert!(exists(&directory));
    (process, words[0].parse().unwrap(), directory)
}

fn assert_removed(pid: u32, directory: &Path) {
    eventually("the server is stopped", || !runs(pid));
    eventually("its directory is removed", || !exists(directory));
}

#[test]
fn a_kill_of_the_process_stops_and_removes_the_server() {
    let checkout = Checkout::new();
    let (process, pid, directory) = start_elsewhere(&checkout);
    process.kill();
    assert_removed(pid, &directory);
}

#[test]
fn an_exit_without_drop_stops_and_removes_the_server() {
    let checkout = Checkout::new();
    let (process, pid, directory) = start_elsewhere(&checkout);
    process.wait();
    assert_removed(pid, &directory);
}

#[test]
fn ctrl_c_stops_and_removes_the_server() {
    let checkout = Checkout::new();
    let (process, pid, directory) = start_elsewhere(&checkout);
    signal_group(process.pid(), Signal::INT);
    process.wait();
    assert_removed(pid, &directory);
}
