//! Files of the client's TLS, by flags or variables.

use std::path::PathBuf;

use anyhow::Context as _;
use cli::{ClientError, ClientTls, PemFile, ServiceArgs};
use config::Environment;
use private_files::Readers;

use super::LARGEST_FILE;

/// A file, and the flag or variable that names it.
struct Named {
    by: &'static str,
    path: PathBuf,
}

impl Named {
    /// By the flag, or else by the variable.
    fn of(flag: (&'static str, Option<&PathBuf>), variable: (&'static str, Option<PathBuf>)) -> Option<Self> {
        let by_flag = flag.1.map(|path| Self {
            by: flag.0,
            path: path.clone(),
        });
        let by_variable = variable.1.map(|path| Self { by: variable.0, path });
        by_flag.or(by_variable)
    }

    fn pem<'a>(&'a self, content: &'a [u8]) -> PemFile<'a> {
        PemFile {
            named_by: self.by,
            path: &self.path,
            content,
        }
    }
}

/// Whom the client trusts, and what it presents. The files are read.
///
/// # Errors
/// When a file cannot be used or trusted, or one of certificate and key is missing.
pub(super) fn tls(args: &ServiceArgs, environment: &Environment) -> anyhow::Result<ClientTls> {
    let authorities = Named::of(
        ("--ca-file", args.ca_file.as_ref()),
        ("TENANTRY_ADMIN_CA_FILE", environment.admin_ca_file()),
    );
    let certificate = Named::of(
        ("--client-cert", args.client_cert.as_ref()),
        (
            "TENANTRY_ADMIN_CLIENT_CERT_FILE",
            environment.admin_client_cert_file(),
        ),
    );
    let key = Named::of(
        ("--client-key", args.client_key.as_ref()),
        (
            "TENANTRY_ADMIN_CLIENT_KEY_FILE",
            environment.admin_client_key_file(),
        ),
    );
    let mut tls = ClientTls::default();
    if let Some(file) = authorities {
        tls = tls.trusting(file.by, &file.path)?;
    }
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(tls),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(alone), None) => return Err(lacks(&alone, "the certificate's key, by --client-key")),
        (None, Some(alone)) => return Err(lacks(&alone, "the key's certificate, by --client-cert")),
    };
    let certificates =
        private_files::read(&certificate.path, Readers::Anyone, LARGEST_FILE).context(certificate.by)?;
    let private_key = private_files::read(&key.path, Readers::Group, LARGEST_FILE).context(key.by)?;
    Ok(tls.presenting(certificate.pem(&certificates), key.pem(&private_key))?)
}

fn lacks(given: &Named, other: &str) -> anyhow::Error {
    ClientError::Usage(format!("{} needs {other}", given.by)).into()
}
