//! The command itself, as a newcomer runs it: in an empty folder, with no configuration.

mod accounts;
mod certificates;
mod checked;
mod client_certificates;
mod descriptors;
mod doctor;
mod examination;
mod migrate;
mod names;
mod operating;
mod operator;
mod plans;
mod process;
mod production;
mod profiles;
mod pty;
mod read_only;
mod refused;
mod seeding;
mod shells;
mod tenant_psql;
mod tenants;
mod terminal;
mod tls;
mod trust;
mod wire;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::doctor::has_psql;
use self::process::{Folder, Process, output};
use crate::support::{Client, until};

const USERS: &str = "/v1/internal/users";

#[tokio::test]
async fn the_lines_of_the_first_run_work_when_pasted_and_a_restart_keeps_everything() {
    let folder = Folder::new();
    let mut service = folder.serve();
    let banner = service.banner().await;
    assert_eq!(banner.curl_lines.len(), 3, "{banner:?}");
    // Without curl only the pasting itself is left out; what the lines do is also done below.
    if has_curl() {
        let answers: Vec<Value> = banner.curl_lines.iter().map(|line| folder.paste(line)).collect();
        assert_eq!(answers[0]["items"].as_array().unwrap().len(), 3, "{answers:?}");
        assert_eq!(answers[1]["name"], "Ada Lovelace");
        assert_eq!(answers[2]["items"][0]["name"], "acme");
    }
    let [acme, globex] = &banner.tenants;
    let client = Client::new(banner.tenant_plane).header("x-tenant-id", acme);
    let user = client
        .post(USERS, &json!({"name": "Radia Perlman"}))
        .await
        .expect(201);
    // Keys where they do not belong: they are refused, and not logged.
    let key = fs::read_to_string(folder.path().join(".tenantry/api-key-acme")).unwrap();
    let stranger = Client::new(banner.tenant_plane);
    for path in [
        format!("/v1/users?access_token={}", key.trim()),
        format!("/v1/users/{}", key.trim()),
    ] {
        stranger.get(&path).await.refused(401, "UNAUTHENTICATED");
    }
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    // Its own PostgreSQL stops with it, which is no outage.
    let (_, stopping) = log.split_once("stopping").unwrap();
    assert!(!stopping.contains("WARN") && !stopping.contains("ERROR"), "{log}");

    // Again: the same tenants, the row, and nothing seeded twice.
    let mut service = folder.serve();
    let banner = service.banner().await;
    assert_eq!(&banner.tenants, &[acme.clone(), globex.clone()]);
    let client = Client::new(banner.tenant_plane).header("x-tenant-id", acme);
    let items = client.get(USERS).await.expect(200)["items"].take();
    assert_eq!(items.as_array().unwrap().len(), 4);
    assert_eq!(items[3], user);
    let (_, second_log) = service.stop().await;

    for name in [
        "admin-token",
        "api-key-acme",
        "api-key-globex",
        "service-password",
        "migrator-password",
        "key-ring.json",
    ] {
        let path = folder.path().join(".tenantry").join(name);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{name}"
        );
        let secret = fs::read_to_string(&path).unwrap();
        for log in [&log, &second_log] {
            assert!(!log.contains(secret.trim()), "{name} stands in the log");
        }
    }
    // One access line for the POST.
    let lines = log
        .lines()
        .filter(|line| line.contains("access") && line.contains("method=\"POST\""))
        .count();
    assert_eq!(lines, if has_curl() { 2 } else { 1 }, "{log}");
    // Those that came with a key name it by its id.
    let by_key = log
        .lines()
        .filter(|line| line.contains("/v1/users") && line.contains("api_key="));
    assert_eq!(by_key.count(), if has_curl() { 2 } else { 0 }, "{log}");
}

#[tokio::test]
async fn after_a_kill_the_next_start_works_and_nothing_is_lost() {
    let folder = Folder::new();
    let mut service = folder.serve();
    let banner = service.banner().await;
    let client = Client::new(banner.tenant_plane).header("x-tenant-id", &banner.tenants[0]);
    let user = client
        .post(USERS, &json!({"name": "Radia Perlman"}))
        .await
        .expect(201);
    let key_file = folder.path().join(".tenantry/api-key-acme");
    let former = fs::read_to_string(&key_file).unwrap();
    service.kill().await;

    fs::remove_file(&key_file).unwrap();
    let mut service = Process::spawn(folder.serve_command(&["--set", "control_store.host=db.example.org"]));
    let banner = service.banner().await;
    let with_key = |key: &str| {
        let authorization = format!("Bearer {}", key.trim());
        Client::new(banner.tenant_plane).header("authorization", &authorization)
    };
    let current = fs::read_to_string(&key_file).unwrap();
    with_key(&current).get("/v1/users").await.expect(200);
    with_key(&former)
        .get("/v1/users")
        .await
        .refused(401, "UNAUTHENTICATED");
    let client = Client::new(banner.tenant_plane).header("x-tenant-id", &banner.tenants[0]);
    let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200), user);
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    // It has a PostgreSQL of its own, and says so.
    assert!(log.contains("control_store.host"), "{log}");
}

#[tokio::test]
async fn commands_find_the_running_service_by_themselves() {
    let folder = Folder::new();
    // Where no service was started it says so, and leaves nothing.
    let (status, _, error) = output(folder.command(&["tenant", "list"])).await;
    assert_eq!(status, Some(4));
    assert!(
        error.contains("run this where the service was started"),
        "{error}"
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was made"
    );

    let mut service = folder.serve();
    let banner = service.banner().await;
    let (status, listed, error) = output(folder.command(&["tenant", "list", "--json"])).await;
    assert_eq!(status, Some(0), "{error}");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tenant| tenant["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, banner.tenants.each_ref().map(String::as_str));

    let (status, created, error) = output(folder.command(&["tenant", "create", "initech", "--json"])).await;
    assert_eq!(status, Some(0), "{error}");
    let created: Value = serde_json::from_str(&created).unwrap();
    let id = created["id"].as_str().unwrap();
    let (_, shown, _) = output(folder.command(&["tenant", "show", id, "--json"])).await;
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), created);
    let (status, _, error) = output(folder.command(&["tenant", "create", "initech"])).await;
    assert_eq!(status, Some(1));
    assert!(error.contains("TENANT_EXISTS"), "{error}");

    // Beside the running service: its PostgreSQL is used and not stopped.
    let (status, token, error) =
        output(folder.command(&["admin-token", "create", "ops", "--role", "admin"])).await;
    assert_eq!(status, Some(0), "{error}");
    // The token alone is on standard output; its id is for people.
    assert!(
        error.contains("is shown this once") && !token.trim().contains(char::is_whitespace),
        "{error}"
    );
    // There is no default role: the most powerful one would be a bad one.
    let (status, _, error) = output(folder.command(&["admin-token", "create", "watch"])).await;
    assert_eq!(status, Some(2), "{error}");
    assert!(error.contains("--role"), "{error}");
    let (status, made, error) =
        output(folder.command(&["admin-token", "create", "watch", "--role", "viewer", "--json"])).await;
    assert_eq!(status, Some(0), "{error}");
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(
        (&made["name"], &made["role"]),
        (&json!("watch"), &json!("viewer"))
    );
    let expired = [
        "admin-token",
        "create",
        "late",
        "--role",
        "viewer",
        "--expires",
        "2020-01-01T00:00:00Z",
    ];
    let (status, _, error) = output(folder.command(&expired)).await;
    assert_eq!(status, Some(1));
    assert!(
        error.contains("the token would have expired already") && !error.contains("migrate"),
        "{error}"
    );
    let viewer = made["token"].as_str().unwrap();
    let mut command = folder.command(&["tenant", "suspend", "initech"]);
    command.env("TENANTRY_ADMIN_TOKEN", viewer);
    let (status, _, error) = output(command).await;
    assert_eq!(status, Some(4));
    assert!(
        error.contains("FORBIDDEN") && error.contains("operator"),
        "{error}"
    );
    let operator =
        Client::new(banner.admin_plane).header("authorization", &format!("Bearer {}", token.trim()));
    operator.get("/admin/v1/tenants").await.expect(200);
    let (status, _, error) = output(folder.command(&["migrate"])).await;
    assert_eq!(status, Some(0), "{error}");
    Client::new(banner.tenant_plane)
        .header("x-tenant-id", id)
        .get(USERS)
        .await
        .expect(200);

    let (status, _, error) = output(folder.command(&["db", "reset", "--yes"])).await;
    assert_eq!(status, Some(1), "a running service's data was deleted");
    assert!(!error.is_empty());
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn a_service_whose_password_has_changed_stops_without_a_panic() {
    if !has_psql() {
        return;
    }
    let folder = Folder::new();
    let mut service = folder.serve();
    service.banner().await;
    for sql in [
        "ALTER ROLE tenantry_service PASSWORD 'chang3d'",
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'tenantry_service'",
    ] {
        let psql = folder.command(&["db", "psql", "data", "--", "--command", sql]);
        let (status, _, error) = output(psql).await;
        assert_eq!(status, Some(0), "{error}");
    }
    // The sentinel has lost its session, and tries to log in.
    service.says("sentinel cannot query the server").await;
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panicked") && !log.contains("chang3d"), "{log}");
}

#[tokio::test]
async fn a_second_service_in_the_same_folder_names_the_running_one() {
    let folder = Folder::new();
    let mut service = folder.serve();
    service.banner().await;
    let (status, _, error) = output(folder.serve_command(&[])).await;
    assert_eq!(status, Some(1));
    assert!(error.contains(&service.pid().to_string()), "{error}");
    service.stop().await;
}

#[tokio::test]
async fn a_second_service_on_the_same_ports_of_a_folder_is_not_sent_to_other_ports() {
    let folder = Folder::new();
    let mut service = folder.serve();
    let banner = service.banner().await;
    let tenant = format!("tenant_plane.listen={}", banner.tenant_plane);
    let admin = format!("admin_plane.listen={}", banner.admin_plane);
    let again = folder.command(&["--set", &tenant, "--set", &admin]);
    let (status, _, error) = output(again).await;
    assert_eq!(status, Some(1));
    let told = format!(
        "a service runs in this folder already, on {} and {}: stop it",
        banner.tenant_plane, banner.admin_plane
    );
    assert!(error.contains(&told) && !error.contains("--set"), "{error}");
    service.stop().await;
}

#[tokio::test]
async fn a_private_postgresql_that_ends_by_itself_is_told_in_the_log_and_to_commands() {
    let folder = Folder::new();
    let mut service = folder.serve();
    service.banner().await;
    let file = folder.path().join(".tenantry/postgres/data/postmaster.pid");
    let file = fs::read_to_string(file).unwrap();
    let pid = file.lines().next().unwrap().to_owned();
    let kill = |signal: &str| {
        let sent = std::process::Command::new("kill").args([signal, &pid]).output();
        sent.unwrap().status.success()
    };
    assert!(kill("-KILL"));
    // It is not left as a zombie, which would answer.
    until(async || !kill("-0")).await;
    for (command, code) in [
        (&["admin-token", "create", "ops", "--role", "viewer"][..], 1),
        (&["db", "psql"], 1),
        (&["doctor"], 5),
    ] {
        let (status, _, error) = output(folder.command(command)).await;
        assert_eq!(status, Some(code), "{error}");
        assert!(
            error.contains("does not run") && error.contains(&service.pid().to_string()),
            "{error}"
        );
    }
    let (_, log) = service.stop().await;
    let told = log
        .lines()
        .find(|line| line.contains("the private PostgreSQL has ended by itself"));
    assert!(told.is_some_and(|line| line.contains("ERROR")), "{log}");

    let mut service = folder.serve();
    service.banner().await;
    service.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_key_and_nothing_is_started() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let set = format!("admin_plane.listen={address}");
    let (status, _, error) = output(folder.serve_command(&["--set", &set])).await;
    assert_eq!(status, Some(1));
    assert!(
        error.contains(&address.to_string()) && error.contains("admin_plane.listen"),
        "{error}"
    );
    assert!(!folder.path().join(".tenantry/postgres").exists());
    // The line that it gives works.
    let (_, rest) = error.split_once("`tenantry ").unwrap();
    let (line, _) = rest.split_once('`').unwrap();
    let mut command = folder.command(&["--set", "tenant_plane.listen=127.0.0.1:0"]);
    command.args(line.split(' '));
    let mut service = Process::spawn(command);
    service.banner().await;
    service.stop().await;
}

#[tokio::test]
async fn production_names_every_missing_key_at_once_and_starts_nothing() {
    let folder = Folder::new();
    let (status, _, error) = output(folder.command(&["--profile", "production"])).await;
    assert_eq!(status, Some(1));
    for key in [
        "control_store.host",
        "control_store.service_password",
        "data_cluster.host",
        "keys.ring_file",
    ] {
        assert!(error.contains(key), "{key} is missing in: {error}");
    }
    let checked = output(folder.command(&["--profile", "production", "config", "check", "--json"])).await;
    assert_eq!(checked.0, Some(1));
    let report: Value = serde_json::from_str(&checked.1).unwrap();
    assert!(report["problems"].as_array().unwrap().len() >= 5, "{report}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was made"
    );
}

#[tokio::test]
async fn a_postgresql_that_is_away_is_named_and_not_taken_for_an_old_schema() {
    let folder = Folder::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let at = format!("control_store.port={port}");
    let password = "a-hidden-password";
    let begun = Instant::now();
    let mut create = folder.command(&["admin-token", "create", "ops", "--role", "viewer"]);
    create.args(["--profile", "production", "--set", "control_store.host=127.0.0.1"]);
    create.args(["--set", &at, "--set", "control_store.tls=disable"]);
    create.env("TENANTRY_CONTROL_STORE__SERVICE_PASSWORD", password);
    let (status, _, error) = output(create).await;
    assert_eq!(status, Some(1));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(
        error.contains(&format!("cannot reach PostgreSQL at 127.0.0.1:{port}")),
        "{error}"
    );
    assert!(error.contains("refused") && !error.contains("migrate"), "{error}");
    assert!(!error.contains(password), "{error}");
}

#[tokio::test]
async fn a_key_ring_of_another_store_is_refused() {
    let folder = Folder::new();
    let mut service = folder.serve();
    service.banner().await;
    service.stop().await;
    fs::remove_file(folder.path().join(".tenantry/key-ring.json")).unwrap();
    let (status, _, error) = output(folder.serve_command(&[])).await;
    assert_eq!(status, Some(1));
    assert!(
        error.contains("keys.ring_file") && error.contains("key-ring.json"),
        "{error}"
    );
}

#[tokio::test]
async fn libpq_variables_are_refused() {
    let folder = Folder::new();
    let mut command = folder.command(&["config", "check"]);
    command.env("PGOPTIONS", "-c role=postgres");
    let (status, _, error) = output(command).await;
    assert_eq!(status, Some(1));
    assert!(error.contains("PGOPTIONS"), "{error}");
}

#[tokio::test]
async fn a_reset_begins_anew() {
    let folder = Folder::new();
    let mut service = folder.serve();
    let before = service.banner().await.tenants;
    service.stop().await;
    let (status, _, error) = output(folder.command(&["db", "reset"])).await;
    assert_eq!(status, Some(2), "{error}");
    assert!(error.contains("--yes"), "{error}");
    let (status, said, error) = output(folder.command(&["db", "reset", "--yes"])).await;
    assert_eq!(status, Some(0), "{said}{error}");
    let mut service = folder.serve();
    assert_ne!(service.banner().await.tenants, before);
    service.stop().await;
}

fn has_curl() -> bool {
    std::process::Command::new("curl")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}
