//! The end of a certificate's validity.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Tags of DER (ITU-T X.690).
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_0: u8 = 0xa0;

const TIME: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day][hour][minute][second]Z");

/// `notAfter` of a certificate in DER (RFC 5280, section 4.1); `None` where it cannot be read.
pub(super) fn not_after(certificate: &[u8]) -> Option<OffsetDateTime> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (fields, _) = element(certificate, SEQUENCE)?;
    // The version is left out where it is 1.
    let serial = element(fields, EXPLICIT_0).map_or(fields, |(_, rest)| rest);
    let (_, signature) = element(serial, INTEGER)?;
    let (_, issuer) = element(signature, SEQUENCE)?;
    let (_, validity) = element(issuer, SEQUENCE)?;
    let (validity, _) = element(validity, SEQUENCE)?;
    let (_, not_after) = time(validity)?;
    time(not_after).map(|(time, _)| time)
}

/// A `Time`, and what is behind it. Both forms are in UTC, to the second (section 4.1.2.5).
fn time(input: &[u8]) -> Option<(OffsetDateTime, &[u8])> {
    let (text, rest) = if let Some((short, rest)) = element(input, UTC_TIME) {
        let short = std::str::from_utf8(short).ok()?;
        let century = if short >= "50" { "19" } else { "20" };
        (format!("{century}{short}"), rest)
    } else {
        let (whole, rest) = element(input, GENERALIZED_TIME)?;
        (std::str::from_utf8(whole).ok()?.to_owned(), rest)
    };
    let time = PrimitiveDateTime::parse(&text, TIME).ok()?;
    Some((time.assume_utc(), rest))
}

/// The content of the element that the input begins with, if it has this tag, and what is behind it.
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = input.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    if first < 0x80 {
        return rest.split_at_checked(first.into());
    }
    // The long form: so many bytes of length. No certificate needs more than three.
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if length.len() > 3 {
        return None;
    }
    let length = length
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn both_forms_of_a_date_are_read() {
        for (year, month, day) in [
            (2031, 1, 31),
            (2049, 12, 31),
            (2050, 1, 1),
            (4096, 2, 29),
            (1975, 1, 1),
        ] {
            let mut params = CertificateParams::new(vec!["a".repeat(60)]).unwrap();
            params.not_before = date_time_ymd(1970, 1, 1);
            params.not_after = date_time_ymd(year, month, day);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            assert_eq!(not_after(certificate.der()), Some(params.not_after));
        }
    }

    #[test]
    fn anything_else_has_no_date() {
        let params = CertificateParams::new(Vec::new()).unwrap();
        let whole = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let whole: &[u8] = whole.der();
        for end in 0..whole.len() {
            assert_eq!(not_after(&whole[..end]), None, "{end}");
        }
        assert_eq!(not_after(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]), None);
        assert_eq!(not_after(&[0x30, 0x80, 0]), None);
    }
}
