//! Servers whose owner was killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use local_postgres::{Error, LocalPostgres, Step};
use rustix::process::Signal;

use crate::support::process::{Helper, eventually, runs, signal, signal_group};
use crate::support::{Place, Steps, is_root, sql};

/// A server whose owner was killed; the postmaster's process id.
fn left_behind(place: &Place) -> u32 {
    let mut owner = Helper::start("hold", &[&place.root, &place.shared]);
    let pid = owner.answer("READY ")[0].parse().unwrap();
    owner.kill();
    assert!(runs(pid));
    pid
}

#[test]
fn a_server_left_behind_is_taken_over_with_its_data_and_then_stops_with_us() {
    let place = Place::new();
    let pid = left_behind(&place);
    let orphan = LocalPostgres::attach(&place.options()).unwrap().unwrap();
    sql(&orphan, "create table kept as select 42 as answer").unwrap();

    let steps = Steps::default();
    let server = LocalPostgres::start(&place.options().progress(steps.recorder())).unwrap();
    assert!(server.adopted());
    assert_eq!(
        (server.endpoint().pid(), server.endpoint().port()),
        (pid, orphan.port())
    );
    assert_eq!(
        steps.taken()[0],
        Step::Adopted {
            pid,
            port: orphan.port()
        }
    );
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    server.stop().unwrap();
    assert!(!runs(pid));

    let server = LocalPostgres::start(&place.options()).unwrap();
    assert!(!server.adopted());
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    server.stop().unwrap();
}

#[test]
fn ctrl_c_reaches_the_owner_and_not_the_server() {
    let place = Place::new();
    let mut owner = Helper::start("hold", &[&place.root, &place.shared]);
    let pid: u32 = owner.answer("READY ")[0].parse().unwrap();
    signal_group(owner.pid(), Signal::INT);
    owner.wait();
    let server = LocalPostgres::start(&place.options()).unwrap();
    assert_eq!((server.adopted(), server.endpoint().pid()), (true, pid));
    server.stop().unwrap();
}

#[test]
fn the_owner_in_another_process_is_named() {
    let place = Place::new();
    let mut owner = Helper::start("hold", &[&place.root, &place.shared]);
    let pid: u32 = owner.answer("READY ")[0].parse().unwrap();
    let refused = LocalPostgres::start(&place.options()).unwrap_err();
    assert!(
        matches!(refused, Error::Locked { pid, .. } if pid == Some(owner.pid())),
        "{refused}"
    );
    owner.wait();
    assert!(!runs(pid), "an owner that ends in order stops its server");
}

#[test]
fn a_reset_stops_what_was_left_behind() {
    let place = Place::new();
    let pid = left_behind(&place);
    assert!(LocalPostgres::reset(&place.options()).unwrap());
    assert!(!runs(pid));
    assert_eq!(place.names(), ["lock", "postgres.log"]);
}

#[test]
fn a_server_that_does_not_agree_in_all_is_left_alone() {
    let place = Place::new();
    let pid = left_behind(&place);
    let file = place.root.join("data/postmaster.pid");
    let truth = fs::read_to_string(&file).unwrap();
    let started = truth.lines().nth(2).unwrap();
    let earlier = (started.parse::<u64>().unwrap() - 60).to_string();
    fs::write(&file, truth.replace(started, &earlier)).unwrap();

    for refused in [
        LocalPostgres::start(&place.options()).map(drop),
        LocalPostgres::reset(&place.options()).map(drop),
        LocalPostgres::attach(&place.options()).map(drop),
    ] {
        assert!(
            matches!(refused, Err(Error::Unverified { pid: named, .. }) if named == pid),
            "{refused:?}"
        );
    }
    assert!(runs(pid));

    fs::write(&file, truth).unwrap();
    let server = LocalPostgres::start(&place.options()).unwrap();
    assert_eq!(server.endpoint().pid(), pid);
    server.stop().unwrap();
}

#[test]
fn a_file_whose_process_is_gone_is_no_server() {
    let place = Place::new();
    let pid = left_behind(&place);
    signal(pid, Signal::KILL);
    eventually("the postmaster is gone", || !runs(pid));
    assert!(place.root.join("data/postmaster.pid").exists());
    assert!(LocalPostgres::attach(&place.options()).unwrap().is_none());
    let server = LocalPostgres::start(&place.options()).unwrap();
    assert!(!server.adopted());
    assert_ne!(server.endpoint().pid(), pid);
    server.stop().unwrap();
}

#[test]
fn a_file_whose_number_belongs_to_something_else_is_no_server_and_no_hindrance() {
    let place = Place::new();
    let server = LocalPostgres::start(&place.options()).unwrap();
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

    let server = LocalPostgres::start(&place.options()).unwrap();
    assert!(!server.adopted());
    assert!(runs(pid_now), "it is not killed for its number");
    server.stop().unwrap();
}

/// A process of some account that has nothing to do with all this.
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
