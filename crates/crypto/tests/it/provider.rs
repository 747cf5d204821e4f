//! A key provider of another make, as a key management service would be.

use std::{
    collections::HashMap,
    future::ready,
    io,
    sync::{Arc, Mutex},
};

use crypto::{
    Envelope, Error, KekId, KeyProvider, MAX_WRAPPED_KEY, SecretKey, WrappedDek, provider::ProviderFuture,
};

/// Keeps the keys and gives out handles of a chosen length.
#[derive(Default)]
struct Vault {
    handle_length: usize,
    sealed_off: bool,
    kept: Mutex<HashMap<Vec<u8>, Kept>>,
}

struct Kept {
    kek: KekId,
    aad: Vec<u8>,
    key: [u8; 32],
}

impl Vault {
    fn kek() -> KekId {
        "remote".parse().expect("id")
    }
}

impl KeyProvider for Vault {
    fn current_kek(&self) -> ProviderFuture<'_, KekId> {
        Box::pin(ready(if self.sealed_off {
            Err(Error::Provider(Box::new(io::Error::from(
                io::ErrorKind::ConnectionRefused,
            ))))
        } else {
            Ok(Self::kek())
        }))
    }

    fn wrap_key<'a>(
        &'a self,
        kek: &'a KekId,
        key: &'a SecretKey,
        aad: &'a [u8],
    ) -> ProviderFuture<'a, Vec<u8>> {
        let handle = vec![7; self.handle_length];
        let kept = Kept {
            kek: kek.clone(),
            aad: aad.to_vec(),
            key: *key.expose(),
        };
        self.kept.lock().expect("lock").insert(handle.clone(), kept);
        Box::pin(ready(Ok(handle)))
    }

    fn unwrap_key<'a>(
        &'a self,
        kek: &'a KekId,
        wrapped: &'a [u8],
        aad: &'a [u8],
    ) -> ProviderFuture<'a, SecretKey> {
        let kept = self.kept.lock().expect("lock");
        let key = match kept.get(wrapped) {
            Some(kept) if &kept.kek == kek && kept.aad == aad => SecretKey::from_slice(&kept.key),
            _ => None,
        };
        Box::pin(ready(key.ok_or(Error::Authentication)))
    }
}

fn envelope(handle_length: usize) -> Envelope {
    Envelope::new(Arc::new(Vault {
        handle_length,
        ..Vault::default()
    }))
}

#[tokio::test]
async fn a_wrapped_key_is_the_providers_own_bytes() {
    for handle_length in [1, 184, MAX_WRAPPED_KEY] {
        let envelope = envelope(handle_length);
        let (dek, wrapped) = envelope.new_dek(b"subject").await.expect("new DEK");
        let stored = wrapped.to_bytes();
        assert!(stored.ends_with(&vec![7; handle_length]));
        let wrapped = WrappedDek::from_bytes(&stored).expect("wrapped DEK");
        let opened = envelope.open_dek(b"subject", &wrapped).await.expect("DEK");
        assert_eq!(opened.id(), dek.id());
        // The same subject, KEK and header reach the provider; another subject does not pass.
        let other = envelope.open_dek(b"other", &wrapped).await;
        assert!(matches!(other, Err(Error::Authentication)));
    }
}

#[tokio::test]
async fn a_wrapped_key_of_invalid_length_is_not_stored() {
    for handle_length in [0, MAX_WRAPPED_KEY + 1] {
        let made = envelope(handle_length).new_dek(b"subject").await;
        assert!(matches!(made, Err(Error::Malformed { .. })), "{handle_length}");
    }
}

#[tokio::test]
async fn a_failing_provider_is_told_apart_from_a_wrong_key() {
    let envelope = Envelope::new(Arc::new(Vault {
        sealed_off: true,
        ..Vault::default()
    }));
    let error = envelope.new_dek(b"subject").await.expect_err("unreachable");
    assert!(matches!(error, Error::Provider(_)));
    assert_eq!(error.to_string(), "key provider failed");
    assert!(std::error::Error::source(&error).is_some());
}

/// Handlers hold the envelope across awaits on any thread.
#[test]
fn the_envelope_and_its_futures_cross_threads() {
    fn crosses<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent(_: impl Send) {}
    let envelope = envelope(1);
    crosses(&envelope);
    sent(envelope.new_dek(b"subject"));
}

#[tokio::test]
async fn a_provider_derives_no_keys_unless_it_says_how() {
    let envelope = Envelope::new(Arc::new(Vault::default()));
    let derived = envelope.derive_keys("cursors").await;
    assert!(matches!(derived, Err(Error::NotDerivable)));
}
