//! The owner of an idempotency key.

use control_plane::{Actor, NewAdminToken};

/// The owner of a key: each token has its own keys.
pub(super) fn owner(actor: &Actor) -> String {
    actor
        .token
        .map_or_else(|| NewAdminToken::CONFIGURED.to_owned(), |token| token.to_string())
}
