//! The server's account, and the location of its data. Most of these tests need root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use local_postgres::{Error, LocalPostgres};

use crate::support::process::Subprocess;
use crate::support::{Checkout, exists, is_root, open_to_all, sql};

/// An unprivileged account that exists everywhere and is never PostgreSQL's: daemon.
const DAEMON: u32 = 1;

/// The effective user of a process.
fn owner_of(pid: u32) -> u32 {
    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
    let pid = Pid::from_u32(pid);
    let mut system = System::new().unwrap();
    let kind = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
    **system.process(pid).unwrap().effective_user_id().unwrap()
}

#[test]
fn the_server_never_runs_as_root() {
    let checkout = Checkout::new();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
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
        !fs::symlink_metadata(&checkout.directory).unwrap().is_symlink(),
        "no link where none is needed"
    );
    for private in ["password", "lock", "postgres.log"] {
        let metadata = fs::metadata(checkout.directory.join(private)).unwrap();
        assert_eq!(
            (metadata.uid(), metadata.permissions().mode() & 0o777),
            (us, 0o600),
            "{private}"
        );
    }
    server.stop().unwrap();
}

#[test]
fn roots_data_is_below_the_shared_base_if_the_checkout_is_closed() {
    if !is_root() {
        return;
    }
    let checkout = Checkout::with_mode(0o700);
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    sql(server.endpoint(), "create table kept as select 42 as answer").unwrap();
    let target = fs::read_link(&checkout.directory).unwrap();
    assert_eq!(target.parent().unwrap(), checkout.shared);
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
    let parent = checkout.directory.parent().unwrap().canonicalize().unwrap();
    assert_eq!(Path::new(&origin), parent.join("postgres"));
    server.stop().unwrap();

    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    assert_eq!(
        LocalPostgres::attach(&checkout.options()).unwrap().unwrap().pid(),
        server.endpoint().pid()
    );
    server.stop().unwrap();
    assert!(LocalPostgres::reset(&checkout.options()).unwrap());
    assert!(!exists(&target.join("data")));
}

#[test]
fn a_new_checkout_at_the_same_path_does_not_see_earlier_data() {
    if !is_root() {
        return;
    }
    let checkout = Checkout::with_mode(0o700);
    let mut owner = Subprocess::start("hold", &[&checkout.directory, &checkout.shared]);
    let pid: u32 = owner.answer("READY ")[0].parse().unwrap();
    owner.kill();
    let target = fs::read_link(&checkout.directory).unwrap();
    fs::remove_file(&checkout.directory).unwrap();

    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert!(!server.adopted());
    assert!(
        !crate::support::process::runs(pid),
        "the server of the removed checkout is stopped"
    );
    assert_eq!(fs::read_link(&checkout.directory).unwrap(), target);
    assert!(
        exists(&target.with_extension("previous").join("data")),
        "its data is kept beside"
    );
    server.stop().unwrap();
}

#[test]
fn an_unreachable_directory_with_content_is_kept() {
    if !is_root() {
        return;
    }
    let checkout = Checkout::with_mode(0o700);
    fs::create_dir(&checkout.directory).unwrap();
    fs::write(checkout.directory.join("precious"), "").unwrap();
    let error = LocalPostgres::start(&checkout.options()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(checkout.names(), ["precious"]);

    fs::remove_file(checkout.directory.join("precious")).unwrap();
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
    assert!(
        fs::symlink_metadata(&checkout.directory).unwrap().is_symlink(),
        "an empty one is replaced by a link"
    );
}

#[test]
fn the_users_own_link_is_kept() {
    let checkout = Checkout::new();
    let elsewhere = checkout.side("big disk").join("postgres");
    symlink(&elsewhere, &checkout.directory).unwrap();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert_eq!(
        server.endpoint().data_directory(),
        elsewhere.canonicalize().unwrap().join("data")
    );
    assert_eq!(fs::read_link(&checkout.directory).unwrap(), elsewhere);
    server.stop().unwrap();
}

/// A copy of this program that every account can run.
fn our_program(checkout: &Checkout) -> PathBuf {
    let program = checkout.side("program").join("it");
    // Written by another process: a file that is open for writing here, if only in a child, cannot be run.
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

fn refusal_as_daemon(checkout: &Checkout) -> String {
    let input: [&Path; 2] = [&checkout.directory, &checkout.shared];
    let mut process = Subprocess::start_as(DAEMON, our_program(checkout), "attempt", &input);
    let answer = process.answer("REFUSED ").join(" ");
    process.wait();
    answer
}

#[test]
fn an_ordinary_user_is_told_that_root_owns_the_directory() {
    if !is_root() {
        return;
    }
    let checkout = Checkout::new();
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
    let answer = refusal_as_daemon(&checkout);
    assert!(
        answer.contains("belongs to user id 0, and this is user id 1"),
        "{answer}"
    );

    // Only the parent is left.
    LocalPostgres::reset(&checkout.options()).unwrap();
    fs::remove_dir_all(&checkout.directory).unwrap();
    let answer = refusal_as_daemon(&checkout);
    assert!(
        answer.contains("belongs to user id 0, and this is user id 1"),
        "{answer}"
    );
}

#[test]
fn root_serves_the_data_of_a_user_as_that_user() {
    if !is_root() {
        return;
    }
    let checkout = Checkout::new();
    let parent = checkout.directory.parent().unwrap();
    std::os::unix::fs::chown(parent, Some(DAEMON), Some(DAEMON)).unwrap();
    let attempt = |checkout: &Checkout| {
        let input: [&Path; 2] = [&checkout.directory, &checkout.shared];
        let mut process = Subprocess::start_as(DAEMON, our_program(checkout), "attempt", &input);
        process.answer("STARTED ");
        process.wait();
    };
    attempt(&checkout);
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert_eq!(owner_of(server.endpoint().pid()), DAEMON);
    server.stop().unwrap();
    attempt(&checkout);
}
