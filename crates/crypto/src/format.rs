//! Common parts of both stored formats: the leading version, and the encoding of the AAD.

use crate::Error;

/// The format that this crate writes. It reads this one and refuses any other.
pub const FORMAT_VERSION: u8 = 1;

/// Strips the version byte off a stored value.
///
/// # Errors
/// [`Error::Malformed`] for no bytes at all, [`Error::UnsupportedVersion`] for another version.
pub(crate) fn strip_version<'a>(value: &'static str, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
    match bytes.split_first() {
        Some((&FORMAT_VERSION, rest)) => Ok(rest),
        Some((&version, _)) => Err(Error::UnsupportedVersion { value, version }),
        None => Err(Error::Malformed { value }),
    }
}

/// PASETO's pre-authentication encoding: the number of pieces, then each with its length in front, all
/// numbers as 8 bytes little-endian. It is injective: two different lists never give the same bytes.
///
/// <https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Common.md#pae-definition>
pub(crate) fn pae(pieces: &[&[u8]]) -> Vec<u8> {
    let length = pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>();
    let mut encoded = Vec::with_capacity(8 + length);
    encoded.extend_from_slice(&le64(pieces.len()));
    for piece in pieces {
        encoded.extend_from_slice(&le64(piece.len()));
        encoded.extend_from_slice(piece);
    }
    encoded
}

/// PASETO clears the highest bit; no length in memory has it.
fn le64(length: usize) -> [u8; 8] {
    (length as u64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples in PASETO's specification of PAE.
    #[test]
    fn pae_encodes_the_specification_examples() {
        assert_eq!(pae(&[]), b"\x00\x00\x00\x00\x00\x00\x00\x00");
        assert_eq!(
            pae(&[b""]),
            b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        );
        assert_eq!(
            pae(&[b"test"]),
            b"\x01\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00test"
        );
    }

    #[test]
    fn pae_keeps_the_borders_between_pieces() {
        let same_bytes: [&[&[u8]]; 5] = [
            &[b"ab", b"c"],
            &[b"a", b"bc"],
            &[b"abc"],
            &[b"abc", b""],
            &[b"", b"abc"],
        ];
        for (i, one) in same_bytes.iter().enumerate() {
            for other in &same_bytes[i + 1..] {
                assert_ne!(pae(one), pae(other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn only_version_1_is_read() {
        assert!(matches!(
            strip_version("value", &[]),
            Err(Error::Malformed { value: "value" })
        ));
        assert!(matches!(strip_version("value", &[1, 7]), Ok([7])));
        for other in (0..=u8::MAX).filter(|version| *version != 1) {
            let bytes = [other, 7];
            let result = strip_version("value", &bytes);
            assert!(
                matches!(result, Err(Error::UnsupportedVersion { version, .. }) if version == other),
                "{other}"
            );
        }
    }
}
