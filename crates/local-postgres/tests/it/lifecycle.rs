//! Starting, stopping, starting again, and what stands in the way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use local_postgres::{Error, LocalPostgres, Search, Step};
use rustix::process::Signal;
use secrecy::ExposeSecret;

use crate::support::process::{eventually, is_listed, runs, signal};
use crate::support::{Place, Steps, exists, fake, open_to_all, sql, sql_as};

#[test]
fn data_survives_a_restart_and_settings_follow_each_start() {
    let place = Place::new();
    let steps = Steps::default();
    let options = place
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

    let server = LocalPostgres::start(&place.options().setting("max_connections", "18")).unwrap();
    assert_eq!(sql(server.endpoint(), "select answer from kept").unwrap(), "42");
    assert_eq!(sql(server.endpoint(), "show max_connections").unwrap(), "18");
    let pid = server.endpoint().pid();
    drop(server);
    assert!(!runs(pid), "dropping stops as well");
}

#[test]
fn a_new_server_is_closed_but_for_the_password() {
    let place = Place::new();
    let server = LocalPostgres::start(&place.options()).unwrap();
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
    let file = place.root.join("password");
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
        place.names(),
        ["data", "lock", "password", "postgres.log"],
        "nothing else is left of the start"
    );
    server.stop().unwrap();
}

#[test]
fn the_second_owner_is_told_who_is_the_first() {
    let place = Place::new();
    let server = LocalPostgres::start(&place.options()).unwrap();
    let refused = LocalPostgres::start(&place.options()).unwrap_err();
    assert!(
        matches!(refused, Error::Locked { pid, .. } if pid == Some(std::process::id())),
        "{refused}"
    );
    let refused = LocalPostgres::reset(&place.options()).unwrap_err();
    assert!(matches!(refused, Error::Locked { .. }), "{refused}");
    assert_eq!(
        sql(server.endpoint(), "select 1").unwrap(),
        "1",
        "the first is not disturbed"
    );
    server.stop().unwrap();
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
}

#[test]
fn a_server_that_was_killed_is_noticed_reaped_and_not_called_in_use() {
    let place = Place::new();
    let server = LocalPostgres::start(&place.options()).unwrap();
    let pid = server.endpoint().pid();
    assert!(server.is_running());
    signal(pid, Signal::KILL);
    eventually("it is seen to have ended", || !server.is_running());
    assert!(!is_listed(pid), "it waits to be reaped");

    let refused = LocalPostgres::start(&place.options()).unwrap_err();
    assert!(
        matches!(refused, Error::OwnerWithoutServer { pid, .. } if pid == Some(std::process::id())),
        "{refused}"
    );
    assert!(refused.to_string().contains("does not run"), "{refused}");
    // Who only looks for it is told the same, and that there is none once nobody owns it.
    let told = LocalPostgres::attach(&place.options()).unwrap_err();
    assert_eq!(told.to_string(), refused.to_string());
    server.stop().unwrap();
    assert!(LocalPostgres::attach(&place.options()).unwrap().is_none());
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
}

#[test]
fn others_find_the_running_server_without_touching_it() {
    let place = Place::new();
    assert!(LocalPostgres::attach(&place.options()).unwrap().is_none());
    assert!(!exists(&place.root), "looking makes nothing");
    let server = LocalPostgres::start(&place.options()).unwrap();
    let found = LocalPostgres::attach(&place.options()).unwrap().unwrap();
    assert_eq!(
        (found.port(), found.pid()),
        (server.endpoint().port(), server.endpoint().pid())
    );
    assert_eq!(found.bin_dir(), server.endpoint().bin_dir());
    assert_eq!(sql(&found, "select 1").unwrap(), "1");
    server.stop().unwrap();
    assert!(LocalPostgres::attach(&place.options()).unwrap().is_none());
}

#[test]
fn a_reset_deletes_the_data_and_nothing_else() {
    let place = Place::new();
    assert!(!LocalPostgres::reset(&place.options()).unwrap());
    let server = LocalPostgres::start(&place.options()).unwrap();
    sql(server.endpoint(), "create table gone ()").unwrap();
    let password = server.endpoint().password().clone();
    server.stop().unwrap();
    fs::create_dir_all(place.root.join("binaries/18.3.0")).unwrap();

    assert!(LocalPostgres::reset(&place.options()).unwrap());
    assert!(!LocalPostgres::reset(&place.options()).unwrap());
    assert_eq!(place.names(), ["binaries", "lock", "postgres.log"]);
    let server = LocalPostgres::start(&place.options()).unwrap();
    assert!(sql(server.endpoint(), "select * from gone").is_err());
    assert_ne!(
        server.endpoint().password().expose_secret(),
        password.expose_secret()
    );
    server.stop().unwrap();
}

#[test]
fn data_of_others_is_neither_started_nor_deleted() {
    let place = Place::new();
    fs::create_dir_all(place.root.join("data")).unwrap();
    open_to_all(&place.root);
    fs::write(place.root.join("data/PG_VERSION"), "18\n").unwrap();
    assert!(matches!(
        LocalPostgres::start(&place.options()),
        Err(Error::Foreign { .. })
    ));
    assert!(matches!(
        LocalPostgres::reset(&place.options()),
        Err(Error::Foreign { .. })
    ));
    assert!(exists(&place.root.join("data/PG_VERSION")));
}

#[test]
fn lost_passwords_are_noticed_before_a_start() {
    let place = Place::new();
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
    fs::remove_file(place.root.join("password")).unwrap();
    let error = LocalPostgres::start(&place.options()).unwrap_err();
    assert!(matches!(error, Error::PasswordMissing { .. }), "{error}");
    assert!(!exists(&place.root.join("data/postmaster.pid")));
}

#[test]
fn a_start_that_fails_shows_the_end_of_the_log_and_can_be_repeated() {
    let place = Place::new();
    let broken = place
        .options()
        .setting("shared_preload_libraries", "no_such_library");
    let error = LocalPostgres::start(&broken).unwrap_err();
    assert!(matches!(error, Error::StartFailed { .. }), "{error}");
    assert!(error.to_string().contains("no_such_library"), "{error}");
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
}

#[test]
fn an_initdb_that_fails_leaves_no_half_data_directory() {
    let place = Place::new();
    let half = r#"mkdir -p "$2"; echo 18 > "$2/PG_VERSION"; echo "no space left" >&2; exit 1"#;
    let bin = fake::installation(&place.side("fake"), "bin", "18.1", half, "exit 1");
    let error = LocalPostgres::start(&place.options().search(Search::only([bin]))).unwrap_err();
    assert!(matches!(error, Error::Initdb { status: Some(_), .. }), "{error}");
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(place.names(), ["lock", "password"]);
    LocalPostgres::start(&place.options()).unwrap().stop().unwrap();
}

#[test]
fn programs_that_hang_are_ended() {
    let place = Place::new();
    let hanging = fake::installation(&place.side("fake"), "initdb", "18.1", "exec sleep 600", "exit 1");
    let options = place.options().start_timeout(Duration::from_secs(1));
    let error = LocalPostgres::start(&options.clone().search(Search::only([hanging]))).unwrap_err();
    assert!(matches!(error, Error::Initdb { status: None, .. }), "{error}");
    assert_eq!(place.names(), ["lock", "password"]);

    let never_ready = "echo still waiting; echo $$ > \"$2/started\"; exec sleep 600";
    let hanging = fake::installation(&place.side("fake"), "postgres", "18.1", fake::INITDB, never_ready);
    let error = LocalPostgres::start(&options.search(Search::only([hanging]))).unwrap_err();
    assert!(matches!(error, Error::StartTimeout { .. }), "{error}");
    assert!(error.to_string().contains("still waiting"), "{error}");
    let pid = fs::read_to_string(place.root.join("data/started")).unwrap();
    assert!(!runs(pid.trim().parse().unwrap()));
}

#[test]
fn a_server_that_ignores_a_fast_shutdown_gets_an_immediate_one() {
    let place = Place::new();
    let bin = fake::installation(&place.side("fake"), "bin", "18.1", fake::INITDB, fake::STUBBORN);
    let options = place
        .options()
        .search(Search::only([bin]))
        .stop_timeout(Duration::from_millis(300));
    let server = LocalPostgres::start(&options).unwrap();
    let pid = server.endpoint().pid();
    assert!(runs(pid));
    server.stop().unwrap();
    assert!(!runs(pid));
}
