//! Format 1 to the byte. These values are in databases: **whatever changes, they must open for ever**, so
//! nothing below may be adapted to the code.
//!
//! They were not made by this crate but with OpenSSL's AES-GCM-SIV (through Python's `cryptography`), by the
//! layout in the crate's documentation and keys and nonces that count upwards:
//! KEK `2026-01` is 00 to 1f, KEK `2026-07` 20 to 3f, the DEK 40 to 5f.

use std::sync::Arc;

use crypto::{Aad, Envelope, Error, KeyRing, LocalKeyProvider, Sealed, WrappedDek};
use secrecy::ExposeSecret;

use crate::rings;

const KEY_RING: &str = r#"{
  "format": 1,
  "current": "2026-07",
  "keys": [
    {
      "id": "2026-01",
      "created": "2026-01-05T09:00:00Z",
      "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    },
    {
      "id": "2026-07",
      "key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
    }
  ]
}
"#;

const SUBJECT: &[u8] = b"0198c0de-0000-7000-8000-000000000001";

/// Under KEK `2026-01`, nonce a0 to ab.
const WRAPPED_DEK: &str = "01d0d1d2d3d4d5d6d707323032362d3031a0a1a2a3a4a5a6a7a8a9aaab25294e\
                           9e8714dbbc81f026db40fb7edd13a9d4e29e5489e342ddb8019b66cf0f298506\
                           a4a23e6dfbc51b09fb3ba2390a";

/// `correct horse battery staple`, purpose `postgres-password`, version 7, nonce b0 to bb.
const SEALED: &str = "01d0d1d2d3d4d5d6d7b0b1b2b3b4b5b6b7b8b9babbed38bd45792cc605e26b63\
                      53c31e0eaa919239450f4eaf7d8a2a69d2c9a8ad91b27c58dc99c107c5bd042b\
                      2d";

/// Nothing at all, purpose `postgres-password`, version 2⁶⁴ − 1, nonce c0 to cb.
const SEALED_EMPTY: &str = "01d0d1d2d3d4d5d6d7c0c1c2c3c4c5c6c7c8c9cacb18ad2cb1b7befcc7f34445\
                            47f27294e7";

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    digits.as_bytes().chunks(2).map(byte).collect()
}

fn envelope() -> Envelope {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("key-ring.json");
    rings::write(&path, KEY_RING.as_bytes(), 0o600);
    let ring = KeyRing::load(&path).expect("key ring of format 1");
    assert_eq!(ring.current().as_str(), "2026-07");
    Envelope::new(Arc::new(LocalKeyProvider::new(ring)))
}

#[tokio::test]
async fn values_of_format_1_open() {
    let wrapped = WrappedDek::from_bytes(&unhex(WRAPPED_DEK)).expect("wrapped DEK of format 1");
    assert_eq!(wrapped.kek_id().as_str(), "2026-01");
    assert_eq!(wrapped.dek_id().to_string(), "d0d1d2d3d4d5d6d7");
    let dek = envelope().open_dek(SUBJECT, &wrapped).await.expect("DEK");

    let sealed = Sealed::from_bytes(&unhex(SEALED)).expect("sealed value of format 1");
    let opened = dek
        .open_text(&Aad::new(SUBJECT, "postgres-password", 7), &sealed)
        .expect("opened");
    assert_eq!(opened.expose_secret(), "correct horse battery staple");

    let empty = Sealed::from_bytes(&unhex(SEALED_EMPTY)).expect("sealed value of format 1");
    let opened = dek
        .open(&Aad::new(SUBJECT, "postgres-password", u64::MAX), &empty)
        .expect("opened");
    assert_eq!(opened.expose_secret(), b"");
}

#[tokio::test]
async fn values_of_format_1_survive_a_rewrap() {
    let wrapped = WrappedDek::from_bytes(&unhex(WRAPPED_DEK)).expect("wrapped DEK of format 1");
    let envelope = envelope();
    let rewrapped = envelope
        .rewrap(SUBJECT, &wrapped)
        .await
        .expect("rewrapped")
        .expect("under an old KEK");
    assert_eq!(
        rewrapped.to_bytes()[..17],
        unhex("01d0d1d2d3d4d5d6d707323032362d3037")
    );
    assert_eq!(rewrapped.to_bytes().len(), wrapped.to_bytes().len());

    let dek = envelope.open_dek(SUBJECT, &rewrapped).await.expect("DEK");
    let sealed = Sealed::from_bytes(&unhex(SEALED)).expect("sealed value of format 1");
    dek.open(&Aad::new(SUBJECT, "postgres-password", 7), &sealed)
        .expect("opened");
}

#[test]
fn values_of_format_1_are_written_as_they_were_read() {
    let wrapped = unhex(WRAPPED_DEK);
    assert_eq!(
        WrappedDek::from_bytes(&wrapped).expect("wrapped DEK").to_bytes(),
        wrapped
    );
    for sealed in [SEALED, SEALED_EMPTY].map(unhex) {
        assert_eq!(
            Sealed::from_bytes(&sealed).expect("sealed value").to_bytes(),
            sealed
        );
    }
}

#[test]
fn another_version_is_not_read_as_this_one() {
    let (mut wrapped, mut sealed) = (unhex(WRAPPED_DEK), unhex(SEALED));
    for other in (0..=u8::MAX).filter(|version| *version != 1) {
        (wrapped[0], sealed[0]) = (other, other);
        for error in [
            WrappedDek::from_bytes(&wrapped).expect_err("another version"),
            Sealed::from_bytes(&sealed).expect_err("another version"),
        ] {
            assert!(
                matches!(error, Error::UnsupportedVersion { version, .. } if version == other),
                "{error}"
            );
        }
    }
}
