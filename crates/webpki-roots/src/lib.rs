//! An empty list of certificate authorities.
//!
//! sqlx trusts, besides the authorities that a login names, either those of the operating system, which it reads anew
//! for each login (some 150 files, blocking), or those that the crate `webpki-roots` has compiled in, which no operator
//! chose. This takes that crate's place (`[patch.crates-io]`), so that a login trusts what it was given and nothing
//! else. Where the system's authorities are to be trusted, they are read once and given to each login.

use rustls_pki_types::TrustAnchor;

/// None.
pub const TLS_SERVER_ROOTS: &[TrustAnchor<'static>] = &[];
