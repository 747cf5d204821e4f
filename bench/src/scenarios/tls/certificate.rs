//! A certificate for a run.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;

/// A self-signed certificate for `localhost` and its key, in files.
pub(super) struct Certificate {
    pub(super) der: CertificateDer<'static>,
    chain: PathBuf,
    key: PathBuf,
    _folder: TempDir,
}

impl Certificate {
    /// Makes it, on P-256.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder")?;
        let key = KeyPair::generate().context("no key")?;
        let signed = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
        let file = |name: &str, pem: String| -> anyhow::Result<PathBuf> {
            let path = folder.path().join(name);
            private_files::create_new(&path, pem.as_bytes())?;
            Ok(path)
        };
        Ok(Self {
            chain: file("tls.crt", signed.pem())?,
            key: file("tls.key", key.serialize_pem())?,
            der: signed.der().clone(),
            _folder: folder,
        })
    }

    /// Files of the certificate and of its key.
    pub(super) fn files(&self) -> (&Path, &Path) {
        (&self.chain, &self.key)
    }
}
