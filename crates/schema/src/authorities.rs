//! Certificate authorities for verifying a server's certificate.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Trusted authorities. They are read once, so that no login reads files.
#[derive(Debug, Clone)]
pub struct Authorities {
    pem: Arc<[u8]>,
}

/// Why no authorities could be loaded.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file contains no PEM certificate, or a damaged one.
    #[error("{} is not a PEM file of certificates", file.display())]
    NotCertificates {
        /// The file.
        file: PathBuf,
    },
    /// The operating system has none.
    #[error("the operating system has no certificate authorities: configure a file of those to trust")]
    NoneInSystem,
}

/// The operating system's authorities, some 150 files.
static SYSTEM: OnceLock<Authorities> = OnceLock::new();

impl Authorities {
    /// The authorities in this PEM file.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a PEM file of certificates.
    pub fn from_file(file: &Path) -> Result<Self, AuthoritiesError> {
        let pem = std::fs::read(file).map_err(|cause| AuthoritiesError::Unreadable {
            file: file.to_owned(),
            cause,
        })?;
        let mut certificates = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            if certificate.is_err() {
                certificates = 0;
                break;
            }
            certificates += 1;
        }
        if certificates == 0 {
            let file = file.to_owned();
            return Err(AuthoritiesError::NotCertificates { file });
        }
        Ok(Self { pem: pem.into() })
    }

    /// The operating system's authorities, read on the first call.
    ///
    /// # Errors
    /// When it has none.
    pub fn of_system() -> Result<Self, AuthoritiesError> {
        if let Some(system) = SYSTEM.get() {
            return Ok(system.clone());
        }
        let mut certificates = rustls_native_certs::load_native_certs().certs;
        if certificates.is_empty() {
            return Err(AuthoritiesError::NoneInSystem);
        }
        // The bundle and the single files hold the same certificates.
        certificates.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
        certificates.dedup();
        let pem: String = certificates
            .iter()
            .map(|certificate| encode(certificate))
            .collect();
        let pem = pem.into_bytes().into();
        Ok(SYSTEM.get_or_init(|| Self { pem }).clone())
    }

    /// Their certificates, as a PEM file has them.
    pub fn pem(&self) -> Vec<u8> {
        self.pem.to_vec()
    }
}

/// Encodes as PEM (RFC 7468). The readers here do not need wrapped lines.
fn encode(certificate: &CertificateDer<'_>) -> String {
    let base64 = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}
