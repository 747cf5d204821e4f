//! Certificate authorities: those that are named are trusted, and no others.
//!
//! The certificates in `certificates/` are valid for a hundred years. `server.key` is the key of nothing but the tests'
//! own server.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use control_plane::postgres::{Authorities, AuthoritiesError, Cluster};
use sqlx::postgres::PgSslMode;
use testkit::TestServer;
use tokio::time::{sleep, timeout};

use crate::support::run;

fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/certificates")
}

fn named(file: &str) -> Authorities {
    Authorities::from_file(&certificates().join(file)).unwrap()
}

/// A server of its own, that takes TLS.
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
async fn the_named_authorities_are_trusted_and_no_others() {
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
    // Until the server has read its new settings.
    timeout(Duration::from_secs(30), async {
        while login(Some(named("authority.crt"))).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the authority is trusted");
    // The system's are beside the named ones no more.
    for authorities in [
        None,
        Some(named("another-authority.crt")),
        Authorities::of_system().ok(),
    ] {
        let error = login(authorities).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
    }
}

#[test]
fn a_file_that_holds_no_certificate_is_refused_by_its_name() {
    let missing = Authorities::from_file(Path::new("/no/such/file.pem"));
    assert!(matches!(missing, Err(AuthoritiesError::Unreadable { .. })));
    let no_certificate = Authorities::from_file(&certificates().join("server.key")).unwrap_err();
    assert!(
        no_certificate.to_string().contains("server.key"),
        "{no_certificate}"
    );
}
