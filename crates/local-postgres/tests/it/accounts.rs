//! Who the server runs as, and where its data lies then. Most of this needs root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use local_postgres::{Error, LocalPostgres};

use crate::support::process::Helper;
use crate::support::{Place, exists, is_root, open_to_all, sql};

/// An unprivileged account that is everywhere and never PostgreSQL's: daemon.
const SOMEBODY: u32 = 1;

/// Whom a process runs as.
fn owner_of(pid: u32) -> u32 {
    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
    let pid = Pid::from_u32(pid);
    let mut system = System::new().unwrap();
    let kind = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
    **system.process(pid).unwrap().effective_user_id().unwrap()
}

#[test]
fn the_server_runs_as_root_never_and_as_oneself_otherwise() {
    let place = Place::new();
    let server = LocalPostgres::start(&place.options()).unwrap();
    let owner = owner_of(server.endpoint().pid());
    assert_eq!(
        fs::metadata(server.endpoint().data_directory()).unwrap().uid(),
        owner
    );
    let us = rustix::process::geteuid().as_raw();
    if is_root() {
        assert_ne!(owner, 0);
    } else {
        assert_eq!(owner, us);
    }
    assert!(
        !fs::symlink_metadata(&place.root).unwrap().is_symlink(),
        "no link where none is needed"
    );
    for private in ["password", "lock", "postgres.log"] {
        let metadata = fs::metadata(place.root.join(private)).unwrap();
        assert_eq!(
            (metadata.uid(), metadata.permissions().mode() & 0o777),
            (us, 0o600),
            "{private}"
        );
    }
    server.stop().unwrap();
}

#[test]
fn in_a_closed_checkout_the_data_of_root_lies_elsewhere() {
    if !is_root() {
        return;
    }
    let place = Place::with_mode(0o700);
    let server = LocalPostgres::start(&place.options()).unwrap();
    sql(server.endpoint(), "create table kept as select 42 as answer").unwrap();
    let target = fs::read_link(&place.root).unwrap();
    assert_eq!(target.parent().unwrap(), place.shared);
    let name = target.file_name().unwrap().to_str().unwrap();
    assert!(
        name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{name}"
    );
    assert_eq!(
        server.endpoint().data_directory(),
        target.join("data").canonicalize().unwrap()
    );
    let origin = fs::read_to_string(target.join("origin")).unwrap();
    let checkout = place.root.parent().unwrap().canonicalize().unwrap();
    assert_eq!(Path::new(&origin), checkout.join("postgres"));
    server.stop().unwrap();

    let server = LocalPostgres::start(&place.options()).unwrap();
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    assert_eq!(
        LocalPostgres::attach(&place.options()).unwrap().unwrap().pid(),
        server.endpoint().pid()
    );
    server.stop().unwrap();
    assert!(LocalPostgres::reset(&place.options()).unwrap());
    assert!(!exists(&target.join("data")));
}

#[test]
fn another_checkout_in_the_same_place_does_not_see_the_data_of_the_first() {
    if !is_root() {
        return;
    }
    let place = Place::with_mode(0o700);
    let mut owner = Helper::start("hold", &[&place.root, &place.shared]);
    let pid: u32 = owner.answer("READY ")[0].parse().unwrap();
    owner.kill();
    let target = fs::read_link(&place.root).unwrap();
    fs::remove_file(&place.root).unwrap();

    let server = LocalPostgres::start(&place.options()).unwrap();
    assert!(!server.adopted());
    assert!(
        !crate::support::process::runs(pid),
        "the server of the removed checkout is stopped"
    );
    assert_eq!(fs::read_link(&place.root).unwrap(), target);
    assert!(
        exists(&target.with_extension("previous").join("data")),
        "its data is put aside"
    );
    server.stop().unwrap();
}

#[test]
fn a_directory_that_the_account_cannot_reach_is_kept_when_it_holds_something() {
    if !is_root() {
        return;
    }
    let place = Place::with_mode(0o700);
    fs::create_dir(&place.root).unwrap();
    fs::write(place.root.join("precious"), "").unwrap();
    let error = LocalPostgres::start(&place.options()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(place.names(), ["precious"]);

    fs::remove_file(place.root.join("precious")).unwrap();
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
    assert!(
        fs::symlink_metadata(&place.root).unwrap().is_symlink(),
        "an empty one gives way"
    );
}

#[test]
fn a_link_of_the_users_own_is_kept() {
    let place = Place::new();
    let elsewhere = place.side("big disk").join("postgres");
    symlink(&elsewhere, &place.root).unwrap();
    let server = LocalPostgres::start(&place.options()).unwrap();
    assert_eq!(
        server.endpoint().data_directory(),
        elsewhere.canonicalize().unwrap().join("data")
    );
    assert_eq!(fs::read_link(&place.root).unwrap(), elsewhere);
    server.stop().unwrap();
}

/// A copy of this program where everybody can run it.
fn our_program(place: &Place) -> PathBuf {
    let program = place.side("program").join("it");
    // Written by another process: what is open for writing here, if only in a child, cannot be run.
    let ours = std::env::current_exe().unwrap();
    assert!(
        Command::new("cp")
            .arg(ours)
            .arg(&program)
            .status()
            .unwrap()
            .success()
    );
    open_to_all(&program);
    program
}

fn attempt_as_somebody(place: &Place) -> String {
    let input: [&Path; 2] = [&place.root, &place.shared];
    let mut helper = Helper::start_as(SOMEBODY, our_program(place), "attempt", &input);
    let answer = helper.answer("REFUSED ").join(" ");
    helper.wait();
    answer
}

#[test]
fn what_a_run_as_root_left_is_explained_to_an_ordinary_user() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
    let answer = attempt_as_somebody(&place);
    assert!(
        answer.contains("belongs to user id 0, and this is user id 1"),
        "{answer}"
    );

    // Only the parent is left.
    LocalPostgres::reset(&place.options()).unwrap();
    fs::remove_dir_all(&place.root).unwrap();
    let answer = attempt_as_somebody(&place);
    assert!(
        answer.contains("belongs to user id 0, and this is user id 1"),
        "{answer}"
    );
}

#[test]
fn as_root_the_data_of_an_ordinary_user_is_served_as_that_user() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let checkout = place.root.parent().unwrap();
    std::os::unix::fs::chown(checkout, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    let attempt = |place: &Place| {
        let input: [&Path; 2] = [&place.root, &place.shared];
        let mut helper = Helper::start_as(SOMEBODY, our_program(place), "attempt", &input);
        helper.answer("STARTED ");
        helper.wait();
    };
    attempt(&place);
    let server = LocalPostgres::start(&place.options()).unwrap();
    assert_eq!(owner_of(server.endpoint().pid()), SOMEBODY);
    server.stop().unwrap();
    attempt(&place);
}
