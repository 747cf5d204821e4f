//! Response view of a token.

use control_plane::AdminTokenInfo;

/// Shows a token without its secret.
pub(super) fn token(token: AdminTokenInfo) -> admin_types::AdminToken {
    admin_types::AdminToken {
        id: token.id,
        name: token.name,
        role: token.role.as_str().into(),
        created_at: token.created_at.into(),
        expires_at: token.expires_at.map(Into::into),
        revoked_at: token.revoked_at.map(Into::into),
    }
}
