//! Servers that leave nothing behind.

use std::path::{Path, PathBuf};

use local_postgres::{Ephemeral, Error, Search};
use rustix::process::Signal;

use crate::support::process::{Helper, eventually, runs, signal_group};
use crate::support::{Place, exists, fake, sql};

#[test]
fn a_server_for_tests_is_fast_and_gone_when_dropped() {
    let place = Place::new();
    let server = Ephemeral::start(&place.options().setting("max_connections", "23")).unwrap();
    let endpoint = server.endpoint().clone();
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert_eq!(sql(&endpoint, &format!("show {setting}")).unwrap(), "off");
    }
    assert_eq!(sql(&endpoint, "show max_connections").unwrap(), "23");
    let directory = endpoint.data_directory().parent().unwrap().to_owned();
    drop(server);
    assert!(!runs(endpoint.pid()));
    assert!(!exists(&directory));
    assert!(!exists(&place.root), "the root directory is for downloads only");
}

#[test]
fn two_at_a_time_do_not_meet() {
    let place = Place::new();
    let (one, two) = (
        Ephemeral::start(&place.options()).unwrap(),
        Ephemeral::start(&place.options()).unwrap(),
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
    let place = Place::new();
    let note = place.side("notes").join("where");
    std::fs::write(&note, "").unwrap();
    std::fs::set_permissions(&note, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let failing = format!("echo \"$2\" > '{}'; exit 1", note.display());
    let bin = fake::installation(&place.side("fake"), "bin", "18.1", &failing, "exit 1");
    let error = Ephemeral::start(&place.options().search(Search::only([bin]))).unwrap_err();
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

/// Starts a server in another process; the postmaster's process id and the directory.
fn held(place: &Place) -> (Helper, u32, PathBuf) {
    let mut helper = Helper::start("hold_ephemeral", &[&place.root, &place.shared]);
    let words = helper.answer("READY ");
    let directory = PathBuf::from(&words[1]);
    assert!(exists(&directory));
    (helper, words[0].parse().unwrap(), directory)
}

fn vanishes(pid: u32, directory: &Path) {
    eventually("the server is stopped", || !runs(pid));
    eventually("its directory is removed", || !exists(directory));
}

#[test]
fn killing_its_process_ends_it() {
    let place = Place::new();
    let (helper, pid, directory) = held(&place);
    helper.kill();
    vanishes(pid, &directory);
}

#[test]
fn an_exit_that_drops_nothing_ends_it() {
    let place = Place::new();
    let (helper, pid, directory) = held(&place);
    helper.wait();
    vanishes(pid, &directory);
}

#[test]
fn ctrl_c_ends_its_process_and_thereby_the_server_in_order() {
    let place = Place::new();
    let (helper, pid, directory) = held(&place);
    signal_group(helper.pid(), Signal::INT);
    helper.wait();
    vanishes(pid, &directory);
}
