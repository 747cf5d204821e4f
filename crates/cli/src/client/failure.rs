//! Reasons why a request has no answer.

use std::io::ErrorKind;

use rustls::{AlertDescription, CertificateError, InvalidMessage};
use ureq::Timeout;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: ureq::Error,
    /// Whether the request may have reached the service.
    pub(super) sent: bool,
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        let sent = !is_before_the_request(&error);
        Self { error, sent }
    }
}

impl Failure {
    /// Whether there was a connection and it broke.
    pub(super) fn is_broken_connection(&self) -> bool {
        matches!(&self.error, ureq::Error::Io(error) if matches!(
            error.kind(),
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::UnexpectedEof
        ))
    }

    /// Whether nothing listens there.
    pub(super) fn is_refused(&self) -> bool {
        !self.sent
            && matches!(&self.error, ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused)
    }

    /// The reason, and what to do about it.
    pub(super) fn why(&self) -> String {
        match &self.error {
            ureq::Error::Timeout(_) => "it took too long (--request-timeout)".to_owned(),
            ureq::Error::HostNotFound => "there is no such host".to_owned(),
            ureq::Error::Protocol(_) => {
                "the answer is not HTTP; if the service speaks TLS, its URL begins with https://".to_owned()
            }
            error => match (tls_error(error), error) {
                (Some(error), _) => explain_tls(error),
                (None, ureq::Error::Io(error)) => error.to_string(),
                (None, error) => error.to_string(),
            },
        }
    }
}

/// Whether it failed for certain before anything of the request was sent.
fn is_before_the_request(error: &ureq::Error) -> bool {
    if tls_error(error).is_some_and(is_of_handshake) {
        return true;
    }
    match error {
        ureq::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::NetworkDown
                | ErrorKind::AddrNotAvailable
        ),
        ureq::Error::Timeout(phase) => matches!(phase, Timeout::Resolve | Timeout::Connect),
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::BadUri(_) => true,
        _ => false,
    }
}

/// The error of rustls in it, if there is one.
fn tls_error(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

fn is_of_handshake(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(_)
            | rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)
    ) || refusal_of_certificate(error).is_some()
}

/// Why the service does not accept the client's certificate. It says so before it reads a request.
fn refusal_of_certificate(error: &rustls::Error) -> Option<&'static str> {
    let rustls::Error::AlertReceived(alert) = error else {
        return None;
    };
    Some(match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it asks for a certificate of yours; --client-cert and --client-key name it"
        }
        AlertDescription::UnknownCA => {
            "it does not accept the certificate of --client-cert: another authority has signed it"
        }
        AlertDescription::CertificateExpired => {
            "it does not accept the certificate of --client-cert: it has expired, or is not valid yet"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "it does not accept the certificate of --client-cert",
        _ => return None,
    })
}

fn explain_tls(error: &rustls::Error) -> String {
    if let Some(refusal) = refusal_of_certificate(error) {
        return refusal.to_owned();
    }
    match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "it does not speak TLS; if that is intended, its URL begins with http://".to_owned()
        }
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its certificate is not signed by an authority that this machine trusts; --ca-file names a file with the \
             certificate of another authority"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another host name; the URL has to have a name in the certificate".to_owned(),
        error => error.to_string(),
    }
}
