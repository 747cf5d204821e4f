//! The files, and what is said of wrong ones.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use web::error::in_one_line;

use super::*;

fn files() -> (TempDir, TlsFiles) {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key, authorities] =
        ["tls.crt", "tls.key", "ca.crt"].map(|name| folder.path().join(name));
    write_pair(&certificate, &key);
    fs::copy(&certificate, &authorities).unwrap();
    let files = TlsFiles {
        section: "admin_plane".to_owned(),
        certificate,
        key,
        client_authorities: Some(authorities),
    };
    (folder, files)
}

fn write_pair(certificate: &Path, key: &Path) {
    let pair = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    fs::write(certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
    fs::write(key, pair.serialize_pem()).unwrap();
    fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_pair_is_loaded_with_its_expiry() {
    let (_folder, files) = files();
    assert!(files.load().unwrap().expires.is_some());
    assert_eq!(files.paths().count(), 3);
}

#[test]
fn a_wrong_file_is_named_with_its_key() {
    type Damage = (fn(&TlsFiles), &'static str, &'static str);
    let damage: [Damage; 7] = [
        (
            |files| fs::remove_file(&files.certificate).unwrap(),
            "tls_cert_file",
            "cannot read",
        ),
        (
            |files| fs::write(&files.certificate, "").unwrap(),
            "tls_cert_file",
            "not a PEM file of certificates",
        ),
        (
            |files| fs::write(&files.key, "x").unwrap(),
            "tls_key_file",
            "not a PEM file of a private key",
        ),
        (
            |files| fs::set_permissions(&files.key, Permissions::from_mode(0o644)).unwrap(),
            "tls_key_file",
            "everyone can read it",
        ),
        (
            |files| write_pair(&files.key.with_extension("other"), &files.key),
            "tls_key_file",
            "is not the key of the certificate in",
        ),
        (
            |files| fs::write(files.client_authorities.as_ref().unwrap(), "").unwrap(),
            "tls_client_ca_file",
            "not a PEM file of certificates",
        ),
        (
            |files| {
                let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
                fs::write(files.client_authorities.as_ref().unwrap(), pem).unwrap();
            },
            "tls_client_ca_file",
            "cannot be used",
        ),
    ];
    for (damage, key, reason) in damage {
        let (_folder, files) = files();
        damage(&files);
        let error = files.load().err().unwrap();
        assert_eq!(error.key(), format!("admin_plane.{key}"));
        let text = in_one_line(&error.cause);
        assert!(text.contains(reason), "{text}");
        assert!(!text.contains("BEGIN"), "{text}");
    }
}
