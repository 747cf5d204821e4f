//! Servers whose owner, or whose main process, was killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use local_postgres::{Error, LocalPostgres, Step};
use rustix::process::Signal;

use crate::support::process::{Subprocess, eventually, runs, signal, signal_group};
use crate::support::{Checkout, Steps, is_root, sql};

/// Starts a server and kills its owner; returns the postmaster's process id.
fn orphan(checkout: &Checkout) -> u32 {
    let mut owner = Subprocess::start("hold", &[&checkout.directory, &checkout.shared]);
    let pid = owner.answer("READY ")[0].parse().unwrap();
    owner.kill();
    assert!(runs(pid));
    pid
}

#[test]
fn the_server_of_a_killed_owner_is_adopted_and_then_stopped() {
    let checkout = Checkout::new();
    let pid = orphan(&checkout);
    let attached = LocalPostgres::attach(&checkout.options()).unwrap().unwrap();
    sql(&attached, "create table kept as select 42 as answer").unwrap();

    let steps = Steps::default();
    let server = LocalPostgres::start(&checkout.options().progress(steps.recorder())).unwrap();
    assert!(server.adopted());
    assert_eq!(
        (server.endpoint().pid(), server.endpoint().port()),
        (pid, attached.port())
    );
    assert_eq!(
        steps.taken()[0],
        Step::Adopted {
            pid,
            port: attached.port()
        }
    );
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    server.stop().unwrap();
    assert!(!runs(pid));

    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert!(!server.adopted());
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    server.stop().unwrap();
}

#[test]
fn ctrl_c_reaches_the_owner_and_not_the_server() {
    let checkout = Checkout::new();
    let mut owner = Subprocess::start("hold", &[&checkout.directory, &checkout.shared]);
    let pid: u32 = owner.answer("READY ")[0].parse().unwrap();
    signal_group(owner.pid(), Signal::INT);
    owner.wait();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert_eq!((server.adopted(), server.endpoint().pid()), (true, pid));
    server.stop().unwrap();
}

#[test]
fn the_owner_in_another_process_is_named() {
    let checkout = Checkout::new();
    let mut owner = Subprocess::start("hold", &[&checkout.directory, &checkout.shared]);
    let pid: u32 = owner.answer("READY ")[0].parse().unwrap();
    let refused = LocalPostgres::start(&checkout.options()).unwrap_err();
    assert!(
        matches!(refused, Error::InUse { pid, .. } if pid == Some(owner.pid())),
        "{refused}"
    );
    owner.wait();
    assert!(!runs(pid), "an owner that ends normally stops its server");
}

#[test]
fn a_reset_stops_the_server_of_a_killed_owner() {
    let checkout = Checkout::new();
    let pid = orphan(&checkout);
    assert!(LocalPostgres::reset(&checkout.options()).unwrap());
    assert!(!runs(pid));
    assert_eq!(checkout.names(), ["lock", "postgres.log"]);
}

#[test]
fn an_unverified_server_is_not_touched() {
    let checkout = Checkout::new();
    let pid = orphan(&checkout);
    let file = checkout.directory.join("data/postmaster.pid");
    let truth = fs::read_to_string(&file).unwrap();
    let started = truth.lines().nth(2).unwrap();
    let earlier = (started.parse::<u64>().unwrap() - 60).to_string();
    fs::write(&file, truth.replace(started, &earlier)).unwrap();

    for refused in [
        LocalPostgres::start(&checkout.options()).map(drop),
        LocalPostgres::reset(&checkout.options()).map(drop),
        LocalPostgres::attach(&checkout.options()).map(drop),
    ] {
        assert!(
            matches!(refused, Err(Error::Unverified { pid: named, .. }) if named == pid),
            "{refused:?}"
        );
    }
    assert!(runs(pid));

    fs::write(&file, truth).unwrap();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert_eq!(server.endpoint().pid(), pid);
    server.stop().unwrap();
}

#[test]
fn a_server_that_was_killed_is_started_again() {
    let checkout = Checkout::new();
    let pid = orphan(&checkout);
    signal(pid, Signal::KILL);
    eventually("the postmaster is gone", || !runs(pid));
    assert!(checkout.directory.join("data/postmaster.pid").exists());
    assert!(LocalPostgres::attach(&checkout.options()).unwrap().is_none());
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert!(!server.adopted());
    assert_ne!(server.endpoint().pid(), pid);
    server.stop().unwrap();
}

#[test]
fn a_start_waits_for_the_backends_of_a_killed_server() {
    let checkout = Checkout::new();
    for pid_file_is_lost in [false, true] {
        let server = LocalPostgres::start(&checkout.options()).unwrap();
        let checkpointer = "select pid from pg_stat_activity where backend_type = 'checkpointer'";
        let checkpointer = sql(server.endpoint(), checkpointer).unwrap().parse().unwrap();
        // It cannot notice that its postmaster is gone.
        signal(checkpointer, Signal::STOP);
        signal(server.endpoint().pid(), Signal::KILL);
        eventually("the postmaster has ended", || !server.is_running());
        if pid_file_is_lost {
            fs::remove_file(server.endpoint().data_directory().join("postmaster.pid")).unwrap();
        }
        drop(server);

        std::thread::scope(|scope| {
            let start = scope.spawn(|| LocalPostgres::start(&checkout.options()));
            let log = checkout.directory.join("postgres.log");
            eventually("PostgreSQL refuses to start beside it", || {
                fs::read_to_string(&log).is_ok_and(|log| log.contains("is still in use"))
            });
            assert!(!start.is_finished());
            signal(checkpointer, Signal::CONT);
            start.join().unwrap().unwrap().stop().unwrap();
        });
    }
}

#[test]
fn a_stale_pid_file_does_not_endanger_another_process() {
    let checkout = Checkout::new();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    let data = server.endpoint().data_directory().to_owned();
    let content = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let pid = server.endpoint().pid().to_string();
    server.stop().unwrap();

    // A process of the server's own account, which PostgreSQL cannot tell from a server.
    let bystander = Bystander::of(fs::metadata(&data).unwrap().uid());
    let pid_now = bystander.0.id();
    fs::write(
        data.join("postmaster.pid"),
        content.replacen(&pid, &pid_now.to_string(), 1),
    )
    .unwrap();

    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert!(!server.adopted());
    assert!(runs(pid_now), "another process is not killed for its id");
    server.stop().unwrap();
}

/// An unrelated process of an account.
struct Bystander(Child);

impl Bystander {
    fn of(uid: u32) -> Self {
        let mut command = Command::new("sleep");
        command
            .arg("600")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if is_root() {
            command.uid(uid);
        }
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
