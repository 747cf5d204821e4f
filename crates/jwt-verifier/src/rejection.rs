//! Reasons why a token is not accepted.

/// Why a token is not accepted. Neither variant holds anything of the token, so that it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// The token is not valid here: 401.
    #[error("{0}")]
    Refused(Refusal),
    /// The issuer's keys are not known, so that the token cannot be judged: 503.
    #[error("the issuer's keys are unavailable")]
    KeysUnavailable,
}

impl Rejection {
    /// A stable word for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.reason(),
            Self::KeysUnavailable => "keys_unavailable",
        }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $reason:literal, $text:literal;)*) => {
        /// Why a token is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum Refusal {
            $($(#[$doc])* #[error($text)] $name,)*
        }

        impl Refusal {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// A stable word for logs and metrics.
            pub fn reason(self) -> &'static str {
                match self {
                    $(Self::$name => $reason,)*
                }
            }
        }
    };
}

refusals! {
    /// Larger than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES).
    TooLarge: "too_large", "the token is too large";
    /// Not three parts of base64url without padding, or not JSON objects with unique names in bounded depth. Also where a
    /// list or an object is a registered claim that is none.
    Malformed: "malformed", "the token is not a well-formed JWT";
    /// The header has `crit`, or a key or an address of keys of its own, or says that the payload is encoded.
    Header: "header", "the token's header has a parameter that is not accepted";
    /// `typ` is neither `JWT` nor `at+jwt`.
    Type: "type", "the token is of another type";
    /// `alg` is not allowed for the issuer, or does not fit the key.
    Algorithm: "algorithm", "the token's algorithm is not allowed, or does not fit its key";
    /// `iss` is not a configured issuer.
    Issuer: "issuer", "the token's issuer is not accepted";
    /// No `kid`, and several keys fit.
    KeyIdMissing: "key_id_missing", "the token names no key, and its issuer has several";
    /// The issuer has no such key.
    UnknownKey: "unknown_key", "the token's key is not one of its issuer's";
    /// The signature is wrong.
    Signature: "signature", "the token's signature is invalid";
    /// `aud` is missing, or none of the configured ones.
    Audience: "audience", "the token is for another audience";
    /// `exp` is missing or no time.
    ExpiryInvalid: "expiry_invalid", "the token's expiry is missing or invalid";
    /// `exp` has passed.
    Expired: "expired", "the token has expired";
    /// `nbf` or `iat` is in the future, or no time.
    NotYetValid: "not_yet_valid", "the token is not valid yet";
    /// It is valid for longer than the issuer's `max_lifetime`, or does not say since when.
    Lifetime: "lifetime", "the token's lifetime is too long or unknown";
    /// `sub` is not a string.
    Subject: "subject", "the token's subject is not a string";
    /// The tenant claim is missing, or no UUID.
    Tenant: "tenant", "the token's tenant claim is missing or is not a UUID";
    /// The scope claim is neither a string nor a list of strings.
    Scope: "scope", "the token's scopes are neither a string nor a list of strings";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn reasons_are_unique_words() {
        let reasons: HashSet<_> = Refusal::ALL.iter().map(|refusal| refusal.reason()).collect();
        assert_eq!(reasons.len(), Refusal::ALL.len());
        for reason in reasons {
            assert!(
                reason
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{reason}"
            );
        }
    }
}
