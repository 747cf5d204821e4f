//! What `Accept-Encoding` says of gzip and of no coding (RFC 9110 section 12.5.3).

use http::{HeaderMap, header::ACCEPT_ENCODING};

/// The codings that are named, and whether each has a weight above zero.
fn codings(headers: &HeaderMap) -> impl Iterator<Item = (&str, bool)> {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = weight
                .trim()
                .strip_prefix(['q', 'Q'])
                .and_then(|weight| weight.strip_prefix('='))
                .and_then(|weight| weight.parse::<f32>().ok());
            (name.trim(), weight != Some(0.0))
        })
}

/// Whether gzip is named, and not with the weight zero.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    codings(headers).any(|(name, accepted)| name.eq_ignore_ascii_case("gzip") && accepted)
}

/// Whether neither gzip nor a response without a coding is accepted.
pub(crate) fn refuses_what_there_is(headers: &HeaderMap) -> bool {
    let said = |wanted: &str| {
        codings(headers)
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, accepted)| accepted)
    };
    let any = said("*");
    let plain = said("identity").or(any).unwrap_or(true);
    let gzip = said("gzip").or_else(|| said("x-gzip")).or(any).unwrap_or(false);
    !plain && !gzip
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_weight_of_zero_refuses() {
        for (value, accepted) in [("gzip", true), ("deflate", false), ("gzip;q=0, br", false)] {
            assert_eq!(accepts_gzip(&sent(value)), accepted, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn no_coding_is_accepted_unless_it_is_refused() {
        for value in [
            "",
            "gzip",
            "br",
            "gzip;q=0",
            "*;q=0, gzip",
            "identity;q=0, gzip",
            "*",
        ] {
            assert!(!refuses_what_there_is(&sent(value)), "{value}");
        }
        for value in [
            "identity;q=0",
            "*;q=0",
            "br, identity;q=0",
            "gzip;q=0, identity;Q=0.000",
        ] {
            assert!(refuses_what_there_is(&sent(value)), "{value}");
        }
        assert!(!refuses_what_there_is(&HeaderMap::new()));
    }
}
