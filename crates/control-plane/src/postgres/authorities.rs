//! Certificate authorities that a server's certificate is verified against.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Authorities to trust, read once and handed to each login: a login has to wait for no file.
#[derive(Debug, Clone)]
pub struct Authorities {
    pem: Arc<[u8]>,
}

/// Why there are no authorities to trust.
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
    /// The file holds no certificate in PEM, or one that is damaged.
    #[error("{} is not a PEM file of certificates", file.display())]
    NotCertificates {
        /// The file.
        file: PathBuf,
    },
    /// The operating system has none.
    #[error("the operating system has no certificate authorities: name a file of those to trust")]
    NoneInSystem,
}

/// Those of the operating system, some 150 files of them.
static SYSTEM: OnceLock<Authorities> = OnceLock::new();

impl Authorities {
    /// Those of this PEM file.
    ///
    /// # Errors
    /// When it cannot be read or is no such file.
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

    /// Those of the operating system, read when they are asked for first.
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
        // The bundle and the single files hold the same ones.
        certificates.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
        certificates.dedup();
        let pem: String = certificates
            .iter()
            .map(|certificate| encode(certificate))
            .collect();
        let pem = pem.into_bytes().into();
        Ok(SYSTEM.get_or_init(|| Self { pem }).clone())
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.pem.to_vec()
    }
}

/// As PEM (RFC 7468), whose lines need not be wrapped for those who read it here.
fn encode(certificate: &CertificateDer<'_>) -> String {
    let base64 = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}
