//! The envelope over key ring files: what opens, and everything that must not.

use std::sync::Arc;

use crypto::{Aad, Dek, Envelope, Error, MAX_PLAINTEXT, Sealed, WrappedDek};
use secrecy::ExposeSecret;

use crate::rings::{NEW, OLD, envelope, ring_with};

const SUBJECT: &[u8] = b"tenant-a";
const SECRET: &[u8] = b"correct horse battery staple";

fn aad() -> Aad<'static> {
    Aad::new(SUBJECT, "postgres-password", 3)
}

async fn sealed_secret(envelope: &Envelope) -> (Dek, WrappedDek, Sealed) {
    let (dek, wrapped) = envelope.new_dek(SUBJECT).await.expect("new DEK");
    let sealed = dek.seal(&aad(), SECRET).expect("sealed");
    (dek, wrapped, sealed)
}

#[tokio::test]
async fn stored_values_open_after_a_restart() {
    let (_, wrapped, sealed) = sealed_secret(&envelope(&[OLD], OLD)).await;
    let (wrapped, sealed) = (wrapped.to_bytes(), sealed.to_bytes());

    let wrapped = WrappedDek::from_bytes(&wrapped).expect("wrapped DEK");
    let sealed = Sealed::from_bytes(&sealed).expect("sealed value");
    let dek = envelope(&[OLD], OLD)
        .open_dek(SUBJECT, &wrapped)
        .await
        .expect("DEK");
    assert_eq!(dek.open(&aad(), &sealed).expect("opened").expose_secret(), SECRET);
    let text = dek.open_text(&aad(), &sealed).expect("opened");
    assert_eq!(text.expose_secret().as_bytes(), SECRET);
    assert_eq!((wrapped.dek_id(), sealed.dek_id()), (dek.id(), dek.id()));
    assert_eq!(wrapped.kek_id().as_str(), OLD);
}

#[tokio::test]
async fn text_is_asked_for_and_must_be_text() {
    let (dek, ..) = sealed_secret(&envelope(&[OLD], OLD)).await;
    let sealed = dek.seal(&aad(), b"\xFF\xFE").expect("sealed");
    assert!(matches!(dek.open_text(&aad(), &sealed), Err(Error::NotText)));
    assert_eq!(
        dek.open(&aad(), &sealed).expect("opened").expose_secret(),
        b"\xFF\xFE"
    );
}

#[tokio::test]
async fn a_secret_opens_only_where_it_belongs() {
    let (dek, _, sealed) = sealed_secret(&envelope(&[OLD], OLD)).await;
    let elsewhere = [
        Aad::new(b"tenant-b", "postgres-password", 3),
        Aad::new(b"", "postgres-password", 3),
        Aad::new(SUBJECT, "postgres-verifier", 3),
        Aad::new(SUBJECT, "", 3),
        Aad::new(SUBJECT, "postgres-password", 2),
        Aad::new(SUBJECT, "postgres-password", 3 << 56),
        // The same characters with the border moved.
        Aad::new(b"tenant-apostgres", "-password", 3),
        Aad::new(b"tenant-", "apostgres-password", 3),
    ];
    for place in elsewhere {
        assert!(
            matches!(dek.open(&place, &sealed), Err(Error::Authentication)),
            "{place:?}"
        );
    }
}

#[tokio::test]
async fn a_data_key_opens_only_for_its_subject() {
    let (envelope, rotated) = (envelope(&[OLD], OLD), envelope(&[OLD, NEW], NEW));
    let (_, wrapped, _) = sealed_secret(&envelope).await;
    for other in [b"tenant-b".as_slice(), b"tenant-", b"tenant-a\0", b""] {
        let opened = envelope.open_dek(other, &wrapped).await;
        assert!(matches!(opened, Err(Error::Authentication)), "{other:?}");
        let rewrapped = rotated.rewrap(other, &wrapped).await;
        assert!(matches!(rewrapped, Err(Error::Authentication)), "{other:?}");
    }
}

#[tokio::test]
async fn another_data_key_opens_nothing_even_under_the_same_name() {
    let envelope = envelope(&[OLD], OLD);
    let (dek, _, sealed) = sealed_secret(&envelope).await;
    let (other, _) = envelope.new_dek(SUBJECT).await.expect("new DEK");
    let refused = other.open(&aad(), &sealed);
    assert!(
        matches!(refused, Err(Error::WrongDek { sealed_under, opened_with })
            if sealed_under == dek.id() && opened_with == other.id())
    );

    // With the id forged to match, the key still does not.
    let mut forged = sealed.to_bytes();
    forged[1..9].copy_from_slice(&other.seal(&aad(), b"").expect("sealed").to_bytes()[1..9]);
    let forged = Sealed::from_bytes(&forged).expect("well-formed");
    assert_eq!(forged.dek_id(), other.id());
    assert!(matches!(other.open(&aad(), &forged), Err(Error::Authentication)));
}

#[tokio::test]
async fn every_changed_byte_is_noticed() {
    let envelope = envelope(&[OLD, NEW], OLD);
    let (dek, wrapped, sealed) = sealed_secret(&envelope).await;

    let stored = sealed.to_bytes();
    for place in 0..stored.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut tampered = stored.clone();
            tampered[place] ^= flip;
            let opened = Sealed::from_bytes(&tampered).and_then(|sealed| dek.open(&aad(), &sealed));
            match (place, opened) {
                (0, Err(Error::UnsupportedVersion { .. }))
                | (1..=8, Err(Error::WrongDek { .. }))
                | (9.., Err(Error::Authentication)) => {}
                (_, other) => panic!("sealed value, byte {place} ^ {flip:#x}: {other:?}"),
            }
        }
    }

    let stored = wrapped.to_bytes();
    let id = 10..10 + OLD.len();
    for place in 0..stored.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut tampered = stored.clone();
            tampered[place] ^= flip;
            let opened = match WrappedDek::from_bytes(&tampered) {
                Ok(wrapped) => envelope.open_dek(SUBJECT, &wrapped).await,
                Err(error) => Err(error),
            };
            match opened {
                Err(Error::UnsupportedVersion { .. }) if place == 0 => {}
                Err(Error::Malformed { .. } | Error::UnknownKek(_)) if place == 9 || id.contains(&place) => {}
                Err(Error::Authentication) if (1..=8).contains(&place) || place >= id.end => {}
                other => panic!("wrapped DEK, byte {place} ^ {flip:#x}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn every_truncation_and_every_addition_is_noticed() {
    let envelope = envelope(&[OLD], OLD);
    let (dek, wrapped, sealed) = sealed_secret(&envelope).await;

    let mut stored = sealed.to_bytes();
    for length in 0..stored.len() {
        let opened = Sealed::from_bytes(&stored[..length]).and_then(|sealed| dek.open(&aad(), &sealed));
        match (length, opened) {
            (0..37, Err(Error::Malformed { .. })) | (37.., Err(Error::Authentication)) => {}
            (_, other) => panic!("sealed value cut to {length} bytes: {other:?}"),
        }
    }
    stored.push(0);
    let longer = Sealed::from_bytes(&stored).expect("well-formed");
    assert!(matches!(dek.open(&aad(), &longer), Err(Error::Authentication)));

    let mut stored = wrapped.to_bytes();
    let header = 10 + OLD.len();
    for length in 0..stored.len() {
        match WrappedDek::from_bytes(&stored[..length]) {
            Err(Error::Malformed { .. }) if length <= header => {}
            Ok(cut) if length > header => {
                let opened = envelope.open_dek(SUBJECT, &cut).await;
                assert!(matches!(opened, Err(Error::Authentication)), "{length}");
            }
            other => panic!("wrapped DEK cut to {length} bytes: {other:?}"),
        }
    }
    stored.push(0);
    let longer = WrappedDek::from_bytes(&stored).expect("well-formed");
    assert!(matches!(
        envelope.open_dek(SUBJECT, &longer).await,
        Err(Error::Authentication)
    ));
}

#[tokio::test]
async fn one_value_is_not_taken_for_the_other() {
    let envelope = envelope(&[OLD], OLD);
    let (dek, wrapped, sealed) = sealed_secret(&envelope).await;
    // A sealed value's first nonce byte stands where a wrapped DEK has the length of the KEK id.
    let as_wrapped = WrappedDek::from_bytes(&sealed.to_bytes());
    if let Ok(wrapped) = as_wrapped {
        envelope
            .open_dek(SUBJECT, &wrapped)
            .await
            .expect_err("not a wrapped DEK");
    }
    let as_sealed = Sealed::from_bytes(&wrapped.to_bytes()).expect("long enough");
    assert!(matches!(dek.open(&aad(), &as_sealed), Err(Error::Authentication)));
}

#[tokio::test]
async fn oversized_values_are_refused_before_decryption() {
    let (dek, ..) = sealed_secret(&envelope(&[OLD], OLD)).await;
    let largest = dek.seal(&aad(), &vec![b'x'; MAX_PLAINTEXT]).expect("sealed");
    let mut stored = largest.to_bytes();
    let largest = Sealed::from_bytes(&stored).expect("sealed value");
    assert_eq!(
        dek.open(&aad(), &largest).expect("opened").expose_secret().len(),
        MAX_PLAINTEXT
    );

    stored.push(0);
    assert!(matches!(
        Sealed::from_bytes(&stored),
        Err(Error::Malformed { .. })
    ));
    let refused = dek.seal(&aad(), &vec![b'x'; MAX_PLAINTEXT + 1]);
    assert!(matches!(refused, Err(Error::TooLong { .. })));
}

#[tokio::test]
async fn a_missing_kek_is_named_and_a_wrong_one_authenticates_nothing() {
    let (_, wrapped, _) = sealed_secret(&envelope(&[OLD], OLD)).await;
    let opened = envelope(&[NEW], NEW).open_dek(SUBJECT, &wrapped).await;
    assert!(matches!(opened, Err(Error::UnknownKek(kek)) if kek.as_str() == OLD));

    // Another key that took the old one's name.
    let impostor = Envelope::new(Arc::new(ring_with(&[(OLD, [0x99; 32])], OLD)));
    let opened = impostor.open_dek(SUBJECT, &wrapped).await;
    assert!(matches!(opened, Err(Error::Authentication)));
}

#[tokio::test]
async fn the_kek_id_is_bound_even_between_equal_keys() {
    let twins = Envelope::new(Arc::new(ring_with(&[("one", [5; 32]), ("two", [5; 32])], "one")));
    let (_, wrapped) = twins.new_dek(SUBJECT).await.expect("new DEK");
    let mut renamed = wrapped.to_bytes();
    renamed[10..13].copy_from_slice(b"two");
    let renamed = WrappedDek::from_bytes(&renamed).expect("well-formed");
    assert!(matches!(
        twins.open_dek(SUBJECT, &renamed).await,
        Err(Error::Authentication)
    ));
}

#[tokio::test]
async fn rewrapping_changes_the_kek_and_nothing_else() {
    let (_, wrapped, sealed) = sealed_secret(&envelope(&[OLD], OLD)).await;

    // A new key was added and made current; the old one is kept.
    let rotated = envelope(&[OLD, NEW], NEW);
    let rewrapped = rotated
        .rewrap(SUBJECT, &wrapped)
        .await
        .expect("rewrapped")
        .expect("not yet current");
    assert_eq!(rewrapped.kek_id().as_str(), NEW);
    assert_eq!(rewrapped.dek_id(), wrapped.dek_id());
    assert!(
        rotated
            .rewrap(SUBJECT, &rewrapped)
            .await
            .expect("looked at")
            .is_none()
    );

    // What has not been wrapped again opens as before, and the sealed value under either.
    for wrapped in [&wrapped, &rewrapped] {
        let dek = rotated.open_dek(SUBJECT, wrapped).await.expect("DEK");
        assert_eq!(dek.open(&aad(), &sealed).expect("opened").expose_secret(), SECRET);
    }

    // Once all is wrapped again the old key can go.
    let retired = envelope(&[NEW], NEW);
    let dek = retired.open_dek(SUBJECT, &rewrapped).await.expect("DEK");
    assert_eq!(dek.open(&aad(), &sealed).expect("opened").expose_secret(), SECRET);
    assert!(matches!(
        retired.open_dek(SUBJECT, &wrapped).await,
        Err(Error::UnknownKek(_))
    ));
    assert!(matches!(
        retired.rewrap(SUBJECT, &wrapped).await,
        Err(Error::UnknownKek(_))
    ));
}

#[tokio::test]
async fn each_subject_gets_a_key_of_its_own() {
    let envelope = envelope(&[OLD], OLD);
    let (one, one_wrapped) = envelope.new_dek(SUBJECT).await.expect("new DEK");
    let (other, other_wrapped) = envelope.new_dek(SUBJECT).await.expect("new DEK");
    assert_ne!(one.id(), other.id());
    assert_ne!(one_wrapped.to_bytes(), other_wrapped.to_bytes());
}

#[tokio::test]
async fn debug_shows_ids_and_no_bytes() {
    let envelope = envelope(&[OLD], OLD);
    let (dek, wrapped, sealed) = sealed_secret(&envelope).await;
    let id = dek.id();
    assert_eq!(id.to_string().len(), 16);
    assert_eq!(format!("{dek:?}"), format!("Dek {{ id: DekId({id}), .. }}"));
    assert_eq!(
        format!("{sealed:?}"),
        format!("Sealed {{ dek: DekId({id}), .. }}")
    );
    assert_eq!(
        format!("{wrapped:?}"),
        format!("WrappedDek {{ dek: DekId({id}), kek: KekId({OLD}), .. }}")
    );
    assert_eq!(format!("{envelope:?}"), "Envelope { .. }");
    let opened = dek.open(&aad(), &sealed).expect("opened");
    assert!(format!("{opened:?}").contains("REDACTED"));
}

#[tokio::test]
async fn derived_keys_survive_a_rotation() {
    let derived = async |ids: &[&str], current| {
        let keys = envelope(ids, current).derive_keys("cursors").await.expect("keys");
        keys.iter().map(|key| *key.expose()).collect::<Vec<_>>()
    };
    let before = derived(&[OLD], OLD).await;
    let after = derived(&[OLD, NEW], NEW).await;
    assert_eq!((before.len(), after.len()), (1, 2));
    assert_eq!(after[1], before[0]);
    // The current one's is first, wherever it is in the file.
    assert_eq!(derived(&[NEW, OLD], NEW).await, after);
    assert_ne!(derived(&[NEW], NEW).await, before);
}
