//! Creation of admin tokens.

use pg_timestamp::Timestamp;
use uuid::Uuid;

use super::TokenRow;
use crate::actor::Actor;
use crate::admin_token::{AdminToken, AdminTokenInfo, Expiry, NewAdminToken};
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::store::error::StoreError;
use crate::store::{Store, audit};

/// Why a token was not created. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CreateTokenError {
    /// Its expiry is in the past.
    #[error("the token would have expired already")]
    AlreadyExpired,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CreateTokenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Accepts this token from now on, and audits its creation.
    ///
    /// # Errors
    /// When its expiry is in the past, or the store fails.
    pub async fn create_admin_token(
        &self,
        actor: &Actor,
        new: &NewAdminToken,
        token: &AdminToken,
    ) -> Result<AdminTokenInfo, CreateTokenError> {
        let (at, seconds) = match new.expiry {
            Expiry::Never => (None, None),
            Expiry::At(moment) => (Some(Timestamp::from(moment)), None),
            Expiry::In(duration) => (None, Some(duration.as_secs_f64())),
        };
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query_as!(
            TokenRow,
            "INSERT INTO control.admin_tokens (id, name, role, sha256, expires_at)
             SELECT $1, $2, $3, $4, expires_at
             FROM (VALUES (coalesce($5::timestamptz, now() + make_interval(secs => $6)))) AS end_of (expires_at)
             WHERE expires_at IS NULL OR expires_at > now()
             RETURNING id, name, role, created_at, expires_at, revoked_at",
            Uuid::now_v7(),
            new.name,
            new.role.as_str(),
            &token.sha256(),
            at,
            seconds,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let row = row.ok_or(CreateTokenError::AlreadyExpired)?;
        let made = AdminTokenInfo::try_from(row)?;
        let entry = AuditEntry::done(actor, AuditAction::AdminTokenCreate)
            .target(made.id.to_string())
            .changed(None, Some(made.describe()));
        audit::append(&mut *transaction, &entry).await?;
        transaction.commit().await?;
        Ok(made)
    }
}
