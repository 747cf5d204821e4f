//! Verification of tokens, with keys, signatures and key set servers made here.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy's exception for tests does not reach their helper functions"
)]

mod accepted;
mod algorithms;
mod claims;
mod clock;
mod fetching;
mod headers;
mod key_files;
mod key_sets;
mod logs;
mod refresh;
mod remembered;
mod server;
mod settings;
mod shape;
mod speed;
mod status;
mod test_key;
mod tls;
mod verifiers;
