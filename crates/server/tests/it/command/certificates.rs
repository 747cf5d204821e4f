//! Planes that speak TLS, in a process of production's profile.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use testkit::Databases;

use super::process::{Process, command, output, signal};
use crate::support::ADMIN_TOKEN;

/// A folder with an authority, and a mounted Secret as Kubernetes makes it: `tls.crt` and `tls.key` are links through
/// `..data`, which is swapped as a whole.
struct Mounted {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    versions: u32,
}

impl Mounted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("ca.crt"), root.pem()).unwrap();
        for name in ["tls.crt", "tls.key"] {
            symlink(Path::new("..data").join(name), folder.path().join(name)).unwrap();
        }
        let mut mounted = Self {
            folder,
            issuer: Issuer::new(params, key),
            versions: 0,
        };
        mounted.swap(2999, true);
        mounted
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A new certificate that expires in this year, with its key or another one.
    fn swap(&mut self, expires: i32, with_its_key: bool) {
        self.versions += 1;
        let folder = self.folder.path().join(self.versions.to_string());
        fs::create_dir(&folder).unwrap();
        let [certified, other] = [KeyPair::generate().unwrap(), KeyPair::generate().unwrap()];
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(expires, 1, 1);
        let certificate = params.signed_by(&certified, &self.issuer).unwrap();
        fs::write(folder.join("tls.crt"), certificate.pem()).unwrap();
        let key = if with_its_key { certified } else { other };
        fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
        fs::set_permissions(folder.join("tls.key"), Permissions::from_mode(0o400)).unwrap();
        let next = self.folder.path().join("..next");
        symlink(folder, &next).unwrap();
        fs::rename(next, self.folder.path().join("..data")).unwrap();
    }

    fn connect(&self, port: &str) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.path("ca.crt")).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        let tcp = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        StreamOwned::new(client, tcp)
    }
}

/// The head of the answer to `GET /livez`, on a connection that stays open.
fn livez(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> String {
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        read.push(byte[0]);
    }
    let head = String::from_utf8(read).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head
}

async fn serve(databases: &Databases, mounted: &Mounted) -> Process {
    let ring = mounted.path("ring.json");
    let made = output(command(mounted.folder.path(), &["keys", "generate", &ring])).await;
    assert_eq!(made.0, Some(0), "{made:?}");
    let beside = format!(
        r#"[{{ name = "beside", listen = "127.0.0.1:0", tls_cert_file = "{}", tls_key_file = "{}" }}]"#,
        mounted.path("tls.crt"),
        mounted.path("tls.key")
    );
    let mut serve = command(mounted.folder.path(), &["serve"]);
    let (server, both) = (databases.server(), ["CONTROL_STORE", "DATA_CLUSTER"]);
    for (section, database) in both.into_iter().zip([databases.control(), databases.data()]) {
        for (key, value) in [
            ("HOST", server.cluster().host.as_str()),
            ("PORT", &server.cluster().port.to_string()),
            ("TLS", "disable"),
            ("DATABASE", database.as_str()),
            ("SERVICE_PASSWORD", server.service().password.expose_secret()),
        ] {
            serve.env(format!("TENANTRY_{section}__{key}"), value);
        }
    }
    for (key, value) in [
        ("PROFILE", "production"),
        ("KEYS__RING_FILE", &ring),
        ("DOCTOR__ON_START", "false"),
        ("WATCHDOG__INTERVAL", "500ms"),
        ("TENANT_PLANE__LISTEN", "127.0.0.1:0"),
        ("ADMIN_PLANE__LISTEN", "127.0.0.1:0"),
        ("ADMIN_PLANE__TOKEN", ADMIN_TOKEN),
        ("ADMIN_PLANE__TLS_CERT_FILE", &mounted.path("tls.crt")),
        ("ADMIN_PLANE__TLS_KEY_FILE", &mounted.path("tls.key")),
        ("TENANT_PLANE__LISTENERS", &beside),
    ] {
        serve.env(format!("TENANTRY_{key}"), value);
    }
    Process::spawn(serve)
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_read_again_without_a_dropped_connection() {
    let databases = Databases::new().await;
    let mut mounted = Mounted::new();
    let mut service = serve(&databases, &mounted).await;
    let address = service.logged("admin_plane").await;
    let port = address.rsplit_once(':').unwrap().1;
    let beside = service.logged("address").await;
    let beside = beside.rsplit_once(':').unwrap().1;

    let url = format!("https://localhost:{port}");
    let list = [
        "tenant",
        "list",
        "--url",
        &url,
        "--ca-file",
        &mounted.path("ca.crt"),
    ];
    let mut list = command(mounted.folder.path(), &list);
    list.env("TENANTRY_ADMIN_TOKEN", ADMIN_TOKEN);
    let (code, out, err) = output(list).await;
    assert_eq!(code, Some(0), "{out}{err}");

    let mut open = mounted.connect(port);
    assert!(livez(&mut open).contains("strict-transport-security: max-age=2592000"));
    let certificate = |stream: &StreamOwned<ClientConnection, TcpStream>| {
        stream.conn.peer_certificates().unwrap()[0].to_vec()
    };
    let mut served = |mounted: &Mounted| {
        let mut stream = mounted.connect(port);
        livez(&mut stream);
        livez(&mut open);
        certificate(&stream)
    };
    let first = served(&mounted);

    signal("-HUP", service.pid());
    for _listener in 0..2 {
        service.says("TLS certificate read again").await;
    }
    assert_eq!(served(&mounted), first);

    mounted.swap(2998, true);
    for _listener in 0..2 {
        assert!(service.logged("expires").await.starts_with("2998-01-01T"));
    }
    let second = served(&mounted);
    assert_ne!(second, first);
    let mut tenant = mounted.connect(beside);
    assert!(livez(&mut tenant).starts_with("HTTP/1.1 404 "));
    assert_eq!(certificate(&tenant), second);

    mounted.swap(2997, false);
    for _listener in 0..2 {
        let cause = service.logged("cause").await;
        assert!(cause.contains("is not the key of the certificate in"), "{cause}");
    }
    assert_eq!(served(&mounted), second);

    mounted.swap(2001, true);
    assert!(service.logged("expired").await.starts_with("2001-01-01T"));
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log.matches("TLS certificate not replaced").count(), 2, "{log}");
    let access = |line: &&str| line.contains(r#""target":"access""#) && line.contains("/livez");
    let of_tenants = |line: &&str| line.contains(r#""listener":"beside""#);
    assert_eq!(log.lines().filter(access).filter(of_tenants).count(), 1, "{log}");
}
