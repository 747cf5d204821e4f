//! Extractors of the tenant's database, and of a transaction in it.

use std::fmt;

use ::axum::extract::FromRequestParts;
use ::axum::http::request::Parts;
use ::axum::response::{IntoResponse, Response};

use super::error::{Respond, TenantError};
use crate::checkout::Checkouts;
use crate::db::TenantDb;
use crate::pool::DefaultPool;
use crate::transaction::TenantTransaction;

/// What the layer puts into the request's extensions.
pub(super) struct Resolved<P: Checkouts> {
    pub(super) db: TenantDb<P>,
    pub(super) respond: Respond,
}

impl<P: Checkouts> Clone for Resolved<P> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            respond: self.respond,
        }
    }
}

/// The error of an extractor, rendered as [`ResolveTenant::respond_with`](super::ResolveTenant::respond_with) says.
pub struct Rejection {
    /// Why there is nothing to extract.
    pub error: TenantError,
    respond: Respond,
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        (self.respond)(self.error)
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// The tenant's database, leased for the length of the request. A handler that takes it cannot name another tenant's.
pub struct Db<P: Checkouts = DefaultPool>(pub TenantDb<P>);

impl<S: Sync, P: Checkouts> FromRequestParts<S> for Db<P> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        resolved(parts).map(|resolved| Self(resolved.db))
    }
}

impl<P: Checkouts> Clone for Db<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Checkouts> fmt::Debug for Db<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Db").field(&self.0).finish()
    }
}

/// A transaction in the tenant's database, begun before the handler and rolled back unless the handler commits it.
pub struct Transaction<P: Checkouts = DefaultPool>(pub TenantTransaction<P>);

impl<S: Sync, P: Checkouts> FromRequestParts<S> for Transaction<P> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let Resolved { db, respond } = resolved::<P>(parts)?;
        db.begin().await.map(Self).map_err(|refusal| Rejection {
            error: refusal.into(),
            respond,
        })
    }
}

impl<P: Checkouts> fmt::Debug for Transaction<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transaction").field(&self.0).finish()
    }
}

fn resolved<P: Checkouts>(parts: &Parts) -> Result<Resolved<P>, Rejection> {
    let resolved = parts.extensions.get::<Resolved<P>>().cloned();
    resolved.ok_or(Rejection {
        error: TenantError::NotResolved,
        respond: |error| error.into_response(),
    })
}
