//! `tenantry config check` opens the files that `serve` and `migrate` open.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::process::{command, output};

/// A production configuration whose files are all there.
struct Production(TempDir);

impl Production {
    async fn new() -> Self {
        let production = Self(tempfile::tempdir().unwrap());
        let (code, ..) = output(command(production.0.path(), &["keys", "generate", "ring.json"])).await;
        assert_eq!(code, Some(0));
        for (from, to) in [
            ("certificate", "ca.pem"),
            ("certificate", "tls.crt"),
            ("key", "tls.key"),
        ] {
            let from = format!("tests/it/command/tls/{from}.pem");
            fs::copy(from, production.path(to)).unwrap();
        }
        fs::set_permissions(production.path("tls.key"), Permissions::from_mode(0o600)).unwrap();
        production
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, and each problem's key and message.
    async fn check(&self, purpose: &str) -> (Option<i32>, Vec<(String, String)>) {
        let mut check = command(self.0.path(), &["config", "check", "--json", "--for", purpose]);
        check
            .env("TENANTRY_PROFILE", "production")
            .env("TENANTRY_KEYS__RING_FILE", self.path("ring.json"));
        for section in ["CONTROL_STORE", "DATA_CLUSTER"] {
            check
                .env(format!("TENANTRY_{section}__HOST"), "db.example.org")
                .env(format!("TENANTRY_{section}__TLS_CA_FILE"), self.path("ca.pem"))
                .env(format!("TENANTRY_{section}__SERVICE_PASSWORD"), "x")
                .env(format!("TENANTRY_{section}__MIGRATOR_PASSWORD"), "x");
        }
        check
            .env("TENANTRY_ADMIN_PLANE__TLS_CERT_FILE", self.path("tls.crt"))
            .env("TENANTRY_ADMIN_PLANE__TLS_KEY_FILE", self.path("tls.key"))
            .env(
                "TENANTRY_TENANT_PLANE__LISTENERS",
                format!(
                    r#"[{{ name = "a", listen = "127.0.0.1:0", tls_cert_file = "{}", tls_key_file = "{}" }}]"#,
                    self.path("tls.crt").display(),
                    self.path("tls.key").display()
                ),
            );
        let (code, out, err) = output(check).await;
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let problems = report["problems"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            code,
            problems
                .map(|problem| (text(&problem["key"]), text(&problem["message"])))
                .collect(),
        )
    }

    /// What `serve` finds: these keys, each with this path.
    async fn finds(&self, keys: &[&str], path: &Path) {
        let (code, problems) = self.check("serve").await;
        assert_eq!(code, Some(1), "{problems:?}");
        let found: Vec<&str> = problems.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(found, keys, "{problems:?}");
        for (key, message) in &problems {
            assert!(message.starts_with(&format!("{key}: ")), "{message}");
            assert!(message.contains(path.to_str().unwrap()), "{message}");
            assert!(message.contains("(variable TENANTRY_"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_key_ring_that_cannot_be_used_is_found_with_key_and_path() {
    let production = Production::new().await;
    assert_eq!(production.check("serve").await, (Some(0), Vec::new()));
    let ring = production.path("ring.json");
    fs::set_permissions(&ring, Permissions::from_mode(0o644)).unwrap();
    production.finds(&["keys.ring_file"], &ring).await;
    fs::set_permissions(&ring, Permissions::from_mode(0o600)).unwrap();
    fs::write(&ring, "{}").unwrap();
    production.finds(&["keys.ring_file"], &ring).await;
    fs::remove_file(&ring).unwrap();
    production.finds(&["keys.ring_file"], &ring).await;
    // A migration opens no key ring.
    assert_eq!(production.check("migrate").await, (Some(0), Vec::new()));
}

#[tokio::test]
async fn authorities_that_cannot_be_used_are_found_with_key_and_path() {
    let keys = ["control_store.tls_ca_file", "data_cluster.tls_ca_file"];
    let production = Production::new().await;
    let authorities = production.path("ca.pem");
    fs::write(&authorities, "no certificate").unwrap();
    production.finds(&keys, &authorities).await;
    fs::remove_file(&authorities).unwrap();
    production.finds(&keys, &authorities).await;
    let (code, problems) = production.check("migrate").await;
    assert_eq!((code, problems.len()), (Some(1), 2), "{problems:?}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_found_with_key_and_path() {
    let production = Production::new().await;
    let keys = [
        "admin_plane.tls_key_file",
        "tenant_plane.listeners[0].tls_key_file",
    ];
    let certificates = [
        "admin_plane.tls_cert_file",
        "tenant_plane.listeners[0].tls_cert_file",
    ];
    let key = production.path("tls.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    production.finds(&keys, &key).await;
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    fs::write(&key, other.serialize_pem()).unwrap();
    production.finds(&keys, &key).await;
    let certificate = production.path("tls.crt");
    fs::write(&certificate, "no certificate").unwrap();
    production.finds(&certificates, &certificate).await;
    assert_eq!(production.check("migrate").await, (Some(0), Vec::new()));
}
