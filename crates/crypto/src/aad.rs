//! Associated data of a sealed value.

use crate::format::pae;

/// Associated data that binds a sealed value to its place, so that the value does not open in another one.
///
/// Not stored with the value: the caller derives it from the place where the value was found.
#[derive(Debug, Clone, Copy)]
pub struct Aad<'a> {
    subject: &'a [u8],
    purpose: &'static str,
    version: u64,
}

impl<'a> Aad<'a> {
    /// Binds to `subject` (whose secret it is, for instance a tenant's id), `purpose` (what the secret is
    /// for, for instance `postgres-password`) and `version` (which of the subject's secrets of that purpose:
    /// a value that was replaced cannot be put back in its successor's place).
    pub fn new(subject: &'a [u8], purpose: &'static str, version: u64) -> Self {
        Self {
            subject,
            purpose,
            version,
        }
    }

    /// The bytes that authenticate a sealed value with this `header`.
    pub(crate) fn encode(&self, header: &[u8]) -> Vec<u8> {
        pae(&[
            b"sealed",
            header,
            self.subject,
            self.purpose.as_bytes(),
            &self.version.to_be_bytes(),
        ])
    }
}
