//! Envelope encryption with AES-256-GCM-SIV: data keys wrapped by key-encryption keys from a key ring.
//!
//! Every subject (a tenant, a user, anything with a name in bytes) has a **data key** (DEK). The DEK seals
//! the subject's secrets and is itself stored only *wrapped* by a **key-encryption key** (KEK), which a
//! [`KeyProvider`] holds: here a local key ring file, elsewhere a key management service.
//!
//! ```
//! use std::sync::Arc;
//!
//! use crypto::{Aad, Envelope, KekId, KeyRing, LocalKeyProvider, Sealed, WrappedDek};
//! use secrecy::ExposeSecret;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("key-ring.json");
//! // Once: make the key ring file, readable by its owner alone.
//! KeyRing::generate(KekId::random()?, None)?.save_new(&path)?;
//!
//! // At every start.
//! let envelope = Envelope::new(Arc::new(LocalKeyProvider::new(KeyRing::load(&path)?)));
//!
//! // A new subject: both `wrapped` and `sealed` may lie in a database.
//! let (dek, wrapped) = envelope.new_dek(b"tenant-42").await?;
//! let aad = Aad::new(b"tenant-42", "postgres-password", 1);
//! let sealed = dek.seal(&aad, b"correct horse battery staple")?;
//! let stored = (wrapped.to_bytes(), sealed.to_bytes());
//!
//! // Later, from what was stored.
//! let dek = envelope.open_dek(b"tenant-42", &WrappedDek::from_bytes(&stored.0)?).await?;
//! let password = dek.open_text(&aad, &Sealed::from_bytes(&stored.1)?)?;
//! assert_eq!(password.expose_secret(), "correct horse battery staple");
//!
//! // In another subject's row, under another purpose or another version it does not open.
//! let elsewhere = Aad::new(b"tenant-43", "postgres-password", 1);
//! assert!(dek.open_text(&elsewhere, &Sealed::from_bytes(&stored.1)?).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # Format, version 1
//!
//! Both values begin with the version of the format. It names the algorithm too, so there is no
//! negotiation: a later version may change everything behind the first byte.
//!
//! ```text
//!               0         1            9          10             10 + n                    (bytes)
//!               ┌─────────┬────────────┬──────────┬──────────────┬─────────────────────────┐
//! WrappedDek    │ version │   DEK id   │    n     │    KEK id    │ wrapped key (the        │
//!               │  0x01   │  8, random │ 1 to 32  │ n, [a-z0-9-] │ provider's, 1 to 8192)  │
//!               └─────────┴────────────┴──────────┴──────────────┴─────────────────────────┘
//!               0         1            9                  21                21 + m    37 + m
//!               ┌─────────┬────────────┬──────────────────┬─────────────────┬──────────────┐
//! Sealed        │ version │   DEK id   │      nonce       │   ciphertext    │     tag      │
//!               │  0x01   │  8         │  12, random      │  m, 0 to 65536  │     16       │
//!               └─────────┴────────────┴──────────────────┴─────────────────┴──────────────┘
//! ```
//!
//! The local provider's wrapped key is `nonce (12) ‖ ciphertext (32) ‖ tag (16)`, 60 bytes.
//!
//! The additional authenticated data are these pieces in [PAE], a list encoding with lengths in front, so
//! that no two lists give the same bytes. *header* is everything before the wrapped key or the nonce:
//!
//! | value | AAD |
//! |---|---|
//! | wrapped key | `PAE("dek", header, subject)` |
//! | sealed value | `PAE("sealed", header, subject, purpose, version)`, version as 8 bytes, big-endian |
//!
//! Thus no byte of either value can change, and neither opens in another's place.
//!
//! **Where the KEK id is.** Rotation re-wraps DEKs and does not change sealed values. A KEK id in a sealed
//! value would be stale after the first rotation, or force a rewrite of every value. So the wrapped DEK names
//! its KEK, and the sealed value names its DEK by a random id, which re-wrapping keeps and which distinguishes
//! values of an old DEK from those of its successor.
//!
//! # Nonces and limits
//!
//! Nonces are 96 random bits of the operating system. [RFC 8452] is chosen for its misuse resistance: if a
//! nonce ever repeats under one key (a cloned machine, a broken random source), an observer learns whether
//! the two plaintexts and their AAD were equal, and nothing more. Plain AES-GCM would lose its
//! authentication key. It is a net below unique nonces and no licence to repeat them: the bounds of
//! RFC 8452, section 9, fall with the number of repetitions.
//! After 2³² messages under one key the chance that any two share a nonce is below 2⁻³². A DEK seals a
//! handful of secrets and a KEK wraps one DEK a subject, so neither comes near.
//!
//! The RFC allows 2³⁶ bytes a message; [`MAX_PLAINTEXT`] is far lower, since this is for secrets and no
//! document store, and since a value is decrypted as a whole before a byte of it is released.
//! Lengths are not hidden.
//!
//! [PAE]: https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Common.md#pae-definition
//! [RFC 8452]: https://www.rfc-editor.org/rfc/rfc8452

mod aad;
mod aead;
mod dek;
mod derive;
mod envelope;
mod error;
mod format;
mod kek_id;
mod key_ring;
pub mod provider;
mod random;
mod sealed;
mod secret;
mod wrapped_dek;

pub use aad::Aad;
pub use aead::MAX_PLAINTEXT;
pub use dek::{Dek, DekId};
pub use envelope::Envelope;
pub use error::Error;
pub use format::FORMAT_VERSION;
pub use kek_id::{KekId, KekIdError};
pub use key_ring::{KeyRing, KeyRingError, KeyRingFormatError, RingKey};
pub use provider::{KeyProvider, local::LocalKeyProvider};
pub use sealed::Sealed;
pub use secret::SecretKey;
pub use wrapped_dek::{MAX_WRAPPED_KEY, WrappedDek};
