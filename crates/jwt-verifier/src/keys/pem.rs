//! Public keys in PEM: blocks `PUBLIC KEY` (RFC 7468 section 13), one after another.

use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;

use super::public_key::PublicKey;
use super::{KeySetError, Unusable};

/// The OID `id-Ed25519` and its tag, and the same for the others.
const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";
const EC_PUBLIC_KEY_ON_P256: &[u8] =
    b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// The keys in the document. One that cannot be used is an error, since an operator has put it there.
pub(super) fn read(document: &[u8]) -> Result<Vec<PublicKey>, KeySetError> {
    let blocks: Result<Vec<_>, _> = SubjectPublicKeyInfoDer::pem_slice_iter(document).collect();
    let blocks = blocks.map_err(|_| KeySetError::NotKeys)?;
    if blocks.is_empty() {
        return Err(KeySetError::NotKeys);
    }
    let keys = blocks.iter().enumerate();
    keys.map(|(index, block)| public_key(block).map_err(|why| KeySetError::Pem(index + 1, why)))
        .collect()
}

/// Reads a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
fn public_key(der: &[u8]) -> Result<PublicKey, Unusable> {
    let mut outer = Der(der);
    let mut info = Der(outer.take(SEQUENCE)?);
    let algorithm = info.take(SEQUENCE)?;
    let [0, key @ ..] = info.take(BIT_STRING)? else {
        return Err(Unusable::Malformed);
    };
    outer.end()?;
    info.end()?;
    let malformed = |_| Unusable::Malformed;
    match algorithm {
        ED25519 => Ok(PublicKey::Ed25519(key.try_into().map_err(malformed)?)),
        EC_PUBLIC_KEY_ON_P256 => {
            let point: [u8; 65] = key.try_into().map_err(malformed)?;
            let (Some(x), Some(y), 4) = (point[1..].first_chunk(), point.last_chunk(), point[0]) else {
                return Err(Unusable::Malformed);
            };
            Ok(PublicKey::P256(*x, *y))
        }
        RSA_ENCRYPTION => {
            let mut outer = Der(key);
            let mut key = Der(outer.take(SEQUENCE)?);
            let (n, e) = (key.take(INTEGER)?, key.take(INTEGER)?);
            outer.end()?;
            key.end()?;
            PublicKey::rsa(n, e)
        }
        _ => Err(Unusable::Type),
    }
}

/// A reader of DER values.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which has this tag.
    fn take(&mut self, tag: u8) -> Result<&'a [u8], Unusable> {
        let (length, rest) = match self.0 {
            [found, length @ ..=0x7f, rest @ ..] if *found == tag => (usize::from(*length), rest),
            [found, 0x81, length, rest @ ..] if *found == tag => (usize::from(*length), rest),
            [found, 0x82, high, low, rest @ ..] if *found == tag => {
                (usize::from(u16::from_be_bytes([*high, *low])), rest)
            }
            _ => return Err(Unusable::Malformed),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(Unusable::Malformed)?;
        self.0 = rest;
        Ok(content)
    }

    fn end(&self) -> Result<(), Unusable> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Unusable::Malformed)
        }
    }
}
