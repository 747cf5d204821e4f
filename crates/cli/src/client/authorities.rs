//! Certificate authorities to trust.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts};

use super::ClientError;

/// The authorities in this file of PEM certificates, and no other; the system's where there is no file.
///
/// # Errors
/// When the file cannot be read, or has no certificate.
pub(super) fn read(file: Option<&Path>) -> Result<RootCerts, ClientError> {
    let Some(file) = file else {
        return Ok(RootCerts::PlatformVerifier);
    };
    let invalid = |why: String| ClientError::CaFile(file.to_owned(), why);
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| invalid(error.to_string()))?;
    if certificates.is_empty() {
        return Err(invalid("no certificate in it".to_owned()));
    }
    let owned = certificates
        .iter()
        .map(|der| Certificate::from_der(der).to_owned());
    Ok(owned.collect::<Vec<_>>().into())
}
