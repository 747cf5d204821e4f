//! An identity provider on loopback: keys that sign tokens, and the URL of their public parts.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control_plane::Tenant;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://login.test/";

/// A key that signs tokens.
pub(crate) struct SigningKey {
    id: &'static str,
    signer: Signer,
}

enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl SigningKey {
    /// The RSA key of a fixture, since ring makes none.
    pub(crate) fn rsa(id: &'static str) -> Self {
        let pkcs8 = include_bytes!("../../../../jwt-verifier/tests/it/fixtures/rsa-1.pk8");
        let signer = Signer::Rsa(Box::new(RsaKeyPair::from_pkcs8(pkcs8).unwrap()));
        Self { id, signer }
    }

    /// A new key on P-256.
    pub(crate) fn ec(id: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let signer = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self {
            id,
            signer: Signer::Ec(signer),
        }
    }

    /// A new key on Ed25519.
    pub(crate) fn ed(id: &'static str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let signer = Signer::Ed(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap());
        Self { id, signer }
    }

    fn algorithm(&self) -> &'static str {
        match self.signer {
            Signer::Rsa(_) => "RS256",
            Signer::Ec(_) => "ES256",
            Signer::Ed(_) => "EdDSA",
        }
    }

    fn jwk(&self) -> Value {
        let mut jwk = match &self.signer {
            Signer::Rsa(key) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kty": "RSA", "n": encoded(n), "e": encoded(e) })
            }
            Signer::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) })
            }
            Signer::Ed(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(key.public_key()) }),
        };
        jwk["kid"] = self.id.into();
        jwk
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "typ": "JWT", "kid": self.id });
        self.token_with(&header, claims)
    }

    /// A token with this header, whatever it says.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match &self.signer {
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Signer::Ec(key) => key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Signer::Ed(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", encoded(signature))
    }
}

pub(crate) fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// Seconds since the Unix epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "tokens are judged by the system's clock"
)]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Good claims for this tenant, with both scopes, for five minutes.
pub(crate) fn claims(tenant: &Tenant) -> Value {
    json!({
        "iss": ISSUER, "aud": "tenantry", "sub": "alice", "iat": now(), "exp": now() + 300,
        "tenant_id": tenant.id.to_string(), "scope": "read write",
    })
}

/// The claims with one replaced, or left out if it is `null`.
pub(crate) fn with(mut claims: Value, name: &str, value: impl Into<Value>) -> Value {
    let object = claims.as_object_mut().unwrap();
    match value.into() {
        Value::Null => object.remove(name),
        value => object.insert(name.to_owned(), value),
    };
    claims
}

/// A server of a key set, which can be away.
pub(crate) struct KeySetServer {
    address: SocketAddr,
    document: Arc<Mutex<Option<String>>>,
}

impl KeySetServer {
    /// Answers with the public parts of these keys.
    pub(crate) fn of(keys: &[&SigningKey]) -> Self {
        let server = Self::away();
        server.serve(keys);
        server
    }

    /// Answers nothing.
    pub(crate) fn away() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let document: Arc<Mutex<Option<String>>> = Arc::default();
        let served = Arc::clone(&document);
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let document = served.lock().unwrap().clone();
                if let (Ok(stream), Some(document)) = (stream, document) {
                    answer(stream, &document);
                }
            }
        });
        Self { address, document }
    }

    /// Answers with these keys from now on.
    pub(crate) fn serve(&self, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        *self.document.lock().unwrap() = Some(json!({ "keys": keys }).to_string());
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// The setting of an issuer with this key set.
    pub(crate) fn setting(&self) -> String {
        format!(
            "tenant_plane.jwt.issuers=[{{ issuer = \"{ISSUER}\", audiences = [\"tenantry\"], \
             jwks_url = \"{}\", cool_down = \"100ms\" }}]",
            self.url()
        )
    }
}

fn answer(mut stream: TcpStream, document: &str) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let length = document.len();
    // The client may have gone.
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{document}"
    );
}
