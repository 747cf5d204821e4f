//! Query strings, strictly: what cannot be decoded is an error, where the usual libraries put in a
//! replacement.

/// Splits a query into names and values, decoded. `None` if a percent sign is not followed by two hexadecimal
/// digits, or what comes out is not UTF-8.
///
/// The format is the WHATWG URL standard's `application/x-www-form-urlencoded`: pairs parted by `&`, name and
/// value by the first `=`, and a space may be a plus sign. An empty pair is none.
pub(super) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        let read = pairs("a=1&b=x%20y+z&&c&d==%26%C3%a4").unwrap();
        let expected = [("a", "1"), ("b", "x y z"), ("c", ""), ("d", "=&ä")];
        assert_eq!(
            read,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(pairs(""), Some(vec![]));
    }

    #[test]
    fn refuses_what_cannot_be_decoded() {
        for wrong in ["a=%", "a=%2", "a=%2g", "%zz=1", "a=%ff", "a=%c3", "a=%+1"] {
            assert_eq!(pairs(wrong), None, "{wrong}");
        }
    }
}
