//! Key sets by https.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use jwt_verifier::Rejection;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read as _, Write as _};

use crate::test_key::{TestKey, claims, jwks};
use crate::verifiers::{Fixture, private_file, settings};

/// Serves the document as `localhost`, certified by the authority of the fixtures. Returns the port.
fn serve(document: &str) -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("fixtures/localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("fixtures/localhost.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{document}",
        document.len()
    );
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust the certificate ends it here.
            if stream.read(&mut [0; 1024]).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
                let _ = stream.flush();
            }
        }
    });
    port
}

#[tokio::test]
async fn the_host_has_to_be_certified_by_the_authority() {
    let key = TestKey::ed("1");
    let port = serve(&jwks(&[&key]).to_string());
    let (_folder, authority) = private_file(include_bytes!("fixtures/ca.pem"));
    let (_other_folder, other) = private_file(include_bytes!("fixtures/localhost.pem"));
    let fixture = |host: &str, ca_file: Option<PathBuf>| {
        let mut settings = settings();
        settings.jwks_url = Some(format!("https://{host}:{port}/keys"));
        settings.ca_file = ca_file;
        Fixture::of(vec![settings]).unwrap()
    };
    let token = key.token(&claims());
    let trusting = fixture("localhost", Some(authority.clone()));
    let outcome = trusting.verify(&token).await;
    assert!(outcome.is_ok(), "{outcome:?} {:?}", trusting.verifier.key_sets());

    for (host, ca_file) in [
        ("localhost", None),
        ("localhost", Some(other)),
        ("[::ffff:127.0.0.1]", Some(authority)),
    ] {
        let fixture = fixture(host, ca_file);
        assert_eq!(
            fixture.verify(&token).await,
            Err(Rejection::KeysUnavailable),
            "{host}"
        );
        let failure = fixture.verifier.key_sets().remove(0).failure.unwrap();
        assert!(failure.contains("certificate"), "{host}: {failure}");
    }
}
