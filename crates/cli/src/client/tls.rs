//! TLS of the client: the authorities that it trusts, and the certificate that it presents.

use std::path::Path;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts};

use super::ClientError;

/// Whose certificates are trusted, and which is presented to a service that asks for one.
#[derive(Debug, Clone)]
pub struct ClientTls {
    pub(super) authorities: RootCerts,
    pub(super) certificate: Option<ClientCert>,
}

/// A file of the client in PEM, and the flag or variable that names it.
#[derive(Clone, Copy)]
pub struct PemFile<'a> {
    /// The flag or variable.
    pub named_by: &'static str,
    /// The file.
    pub path: &'a Path,
    /// Its content.
    pub content: &'a [u8],
}

/// Trusts the authorities of the system, and presents no certificate.
impl Default for ClientTls {
    fn default() -> Self {
        Self {
            authorities: RootCerts::PlatformVerifier,
            certificate: None,
        }
    }
}

impl ClientTls {
    /// Trusts the authorities in this file of PEM certificates, and no other. The flag or variable `named_by` names it.
    ///
    /// # Errors
    /// When the file cannot be read, or has no certificate.
    pub fn trusting(self, named_by: &'static str, file: &Path) -> Result<Self, ClientError> {
        let invalid = |why| ClientError::TlsFile(named_by, file.to_owned(), why);
        let certificates =
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = certificates.map_err(|error| invalid(error.to_string()))?;
        if certificates.is_empty() {
            return Err(invalid("no certificate in it".to_owned()));
        }
        Ok(Self {
            authorities: owned(&certificates).into(),
            ..self
        })
    }

    /// Presents this certificate, followed by those between it and the authority.
    ///
    /// # Errors
    /// When there is no certificate or no key, or the key is another certificate's.
    pub fn presenting(self, certificate: PemFile<'_>, key: PemFile<'_>) -> Result<Self, ClientError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.content).collect();
        let certificates = certificates.map_err(|error| certificate.invalid(error.to_string()))?;
        if certificates.is_empty() {
            return Err(certificate.invalid("no certificate in it"));
        }
        let parsed = PrivateKeyDer::from_pem_slice(key.content);
        let parsed =
            parsed.map_err(|_| key.invalid("no private key in it that can be read without a passphrase"))?;
        // ureq panics on a pair that does not fit.
        CertifiedKey::from_der(certificates.clone(), parsed, &ring::default_provider()).map_err(|error| {
            match error {
                Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => key.invalid(format!(
                    "it is not the key of the certificate in {}",
                    certificate.path.display()
                )),
                Error::InvalidCertificate(_) => certificate.invalid(error.to_string()),
                error => key.invalid(error.to_string()),
            }
        })?;
        let private_key =
            PrivateKey::from_pem(key.content).map_err(|error| key.invalid(error.to_string()))?;
        Ok(Self {
            certificate: Some(ClientCert::new_with_certs(&owned(&certificates), private_key)),
            ..self
        })
    }
}

impl PemFile<'_> {
    fn invalid(&self, why: impl Into<String>) -> ClientError {
        ClientError::TlsFile(self.named_by, self.path.to_owned(), why.into())
    }
}

fn owned(certificates: &[CertificateDer<'_>]) -> Vec<Certificate<'static>> {
    let owned = certificates
        .iter()
        .map(|der| Certificate::from_der(der).to_owned());
    owned.collect()
}
