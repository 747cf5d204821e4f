//! Certificates that the command presents to an admin plane which asks for them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use tempfile::TempDir;

use super::operator::{Said, run};
use super::process::command;
use crate::support::{ADMIN_TOKEN, Service};

/// A folder with certificates and their keys.
struct Folder(TempDir);

impl Folder {
    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// An authority, with its certificate in a file of this name.
    fn authority(&self, name: &str) -> Issuer<'static, KeyPair> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Else all have the same name, and a certificate of another would be one with a wrong signature.
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let root = params.self_signed(&key).unwrap();
        fs::write(self.path(name), root.pem()).unwrap();
        Issuer::new(params, key)
    }

    /// A certificate for `localhost` until this year, in `NAME.crt` with its key in `NAME.key`.
    fn certificate(&self, name: &str, issuer: &Issuer<'static, KeyPair>, until: i32) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, issuer).unwrap();
        for (kind, pem) in [("crt", certificate.pem()), ("key", key.serialize_pem())] {
            let path = self.path(&format!("{name}.{kind}"));
            fs::write(&path, pem).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// A service whose admin plane asks for a certificate of `operators.crt`.
    async fn service(&self) -> Service {
        let [certificate, key, operators] = [
            ("tls_cert_file", "server.crt"),
            ("tls_key_file", "server.key"),
            ("tls_client_ca_file", "operators.crt"),
        ]
        .map(|(setting, file)| format!("admin_plane.{setting}={}", self.path(file)));
        Service::with(&[&certificate, &key, &operators]).await
    }

    /// Runs a command of an operator with these files beside the authority of the service.
    async fn runs(&self, service: &Service, arguments: &[&str], files: &[(&str, &str)]) -> Said {
        let url = format!("https://localhost:{}", service.admin_plane.port());
        let mut command = command(self.0.path(), arguments);
        command.env("TENANTRY_ADMIN_TOKEN", ADMIN_TOKEN);
        command.args(["--url", &url, "--ca-file", &self.path("ca.crt")]);
        for (named_by, file) in files {
            if named_by.starts_with("--") {
                command.args([named_by, self.path(file).as_str()]);
            } else {
                command.env(named_by, self.path(file));
            }
        }
        run(command).await
    }
}

const LIST: [&str; 2] = ["tenant", "list"];

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_presents_a_certificate_and_without_one_is_told_why() {
    let folder = Folder(tempfile::tempdir().unwrap());
    folder.certificate("server", &folder.authority("ca.crt"), 2999);
    let (operators, strangers) = (
        folder.authority("operators.crt"),
        folder.authority("strangers.crt"),
    );
    folder.certificate("ops", &operators, 2999);
    folder.certificate("former", &operators, 2001);
    folder.certificate("stranger", &strangers, 2999);
    let service = folder.service().await;

    let ops = [("--client-cert", "ops.crt"), ("--client-key", "ops.key")];
    let create = ["tenant", "create", "acme"];
    let said = folder.runs(&service, &create, &ops).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let variables = [
        ("TENANTRY_ADMIN_CLIENT_CERT_FILE", "ops.crt"),
        ("TENANTRY_ADMIN_CLIENT_KEY_FILE", "ops.key"),
    ];
    let said = folder.runs(&service, &LIST, &variables).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("acme"), "{said:?}");

    // Refused before the request is read: the change was not made.
    let create = ["tenant", "create", "globex"];
    for (name, why) in [
        (
            None,
            "it asks for a certificate of yours; --client-cert and --client-key name it",
        ),
        (Some("stranger"), "another authority has signed it"),
        (Some("former"), "it has expired"),
    ] {
        let files = name.map(|name| [format!("{name}.crt"), format!("{name}.key")]);
        let files: Vec<_> = files
            .iter()
            .flat_map(|[certificate, key]| {
                [
                    ("--client-cert", certificate.as_str()),
                    ("--client-key", key.as_str()),
                ]
            })
            .collect();
        let said = folder.runs(&service, &create, &files).await;
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(
            said.err.contains(why) && !said.err.contains("is not known"),
            "{why}: {said:?}"
        );
    }
    let said = folder.runs(&service, &LIST, &ops).await;
    assert!(
        said.out.contains("acme") && !said.out.contains("globex"),
        "{said:?}"
    );
}

#[tokio::test]
async fn files_that_make_no_client_certificate_are_refused_before_anything_is_sent() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let operators = folder.authority("ca.crt");
    folder.certificate("ops", &operators, 2999);
    folder.certificate("other", &operators, 2999);
    folder.certificate("open", &operators, 2999);
    fs::set_permissions(folder.path("open.key"), Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.path("empty.pem"), "").unwrap();
    for (certificate, key, code, why) in [
        (
            Some("ops.crt"),
            Some("other.key"),
            2,
            "is not the key of the certificate in",
        ),
        (Some("empty.pem"), Some("ops.key"), 2, "--client-cert: "),
        (Some("ops.key"), Some("ops.key"), 2, "no certificate in it"),
        (Some("ops.crt"), Some("ops.crt"), 2, "no private key in it"),
        (
            Some("ops.crt"),
            None,
            2,
            "--client-cert needs the certificate's key, by --client-key",
        ),
        (
            None,
            Some("ops.key"),
            2,
            "--client-key needs the key's certificate, by --client-cert",
        ),
        // As with a token's file.
        (Some("open.crt"), Some("open.key"), 1, "everyone can read it"),
        (
            Some("ops.crt"),
            Some("missing.key"),
            1,
            "--client-key: cannot read",
        ),
    ] {
        let mut command = command(
            folder.0.path(),
            &["tenant", "list", "--url", "https://127.0.0.1:1"],
        );
        command.env("TENANTRY_ADMIN_TOKEN", ADMIN_TOKEN);
        for (flag, file) in [("--client-cert", certificate), ("--client-key", key)] {
            if let Some(file) = file {
                command.args([flag, folder.path(file).as_str()]);
            }
        }
        let said = run(command).await;
        assert_eq!(said.code, Some(code), "{certificate:?} {key:?}: {said:?}");
        assert!(said.err.contains(why) && said.out.is_empty(), "{why}: {said:?}");
    }
}
