//! Redaction of secrets in paths and request ids that are logged.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Whether a text contains `prefix`, with which secrets begin, in any case.
pub(super) fn contains_secret(text: &[u8], prefix: &str) -> bool {
    text.windows(prefix.len().max(1))
        .any(|part| part.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// A path without the secrets that are pasted into it, such as an API key in place of its id: each segment that contains
/// `prefix`, with which secrets begin, in any case and also if it is percent-encoded, becomes that prefix and an ellipsis.
pub fn redact_path<'a>(path: &'a str, prefix: &str) -> Cow<'a, str> {
    let is_secret = |segment: &str| {
        contains_secret(segment.as_bytes(), prefix)
            || segment.contains('%')
                && contains_secret(&percent_decode_str(segment).collect::<Vec<_>>(), prefix)
    };
    if !path.split('/').any(is_secret) {
        return Cow::Borrowed(path);
    }
    let redacted = format!("{prefix}…");
    let segments = path
        .split('/')
        .map(|segment| if is_secret(segment) { &*redacted } else { segment });
    Cow::Owned(segments.collect::<Vec<_>>().join("/"))
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
            ("/x/TNT_KEY_ABC/y", "/x/tnt_…/y"),
            ("/x/%54nT_key_abc", "/x/tnt_…"),
            ("/x/%ff%54NT_key_abc", "/x/tnt_…"),
            ("/x/%22tnt_key_abc%22", "/x/tnt_…"),
            ("/x/%zz%tnt_key_abc%", "/x/tnt_…"),
        ] {
            assert_eq!(redact_path(path, "tnt_"), logged, "{path}");
        }
        for path in ["", "*", "/", "/v1/internal/users/7", "/tnt/_%74%6", "/%E2%82%AC"] {
            assert!(
                matches!(redact_path(path, "tnt_"), Cow::Borrowed(same) if same == path),
                "{path}"
            );
        }
    }
}
