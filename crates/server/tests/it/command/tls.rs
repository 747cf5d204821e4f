//! A service behind TLS.
#![cfg(target_os = "linux")] // Elsewhere the trusted authorities are not in a file.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::operator::{Said, run};
use super::process::command;

const CERTIFICATE: &str = "tests/it/command/tls/certificate.pem";
const KEY: &str = "tests/it/command/tls/key.pem";

/// Answers one connection with an empty list. Its end is what was received after the handshake.
fn serve(listener: TcpListener) -> JoinHandle<String> {
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        while !received.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(read) if read > 0 => received.extend_from_slice(&buffer[..read]),
                _ => return String::from_utf8(received).unwrap(),
            }
        }
        let body = r#"{"items":[],"next_cursor":null}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", body.len());
        stream
            .write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes())
            .unwrap();
        stream.conn.send_close_notify();
        let _ = stream.flush();
        String::from_utf8(received).unwrap()
    })
}

async fn list(trusted: Option<&Path>, arguments: &[&str]) -> (Said, String) {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = serve(listener);
    let mut command = command(
        folder.path(),
        &[&["tenant", "list", "--url", &url], arguments].concat(),
    );
    command.env("TENANTRY_ADMIN_TOKEN", "of-a-test");
    match trusted {
        Some(file) => command.env("SSL_CERT_FILE", file),
        None => command.env_remove("SSL_CERT_FILE"),
    };
    let said = run(command).await;
    (said, server.join().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_goes_to_a_service_that_the_system_trusts_and_to_no_other() {
    let certificate = std::fs::canonicalize(CERTIFICATE).unwrap();
    let (said, received) = list(Some(&certificate), &[]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("ID "), "{said:?}");
    assert!(received.contains("Bearer of-a-test"), "{received}");

    let (said, received) = list(None, &[]).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("--ca-file"), "{said:?}");
    assert_eq!(received, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_file_replaces_the_authorities_of_the_system() {
    let certificate = std::fs::canonicalize(CERTIFICATE).unwrap();
    let (said, received) = list(None, &["--ca-file", certificate.to_str().unwrap()]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(received.contains("Bearer of-a-test"), "{received}");

    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (file, why) in [
        (empty.to_str().unwrap(), "no certificate"),
        ("/nonexistent", "No such file"),
    ] {
        let url = [
            "tenant",
            "list",
            "--url",
            "https://127.0.0.1:1",
            "--ca-file",
            file,
        ];
        let mut command = command(folder.path(), &url);
        command.env("TENANTRY_ADMIN_TOKEN", "of-a-test");
        let said = run(command).await;
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(
            said.err.contains("--ca-file") && said.err.contains(file) && said.err.contains(why),
            "{said:?}"
        );
    }
}
