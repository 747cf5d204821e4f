//! Paths, as logs may have them.

use std::borrow::Cow;

use crate::read::percent::hex;

/// How every secret of the service begins.
const SECRET: &[u8] = b"tnt_";

/// A path without the secrets that somebody has pasted into it, such as an API key where its id belongs: a segment that
/// holds one is `tnt_…`, also where it is written in percent-encoding.
pub fn without_secrets(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(is_secret) {
        return Cow::Borrowed(path);
    }
    let segments = path
        .split('/')
        .map(|segment| if is_secret(segment) { "tnt_…" } else { segment });
    Cow::Owned(segments.collect::<Vec<_>>().join("/"))
}

fn is_secret(segment: &str) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET);
    holds(segment.as_bytes()) || segment.contains('%') && holds(&decoded(segment))
}

/// What is no percent-encoding stays as it is.
fn decoded(segment: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.as_bytes();
    while let Some((&first, after)) = bytes.split_first() {
        let escaped = after.split_first_chunk().filter(|_| first == b'%');
        let escaped = escaped.and_then(|(&[high, low], rest)| Some((hex(high)? << 4 | hex(low)?, rest)));
        let (byte, rest) = escaped.unwrap_or((first, after));
        decoded.push(byte);
        bytes = rest;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        for (path, logged) in [
            (
                "/admin/v1/api-keys/tnt_key_abc/revoke",
                "/admin/v1/api-keys/tnt_…/revoke",
            ),
            ("/tnt_admin_abc", "/tnt_…"),
            ("/x/%74nt%5Fkey_abc", "/x/tnt_…"),
            ("/x/tnt%5fkey_abc/", "/x/tnt_…/"),
            ("/x/%22tnt_key_abc%22", "/x/tnt_…"),
            ("/x/%zz%tnt_key_abc%", "/x/tnt_…"),
        ] {
            assert_eq!(without_secrets(path), logged, "{path}");
        }
        for path in ["", "*", "/", "/v1/internal/users/7", "/tnt/_%74%6", "/%E2%82%AC"] {
            assert!(
                matches!(without_secrets(path), Cow::Borrowed(same) if same == path),
                "{path}"
            );
        }
    }
}
