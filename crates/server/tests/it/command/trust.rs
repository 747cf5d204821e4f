//! A state folder of another user: its files are not trusted.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::operator::run;
use super::process::command;

/// The account `daemon`, which exists everywhere and does not run the tests.
const OTHER_USER: u32 = 1;

const TOKEN: &str = "planted-token";

/// A folder with a state folder in it that names a service at `admin_plane`, and a token for it.
fn planted(admin_plane: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".tenantry");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
    let run_file = format!(r#"{{"tenant_plane": "127.0.0.1:1", "admin_plane": "{admin_plane}"}}"#);
    fs::write(state.join("service.json"), run_file).unwrap();
    write_token(&state.join("admin-token"), 0o600);
    (folder, state)
}

fn write_token(path: &Path, mode: u32) {
    fs::write(path, TOKEN).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A port that something listens on, and whether anything came.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[tokio::test]
async fn no_token_is_sent_to_an_address_that_is_not_loopback() {
    for address in ["192.0.2.1:8081", "[2001:db8::1]:8081"] {
        let (folder, _) = planted(address);
        let said = run(command(folder.path(), &["tenant", "list"])).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(
            said.err.contains(address) && said.err.contains("--url"),
            "{said:?}"
        );
    }
    // Neither is one that the configuration names, unless its file is named as well.
    let (folder, state) = planted("127.0.0.1:1");
    fs::remove_file(state.join("service.json")).unwrap();
    let listen = ["tenant", "list", "--set", "admin_plane.listen=192.0.2.1:8081"];
    let said = run(command(folder.path(), &listen)).await;
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(said.err.contains("--token-file"), "{said:?}");
}

#[tokio::test]
async fn a_state_folder_that_others_can_write_is_used_by_no_command() {
    let (listener, address) = listener();
    let (folder, state) = planted(&address);
    fs::set_permissions(&state, Permissions::from_mode(0o777)).unwrap();
    for (arguments, code) in [
        (&["tenant", "list"][..], 1),
        (&["serve"], 1),
        (&["migrate"], 1),
        (&["doctor"], 5),
        (&["admin-token", "create", "ops", "--role", "viewer"], 1),
        (&["db", "psql"], 1),
        (&["db", "reset", "--yes"], 1),
    ] {
        let said = run(command(folder.path(), &[arguments, &FREE].concat())).await;
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        assert!(
            said.err.contains("mode 0777") && said.err.contains(".tenantry"),
            "{arguments:?}: {said:?}"
        );
    }
    assert!(listener.accept().is_err(), "it was spoken to");
    // With a URL and a token the folder is not used.
    let mut named = command(folder.path(), &["tenant", "list", "--url", "http://127.0.0.1:1"]);
    named.env("TENANTRY_ADMIN_TOKEN", "of-a-test");
    assert_eq!(run(named).await.code, Some(3));
    assert_eq!(fs::read_dir(&state).unwrap().count(), 2, "something was made");
}

/// Any port, where a service should start after all.
const FREE: [&str; 4] = [
    "--set",
    "tenant_plane.listen=127.0.0.1:0",
    "--set",
    "admin_plane.listen=127.0.0.1:0",
];

#[tokio::test]
async fn files_of_another_user_are_refused_by_the_service_too() {
    let (listener, address) = listener();
    let (folder, state) = planted(&address);
    // Only root can change a file's owner.
    if lchown(state.join("admin-token"), Some(OTHER_USER), None).is_err() {
        return;
    }
    for arguments in [&["tenant", "list"][..], &["serve"]] {
        let said = run(command(folder.path(), &[arguments, &FREE].concat())).await;
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(
            said.err.contains("admin-token belongs to user id 1") && !said.err.contains(TOKEN),
            "{arguments:?}: {said:?}"
        );
    }
    lchown(&state, Some(OTHER_USER), None).unwrap();
    for arguments in [&["tenant", "list"][..], &["serve"], &["migrate"]] {
        let said = run(command(folder.path(), &[arguments, &FREE].concat())).await;
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(said.err.contains(".tenantry belongs to user id 1"), "{said:?}");
    }
    assert!(listener.accept().is_err(), "it was spoken to");
    assert!(!state.join("postgres").exists(), "a PostgreSQL was started");
}

#[tokio::test]
async fn secrets_are_not_written_through_a_planted_link() {
    let (folder, state) = planted("127.0.0.1:1");
    let victim = folder.path().join("victim");
    for name in ["admin-token", "admin-token.new", "service.json.new"] {
        let _ = fs::remove_file(state.join(name));
        symlink(&victim, state.join(name)).unwrap();
    }
    let said = run(command(folder.path(), &[&["serve"], &FREE[..]].concat())).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("admin-token"), "{said:?}");
    assert!(!victim.exists(), "it was written through the link");
}

#[tokio::test]
async fn a_token_file_that_others_can_write_or_read_is_refused() {
    let (listener, address) = listener();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let path = file.to_str().unwrap();
    let url = format!("http://{address}");
    for (mode, remedy) in [(0o666, "chmod go-w"), (0o644, "chmod 600"), (0o604, "chmod 600")] {
        write_token(&file, mode);
        let list = ["tenant", "list", "--url", &url, "--token-file", path];
        let said = run(command(folder.path(), &list)).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        for part in [&format!("{path} has mode {mode:04o}"), remedy] {
            assert!(said.err.contains(part), "{mode:o}: {said:?}");
        }
        assert!(!said.err.contains(TOKEN), "{said:?}");
    }
    assert!(listener.accept().is_err(), "it was spoken to");
}

#[tokio::test]
async fn a_generated_token_that_others_can_read_is_refused() {
    let (listener, address) = listener();
    let (folder, state) = planted(&address);
    let path = state.join("admin-token");
    write_token(&path, 0o644);
    for arguments in [&["tenant", "list"][..], &["serve"]] {
        let said = run(command(folder.path(), &[arguments, &FREE].concat())).await;
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(
            said.err.contains("admin-token has mode 0644")
                && said.err.contains("chmod 600")
                && !said.err.contains(TOKEN),
            "{arguments:?}: {said:?}"
        );
    }
    assert!(listener.accept().is_err(), "it was spoken to");
    assert!(!state.join("postgres").exists(), "a PostgreSQL was started");
}
