//! docs/production.md, pasted into a shell, over a PostgreSQL that speaks TLS. What concerns the
//! machine is left out: its users, systemd and nginx.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use local_postgres::{Endpoint, EphemeralPostgres, Options};
use secrecy::ExposeSecret as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Executor as _};
use tempfile::TempDir;
use tokio::process::Command;

use super::process::{Process, output};

/// What the page says where the test has a folder of its own.
const ETC: &str = "/etc/tenantry";
const ROOT: &str = "/root/tenantry-token";

/// The chapter, with files in a folder of the test's, and that folder.
pub(super) struct Chapter {
    text: String,
    pub(super) folder: Arc<TempDir>,
}

impl Chapter {
    pub(super) fn new() -> Self {
        Self::of("production", Arc::new(tempfile::tempdir().unwrap()))
    }

    /// Another page for the same machine.
    pub(super) fn beside(&self, page: &str) -> Self {
        Self::of(page, Arc::clone(&self.folder))
    }

    fn of(page: &str, folder: Arc<TempDir>) -> Self {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let text = fs::read_to_string(docs.join(page).with_extension("md")).unwrap();
        let here = folder.path().to_str().unwrap();
        let text = text.replace(ROOT, &format!("{here}/token")).replace(ETC, here);
        Self { text, folder }
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// The block that follows this text.
    pub(super) fn block(&self, before: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(before)
            .unwrap_or_else(|| panic!("no {before:?}"));
        let (_, rest) = rest.split_once("```").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        rest.split_once("```").unwrap().0
    }

    /// A file that the chapter names and shows.
    pub(super) fn make(&self, name: &str) {
        let before = format!("`{}`", self.folder.path().join(name).display());
        self.write(name, self.block(&before));
    }

    /// A shell in the folder that runs this, on free ports, with the profile that the chapter exports.
    pub(super) fn shell(&self, script: &str, server: &Endpoint) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_tenantry"));
        let mut shell = Command::new("sh");
        shell.args(["-euc", &format!("PATH=$0:$PATH\n{script}")]);
        shell
            .arg(binary.parent().unwrap())
            .current_dir(self.folder.path());
        shell
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell.kill_on_drop(true);
        shell.env("TENANTRY_PROFILE", "production");
        shell.env("TENANTRY_CONFIG_DIR", self.folder.path());
        for section in ["CONTROL_STORE", "DATA_CLUSTER"] {
            shell.env(format!("TENANTRY_{section}__HOST"), server.host());
            shell.env(format!("TENANTRY_{section}__PORT"), server.port().to_string());
        }
        for plane in ["TENANT", "ADMIN"] {
            shell.env(format!("TENANTRY_{plane}_PLANE__LISTEN"), "127.0.0.1:0");
        }
        shell
    }

    /// Follows the page up to the token: files, secrets, databases.
    pub(super) async fn install(&self, server: &Endpoint) {
        for name in ["production.toml", "migrate.env"] {
            self.make(name);
        }
        self.write("bootstrap-password", server.password().expose_secret());
        let authority = self.folder.path().join("ca.pem");
        fs::copy("tests/it/command/tls/certificate.pem", authority).unwrap();
        let made = self.block("where the databases' backups are not");
        let checked = self.paste(made, server).await;
        assert!(
            checked.contains("profile production") && !checked.contains("problem"),
            "{checked}"
        );
        let migrate = self.block("Then the databases, a token");
        let examined = self.paste(migrate, server).await;
        assert!(examined.contains("Tenants are kept apart."), "{examined}");
    }

    pub(super) async fn paste(&self, script: &str, server: &Endpoint) -> String {
        // The service runs as the user of the test.
        let script = script.replace("chgrp tenantry", "chgrp \"$(id -g)\"");
        let (code, out, err) = output(self.shell(&script, server)).await;
        assert_eq!(code, Some(0), "{script}\n{out}\n{err}");
        out
    }
}

/// Turns TLS on, with the certificate of `tls.rs`, which stands for its own authority.
pub(super) async fn speak_tls(server: &Endpoint) {
    let data = server.data_directory();
    let owner = fs::metadata(data).unwrap();
    for (from, to) in [("certificate.pem", "server.crt"), ("key.pem", "server.key")] {
        let to = data.join(to);
        fs::copy(Path::new("tests/it/command/tls").join(from), &to).unwrap();
        fs::set_permissions(&to, Permissions::from_mode(0o600)).unwrap();
        chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let mut superuser: PgConnection = PgConnectOptions::new_without_pgpass()
        .host(server.host())
        .port(server.port())
        .username(server.superuser())
        .password(server.password().expose_secret())
        .database("postgres")
        .connect()
        .await
        .unwrap();
    superuser.execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    superuser.execute("SELECT pg_reload_conf()").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chapter_works_when_it_is_pasted() {
    // Only for downloaded programs, if none are installed.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tenantry/test-postgres");
    let server = tokio::task::spawn_blocking(move || EphemeralPostgres::start(&Options::new(root)));
    let server = server.await.unwrap().unwrap();
    let endpoint = server.endpoint();
    speak_tls(endpoint).await;

    let chapter = Chapter::new();
    chapter.install(endpoint).await;

    let mut service = Process::spawn(chapter.shell("exec tenantry serve", endpoint));
    let admin_plane = service.logged("admin_plane").await;
    let commands = chapter
        .text
        .split_once("systemctl enable --now tenantry\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .unwrap()
        .0;
    let mut shell = chapter.shell(commands, endpoint);
    shell.env("TENANTRY_ADMIN_PLANE__LISTEN", &admin_plane);
    let (code, out, err) = output(shell).await;
    assert_eq!(code, Some(0), "{commands}\n{out}\n{err}");
    assert!(out.contains("acme"), "{out}");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!chapter.folder.path().join(".tenantry").exists());
}
