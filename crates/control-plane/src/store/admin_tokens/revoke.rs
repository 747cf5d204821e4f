//! Revocation of admin tokens.

use uuid::Uuid;

use super::TokenRow;
use crate::actor::{Actor, Role};
use crate::admin_token::AdminTokenInfo;
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::store::error::StoreError;
use crate::store::{Store, audit};

/// Why a token was not revoked. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The token does not exist.
    #[error("there is no such token")]
    Unknown,
    /// Without it, tokens could not be managed any more.
    #[error("it is the last token of the role admin that can be used")]
    LastAdmin,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for RevokeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Revokes a token, and audits it. A token that is revoked already is not changed and not audited. The `bool` says
    /// whether this call revoked it. The last usable token of the role admin cannot be revoked, unless there is another
    /// administrator (`another_admin`).
    ///
    /// # Errors
    /// See [`RevokeError`].
    pub async fn revoke_admin_token(
        &self,
        actor: &Actor,
        id: Uuid,
        another_admin: bool,
    ) -> Result<(AdminTokenInfo, bool), RevokeError> {
        let mut transaction = self.pool.begin().await?;
        // Locks all admin tokens in one order: of two concurrent revocations, the second sees the first.
        let admins = sqlx::query_scalar!(
            "SELECT id FROM control.admin_tokens
             WHERE role = 'admin' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
             ORDER BY id
             FOR UPDATE",
        )
        .fetch_all(&mut *transaction)
        .await?;
        let row = sqlx::query_as!(
            TokenRow,
            "SELECT id, name, role, created_at, expires_at, revoked_at FROM control.admin_tokens
             WHERE id = $1
             FOR UPDATE",
            id,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let before = AdminTokenInfo::try_from(row.ok_or(RevokeError::Unknown)?)?;
        if before.revoked_at.is_some() {
            return Ok((before, false));
        }
        if before.role == Role::Admin && admins == [id] && !another_admin {
            return Err(RevokeError::LastAdmin);
        }
        let row = sqlx::query_as!(
            TokenRow,
            "UPDATE control.admin_tokens SET revoked_at = now() WHERE id = $1
             RETURNING id, name, role, created_at, expires_at, revoked_at",
            id,
        )
        .fetch_one(&mut *transaction)
        .await?;
        let after = AdminTokenInfo::try_from(row)?;
        let entry = AuditEntry::done(actor, AuditAction::AdminTokenRevoke)
            .target(id.to_string())
            .changed(Some(before.describe()), Some(after.describe()));
        audit::append(&mut *transaction, &entry).await?;
        transaction.commit().await?;
        Ok((after, true))
    }
}
