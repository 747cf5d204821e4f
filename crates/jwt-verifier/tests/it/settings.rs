//! Settings that are refused.

use std::time::Duration;

use jwt_verifier::{IssuerSettings, Refusal, SettingsError};
use serde_json::json;

use crate::test_key::{TestKey, claims};
use crate::verifiers::{Fixture, private_file, settings};

/// The error of settings that differ from good ones by this change.
fn error(change: impl FnOnce(&mut IssuerSettings)) -> String {
    let (_folder, path) = private_file(TestKey::ed("1").jwk().to_string());
    let mut settings = settings();
    settings.keys_file = Some(path);
    change(&mut settings);
    let error = Fixture::of(vec![settings])
        .map(|_| ())
        .expect_err("they are accepted");
    error.to_string()
}

#[tokio::test]
async fn invalid_values() {
    let url = |url: &str| {
        error(|issuer| {
            issuer.keys_file = None;
            issuer.jwks_url = Some(url.to_owned());
        })
    };
    for (error, part) in [
        (error(|issuer| issuer.issuer.clear()), "issuer must not be empty"),
        (error(|issuer| issuer.audiences.clear()), "audiences must"),
        (
            error(|issuer| issuer.audiences.push(String::new())),
            "audiences must",
        ),
        (error(|issuer| issuer.algorithms.clear()), "algorithms must"),
        (
            error(|issuer| issuer.leeway = Duration::from_millis(5001)),
            "leeway must be at most 5s",
        ),
        (
            error(|issuer| issuer.refresh = Duration::ZERO),
            "refresh must not be zero",
        ),
        (
            error(|issuer| issuer.fetch_timeout = Duration::ZERO),
            "fetch_timeout must not",
        ),
        (
            error(|issuer| issuer.cool_down = Duration::ZERO),
            "cool_down must not",
        ),
        (
            error(|issuer| issuer.max_stale = Duration::from_secs(1)),
            "max_stale must not",
        ),
        (error(|issuer| issuer.keys_file = None), "jwks_url or keys_file"),
        (
            error(|issuer| issuer.jwks_url = Some("https://example.com".to_owned())),
            "not both",
        ),
        (
            error(|issuer| issuer.ca_file = issuer.keys_file.clone()),
            "ca_file is for a jwks_url",
        ),
        (
            error(|issuer| issuer.keys_file = Some("missing".into())),
            "keys_file",
        ),
        (url("http://login.example.com/keys"), "jwks_url must be https"),
        (
            url("https://user:secret@login.example.com/keys"),
            "jwks_url must not have a user",
        ),
        (url("keys"), "jwks_url is not a URL"),
    ] {
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn an_issuer_is_configured_once() {
    let (_folder, path) = private_file(TestKey::ed("1").jwk().to_string());
    let mut settings = settings();
    settings.keys_file = Some(path);
    let twice = Fixture::of(vec![settings.clone(), settings]);
    assert!(matches!(twice, Err(SettingsError::Duplicate(_))));
}

/// Another user of the machine could put a key of his own there.
#[tokio::test]
async fn a_file_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = private_file(TestKey::ed("1").jwk().to_string());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let mut settings = settings();
    settings.keys_file = Some(path);
    assert!(matches!(
        Fixture::of(vec![settings]),
        Err(SettingsError::File { .. })
    ));
}

#[tokio::test]
async fn a_file_without_a_usable_key_is_refused() {
    for document in [
        json!({ "keys": [] }),
        TestKey::rsa("1").jwk_with(&json!({ "use": "enc" })),
    ] {
        let outcome = Fixture::of_document(document.to_string(), |_| {});
        assert!(matches!(
            outcome,
            Err(SettingsError::Invalid { key: "keys_file", .. })
        ));
    }
}

#[tokio::test]
async fn without_issuers_everything_is_refused() {
    let fixture = Fixture::of(Vec::new()).unwrap();
    fixture
        .refused(&TestKey::ed("1").token(&claims()), Refusal::Issuer)
        .await;
}

#[test]
fn settings_are_read_by_serde() {
    let read = |change: serde_json::Value| {
        let mut document = json!({ "issuer": "i", "audiences": ["a"], "keys_file": "f" });
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        serde_json::from_value::<IssuerSettings>(document)
    };
    let settings = read(json!({ "leeway": "5s", "max_lifetime": "1h", "algorithms": ["ES256"] })).unwrap();
    assert_eq!(settings.leeway, Duration::from_secs(5));
    assert_eq!(settings.max_lifetime, Some(Duration::from_hours(1)));
    assert_eq!(settings.refresh, Duration::from_mins(10));
    for wrong in [
        json!({ "unknown": 1 }),
        json!({ "algorithms": ["none"] }),
        json!({ "algorithms": ["HS256"] }),
        json!({ "leeway": 5 }),
        json!({ "tenant_claim": "" }),
        json!({ "tenant_claim": "/a~" }),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}
