//! Verifiers to test.

use std::path::PathBuf;
use std::sync::Arc;

use jwt_verifier::{Clock, Identity, IssuerSettings, Refusal, Rejection, SettingsError, Verifier};
use tempfile::TempDir;

use crate::clock::ManualClock;
use crate::test_key::{AUDIENCE, ISSUER, TestKey, jwks};

pub(crate) fn settings() -> IssuerSettings {
    IssuerSettings::new(ISSUER, [AUDIENCE])
}

/// A verifier with a file of keys, and its clock.
pub(crate) struct Fixture {
    pub(crate) verifier: Verifier,
    pub(crate) clock: Arc<ManualClock>,
}

impl Fixture {
    pub(crate) fn new(keys: &[&TestKey]) -> Self {
        Self::adjusted(keys, |_| {})
    }

    pub(crate) fn adjusted(keys: &[&TestKey], adjust: impl FnOnce(&mut IssuerSettings)) -> Self {
        Self::of_document(jwks(keys).to_string(), adjust).unwrap()
    }

    pub(crate) fn of_document(
        document: impl AsRef<[u8]>,
        adjust: impl FnOnce(&mut IssuerSettings),
    ) -> Result<Self, SettingsError> {
        let (_folder, path) = private_file(document);
        let mut settings = settings();
        settings.keys_file = Some(path);
        adjust(&mut settings);
        Self::of(vec![settings])
    }

    pub(crate) fn of(issuers: Vec<IssuerSettings>) -> Result<Self, SettingsError> {
        let clock = Arc::new(ManualClock::default());
        let verifier = Verifier::new(issuers, Arc::clone(&clock) as Arc<dyn Clock>)?;
        Ok(Self { verifier, clock })
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<Identity>, Rejection> {
        self.verifier.verify(token).await
    }

    /// Asserts that the token is refused for this reason.
    #[track_caller]
    pub(crate) fn refused(&self, token: &str, expected: Refusal) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let outcome = self.verify(token).await;
            assert_eq!(
                outcome.as_deref(),
                Err(&Rejection::Refused(expected)),
                "{token} at {caller}"
            );
        }
    }
}

/// A file that only its owner can write, whatever the umask.
pub(crate) fn private_file(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    private_files::create_new(&path, content.as_ref()).unwrap();
    (folder, path)
}
