//! Starts, stops and restarts, and their failures.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use local_postgres::{Error, LocalPostgres, Search, Step};
use rustix::process::Signal;
use secrecy::ExposeSecret;

use crate::support::process::{eventually, is_listed, runs, signal};
use crate::support::{Checkout, Steps, exists, fake, open_to_all, sql, sql_as};

#[test]
fn data_survives_a_restart_and_settings_are_those_of_the_last_start() {
    let checkout = Checkout::new();
    let steps = Steps::default();
    let options = checkout
        .options()
        .setting("max_connections", "17")
        .progress(steps.recorder());
    let server = LocalPostgres::start(&options).unwrap();
    assert!(!server.adopted());
    assert_eq!(sql(server.endpoint(), "show max_connections").unwrap(), "17");
    sql(server.endpoint(), "create table kept as select 42 as answer").unwrap();
    let (pid, port) = (server.endpoint().pid(), server.endpoint().port());
    assert!(matches!(
        steps.taken().as_slice(),
        [Step::Finding, Step::Found { .. }, Step::Initialising { .. }, Step::Starting { .. }, Step::Ready { port: at }]
            if *at == port
    ));
    server.stop().unwrap();
    assert!(!runs(pid));

    let server = LocalPostgres::start(&checkout.options().setting("max_connections", "18")).unwrap();
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    assert_eq!(sql(server.endpoint(), "show max_connections").unwrap(), "18");
    let pid = server.endpoint().pid();
    drop(server);
    assert!(!runs(pid), "a dropped server is stopped");
}

#[test]
fn a_new_server_accepts_only_passwords_on_loopback() {
    let checkout = Checkout::new();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    let endpoint = server.endpoint();
    assert_eq!(sql(endpoint, "show listen_addresses").unwrap(), "127.0.0.1");
    assert_eq!(sql(endpoint, "show unix_socket_directories").unwrap(), "");
    assert_eq!(sql(endpoint, "show server_encoding").unwrap(), "UTF8");
    assert_eq!(
        sql(
            endpoint,
            "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'"
        )
        .unwrap(),
        "0"
    );
    assert_eq!(
        sql(
            endpoint,
            "select left(rolpassword, 14) from pg_authid where rolname = 'postgres'"
        )
        .unwrap(),
        "SCRAM-SHA-256$"
    );
    let refused = sql_as(endpoint, "wrong", "select 1").unwrap_err();
    assert!(refused.contains("password authentication failed"), "{refused}");

    let password = endpoint.password().expose_secret();
    assert_eq!(password.len(), 64);
    let file = checkout.directory.join("password");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(file).unwrap(), *password);
    assert_eq!(
        fs::metadata(endpoint.data_directory())
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
    assert!(
        !format!("{server:?}").contains(password),
        "no secret in a debug print"
    );
    let arguments = fs::read_to_string(endpoint.data_directory().join("postmaster.opts")).unwrap();
    assert!(!arguments.contains(password), "no secret in the arguments");
    assert_eq!(
        checkout.names(),
        ["data", "lock", "password", "postgres.log"],
        "the start leaves nothing else"
    );
    server.stop().unwrap();
}

#[test]
fn a_second_owner_is_refused_and_the_first_one_named() {
    let checkout = Checkout::new();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    let refused = LocalPostgres::start(&checkout.options()).unwrap_err();
    assert!(
        matches!(refused, Error::InUse { pid, .. } if pid == Some(std::process::id())),
        "{refused}"
    );
    let refused = LocalPostgres::reset(&checkout.options()).unwrap_err();
    assert!(matches!(refused, Error::InUse { .. }), "{refused}");
    assert_eq!(
        sql(server.endpoint(), "select 1").unwrap(),
        "1",
        "the first is not disturbed"
    );
    server.stop().unwrap();
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
}

#[test]
fn a_killed_server_is_noticed_reaped_and_not_reported_as_in_use() {
    let checkout = Checkout::new();
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    let pid = server.endpoint().pid();
    assert!(server.is_running());
    signal(pid, Signal::KILL);
    eventually("it is seen to have ended", || !server.is_running());
    assert!(!is_listed(pid), "it waits to be reaped");

    let refused = LocalPostgres::start(&checkout.options()).unwrap_err();
    assert!(
        matches!(refused, Error::NotRunning { pid, .. } if pid == Some(std::process::id())),
        "{refused}"
    );
    assert!(refused.to_string().contains("does not run"), "{refused}");
    // A process that attaches gets the same error, and no error once the owner has released the lock.
    let refused_to_attach = LocalPostgres::attach(&checkout.options()).unwrap_err();
    assert_eq!(refused_to_attach.to_string(), refused.to_string());
    server.stop().unwrap();
    assert!(LocalPostgres::attach(&checkout.options()).unwrap().is_none());
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
}

#[test]
fn another_process_attaches_to_the_running_server() {
    let checkout = Checkout::new();
    assert!(LocalPostgres::attach(&checkout.options()).unwrap().is_none());
    assert!(!exists(&checkout.directory), "attaching creates nothing");
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    let found = LocalPostgres::attach(&checkout.options()).unwrap().unwrap();
    assert_eq!(
        (found.port(), found.pid()),
        (server.endpoint().port(), server.endpoint().pid())
    );
    assert_eq!(found.bin_dir(), server.endpoint().bin_dir());
    assert_eq!(sql(&found, "select 1").unwrap(), "1");
    server.stop().unwrap();
    assert!(LocalPostgres::attach(&checkout.options()).unwrap().is_none());
}

#[test]
fn a_reset_deletes_the_data_and_nothing_else() {
    let checkout = Checkout::new();
    assert!(!LocalPostgres::reset(&checkout.options()).unwrap());
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    sql(server.endpoint(), "create table gone ()").unwrap();
    let password = server.endpoint().password().clone();
    server.stop().unwrap();
    fs::create_dir_all(checkout.directory.join("binaries/18.3.0")).unwrap();

    assert!(LocalPostgres::reset(&checkout.options()).unwrap());
    assert!(!LocalPostgres::reset(&checkout.options()).unwrap());
    assert_eq!(checkout.names(), ["binaries", "lock", "postgres.log"]);
    let server = LocalPostgres::start(&checkout.options()).unwrap();
    assert!(sql(server.endpoint(), "select * from gone").is_err());
    assert_ne!(
        server.endpoint().password().expose_secret(),
        password.expose_secret()
    );
    server.stop().unwrap();
}

#[test]
fn data_that_this_crate_did_not_create_is_neither_started_nor_deleted() {
    let checkout = Checkout::new();
    fs::create_dir_all(checkout.directory.join("data")).unwrap();
    open_to_all(&checkout.directory);
    fs::write(checkout.directory.join("data/PG_VERSION"), "18\n").unwrap();
    assert!(matches!(
        LocalPostgres::start(&checkout.options()),
        Err(Error::NotOurs { .. })
    ));
    assert!(matches!(
        LocalPostgres::reset(&checkout.options()),
        Err(Error::NotOurs { .. })
    ));
    assert!(exists(&checkout.directory.join("data/PG_VERSION")));
}

#[test]
fn a_lost_password_is_noticed_before_the_start() {
    let checkout = Checkout::new();
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
    fs::remove_file(checkout.directory.join("password")).unwrap();
    let error = LocalPostgres::start(&checkout.options()).unwrap_err();
    assert!(matches!(error, Error::PasswordMissing { .. }), "{error}");
    assert!(!exists(&checkout.directory.join("data/postmaster.pid")));
}

#[test]
fn a_start_that_fails_shows_the_end_of_the_log_and_can_be_repeated() {
    let checkout = Checkout::new();
    let broken = checkout
        .options()
        .setting("shared_preload_libraries", "no_such_library");
    let error = LocalPostgres::start(&broken).unwrap_err();
    assert!(matches!(error, Error::StartFailed { .. }), "{error}");
    assert!(error.to_string().contains("no_such_library"), "{error}");
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
}

#[test]
fn an_initdb_that_fails_leaves_no_half_data_directory() {
    let checkout = Checkout::new();
    let half = r#"mkdir -p "$2"; echo 18 > "$2/PG_VERSION"; echo "no space left" >&2; exit 1"#;
    let bin = fake::installation(&checkout.side("fake"), "bin", "18.1", half, "exit 1");
    let error = LocalPostgres::start(&checkout.options().search(Search::only([bin]))).unwrap_err();
    assert!(matches!(error, Error::Initdb { status: Some(_), .. }), "{error}");
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(checkout.names(), ["lock", "password"]);
    LocalPostgres::start(&checkout.options()).unwrap().stop().unwrap();
}

#[test]
fn programs_that_hang_are_killed() {
    let checkout = Checkout::new();
    let hanging = fake::installation(
        &checkout.side("fake"),
        "initdb",
        "18.1",
        "exec sleep 600",
        "exit 1",
    );
    let options = checkout.options().start_timeout(Duration::from_secs(1));
    let error = LocalPostgres::start(&options.clone().search(Search::only([hanging]))).unwrap_err();
    assert!(matches!(error, Error::Initdb { status: None, .. }), "{error}");
    assert_eq!(checkout.names(), ["lock", "password"]);

    let never_ready = "echo still waiting; echo $$ > \"$2/started\"; exec sleep 600";
    let hanging = fake::installation(
        &checkout.side("fake"),
        "postgres",
        "18.1",
        fake::INITDB,
        never_ready,
    );
    let error = LocalPostgres::start(&options.search(Search::only([hanging]))).unwrap_err();
    assert!(matches!(error, Error::StartTimeout { .. }), "{error}");
    assert!(error.to_string().contains("still waiting"), "{error}");
    let pid = fs::read_to_string(checkout.directory.join("data/started")).unwrap();
    assert!(!runs(pid.trim().parse().unwrap()));
}

#[test]
fn a_server_that_ignores_a_fast_shutdown_gets_an_immediate_one() {
    let checkout = Checkout::new();
    let bin = fake::installation(
        &checkout.side("fake"),
        "bin",
        "18.1",
        fake::INITDB,
        fake::STUBBORN,
    );
    let options = checkout
        .options()
        .search(Search::only([bin]))
        .stop_timeout(Duration::from_millis(300));
    let server = LocalPostgres::start(&options).unwrap();
    let pid = server.endpoint().pid();
    assert!(runs(pid));
    server.stop().unwrap();
    assert!(!runs(pid));
}
