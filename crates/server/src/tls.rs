//! TLS configuration of a plane, from its files.

mod not_after;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::PlaneTls;
use private_files::Readers;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{InconsistentKeys, RootCertStore, ServerConfig};
use time::OffsetDateTime;

/// A larger file holds no certificates but is a wrong path.
const LARGEST_FILE: usize = 1024 * 1024;

/// The files of a listener's TLS configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The section of their keys, or the table.
    pub(crate) section: String,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Authorities that certify the clients; without it a client needs no certificate.
    pub(crate) client_authorities: Option<PathBuf>,
}

/// What the files hold.
pub(crate) struct LoadedTls {
    pub(crate) config: ServerConfig,
    /// When the first certificate of the chain expires, if that can be read.
    pub(crate) expires: Option<OffsetDateTime>,
}

/// Files that make no TLS configuration.
#[derive(Debug, thiserror::Error)]
#[error("{section}.{key}")]
pub(crate) struct TlsError {
    section: String,
    key: &'static str,
    #[source]
    pub(crate) cause: TlsFault,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsFault {
    /// It cannot be read, or another user may control it.
    #[error(transparent)]
    File(private_files::Error),
    /// There is no certificate in it, or a damaged one.
    #[error("{} is not a PEM file of certificates", .0.display())]
    NotCertificates(PathBuf),
    /// There is no private key in it, or a damaged one.
    #[error("{} is not a PEM file of a private key", .0.display())]
    NotAKey(PathBuf),
    /// The key is another certificate's.
    #[error("{} is not the key of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The key's file.
        key: PathBuf,
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// The TLS library refuses the content.
    #[error("{} cannot be used", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl TlsError {
    /// The configuration key of the file.
    pub(crate) fn key(&self) -> String {
        self.to_string()
    }
}

impl TlsFiles {
    /// Of a listener whose keys are in this section or table; `None` where it speaks plain HTTP.
    pub(crate) fn new(section: String, tls: &PlaneTls, client_authorities: Option<&PathBuf>) -> Option<Self> {
        Some(Self {
            section,
            certificate: tls.tls_cert_file.clone()?,
            key: tls.tls_key_file.clone()?,
            client_authorities: client_authorities.cloned(),
        })
    }

    /// All files, to watch them.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        let files = [
            Some(&self.certificate),
            Some(&self.key),
            self.client_authorities.as_ref(),
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    /// Reads the files, and checks that they belong together.
    ///
    /// # Errors
    /// When a file cannot be read or used. The error names its key.
    pub(crate) fn load(&self) -> Result<LoadedTls, TlsError> {
        let wrong = |key| {
            move |cause| TlsError {
                section: self.section.clone(),
                key,
                cause,
            }
        };
        let certificates = certificates(&self.certificate).map_err(wrong("tls_cert_file"))?;
        let expires = certificates
            .iter()
            .filter_map(|one| not_after::not_after(one))
            .min();
        let key = private_key(&self.key).map_err(wrong("tls_key_file"))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("tls_cert_file")(refused(&self.certificate, error)))?;
        let builder = match &self.client_authorities {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let wrong = wrong("tls_client_ca_file");
                let roots = authorities(path).map_err(wrong)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| wrong(refused(path, error)))?)
            }
        };
        let config = builder
            .with_single_cert(certificates, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    wrong("tls_key_file")(TlsFault::Mismatch {
                        key: self.key.clone(),
                        certificate: self.certificate.clone(),
                    })
                }
                other => wrong("tls_cert_file")(refused(&self.certificate, other)),
            })?;
        Ok(LoadedTls { config, expires })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let pem = private_files::read(path, Readers::Anyone, LARGEST_FILE).map_err(TlsFault::File)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    certificates
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| TlsFault::NotCertificates(path.to_owned()))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFault> {
    let pem = private_files::read(path, Readers::Group, LARGEST_FILE).map_err(TlsFault::File)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| TlsFault::NotAKey(path.to_owned()))
}

fn authorities(path: &Path) -> Result<RootCertStore, TlsFault> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| refused(path, error))?;
    }
    Ok(roots)
}

fn refused(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TlsFault {
    TlsFault::Refused {
        path: path.to_owned(),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests;
