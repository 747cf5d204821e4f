//! Certificate authorities: only the configured ones are trusted.
//!
//! The certificates in `certificates/` are valid for a hundred years. `server.key` is used by the tests' own server
//! alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schema::{Authorities, AuthoritiesError, Cluster};
use sqlx::postgres::PgSslMode;
use testkit::TestServer;
use tokio::time::{sleep, timeout};

use testkit::run;

fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/certificates")
}

fn authority(file: &str) -> Authorities {
    Authorities::from_file(&certificates().join(file)).unwrap()
}

/// A server with TLS.
async fn server() -> TestServer {
    let server = TestServer::bare().await;
    let data = server.log_file().with_file_name("data");
    let owner = fs::metadata(&data).unwrap();
    for file in ["server.crt", "server.key"] {
        let (from, to) = (certificates().join(file), data.join(file));
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, Permissions::from_mode(0o600)).unwrap();
        chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let mut superuser = server.superuser("postgres").await;
    for sql in ["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"] {
        run(&mut superuser, sql).await.unwrap();
    }
    server
}

#[tokio::test]
async fn only_the_configured_authorities_are_trusted() {
    let server = server().await;
    let cluster = |authorities| Cluster {
        tls: PgSslMode::VerifyFull,
        authorities,
        ..server.cluster().clone()
    };
    let login = async |authorities| {
        let login = server.superuser_login();
        cluster(authorities).try_login(login, "postgres").await
    };
    // The server reloads its settings asynchronously.
    timeout(Duration::from_secs(30), async {
        while login(Some(authority("authority.crt"))).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the authority is trusted");
    for authorities in [
        None,
        Some(authority("another-authority.crt")),
        Authorities::of_system().ok(),
    ] {
        let error = login(authorities).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
    }
}

#[test]
fn a_file_without_certificates_is_refused_and_named() {
    let missing = Authorities::from_file(Path::new("/no/such/file.pem"));
    assert!(matches!(missing, Err(AuthoritiesError::Unreadable { .. })));
    let no_certificate = Authorities::from_file(&certificates().join("server.key")).unwrap_err();
    assert!(
        no_certificate.to_string().contains("server.key"),
        "{no_certificate}"
    );
}
