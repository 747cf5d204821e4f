//! The crate as its users see it: the envelope, the stored formats, the key ring file, other providers.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "clippy's exception for tests does not reach their helper functions"
)]

mod envelope;
mod golden;
mod key_ring;
mod provider;
mod rings;
