//! What is logged of keys, and what is not logged of tokens.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use jwt_verifier::Refusal;
use serde_json::json;

use crate::server::{KeyServer, answer};
use crate::test_key::{TENANT, TestKey, claims, claims_with, encoded};
use crate::verifiers::{Fixture, settings};

thread_local! {
    /// What this thread has logged.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Collects what each thread logs from now on. One subscriber serves all tests: with one for each, a test that runs
/// meanwhile may decide that nothing listens.
fn collect() {
    static COLLECTING: Once = Once::new();
    COLLECTING.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Writer)
            .init();
    });
}

fn logged() -> String {
    LOGGED.with_borrow(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn skipped_keys() {
    collect();
    let good = TestKey::ed("good");
    let weak = TestKey::rsa("weak").jwk_with(&json!({ "n": encoded([0xc5; 128]) }));
    let private = TestKey::rsa("private").jwk_with(&json!({ "d": "c2VjcmV0" }));
    let encrypting = TestKey::rsa("encrypting").jwk_with(&json!({ "use": "enc" }));
    let document = json!({ "keys": [weak, private, encrypting, good.jwk()] });
    let fixture = Fixture::of_document(document.to_string(), |_| {}).unwrap();
    assert!(fixture.verify(&good.token(&claims())).await.is_ok());

    let text = logged();
    let line = |key: &str| text.lines().find(|line| line.contains(key)).unwrap();
    assert!(
        line("weak").contains("WARN") && line("weak").contains("2048"),
        "{text}"
    );
    assert!(line("private").contains("WARN"), "{text}");
    assert!(line("encrypting").contains("DEBUG"), "{text}");
    assert!(!text.contains("c2VjcmV0"), "{text}");
}

#[tokio::test]
async fn failed_fetches() {
    collect();
    let server = KeyServer::handling(answer(500, "", "secret body"));
    let mut settings = settings();
    settings.jwks_url = Some(format!("{}?api_key=secret", server.url()));
    let fixture = Fixture::of(vec![settings]).unwrap();
    assert!(fixture.verify(&TestKey::ed("1").token(&claims())).await.is_err());
    let text = logged();
    assert!(
        text.contains("WARN") && text.contains("cannot fetch an issuer's keys"),
        "{text}"
    );
    let ours = text.lines().filter(|line| line.contains("jwt_verifier"));
    assert!(
        ours.clone().count() > 0 && ours.clone().all(|line| !line.contains("secret")),
        "{text}"
    );
}

/// Neither logs, nor rejections, nor `Debug` have anything of a token.
#[tokio::test]
async fn nothing_of_a_token() {
    collect();
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let good = key.token(&claims());
    assert!(fixture.verify(&good).await.is_ok());
    let mut shown = format!("{:?}", fixture.verifier);
    for change in [
        json!({ "iss": "marker" }),
        json!({ "aud": "marker" }),
        json!({ "tenant_id": "marker" }),
        json!({ "exp": "marker" }),
        json!({ "scope": { "marker": 1 } }),
    ] {
        let rejection = fixture
            .verify(&key.token(&claims_with(&change)))
            .await
            .unwrap_err();
        for text in [
            rejection.to_string(),
            format!("{rejection:?}"),
            rejection.reason().to_owned(),
        ] {
            shown += &text;
        }
    }
    fixture
        .refused(&TestKey::ed("marker").token(&claims()), Refusal::UnknownKey)
        .await;
    shown += &logged();
    for part in good.split('.').chain(["marker", TENANT, "alice"]) {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
}
