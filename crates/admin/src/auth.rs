//! Authentication by bearer token (RFC 6750): the configured one, or one of the control store.
//!
//! A stored token is cached for a second. So a revoked token is refused at once on the replica that revoked it, and
//! within about a second on all others. While the store is down, a token seen within the last minute stays valid for
//! routes that need no store, such as those for the pools of this process. The configured token needs no store.
//!
//! Made-up tokens must not use up the store: a malformed one is refused without a lookup, and lookups of tokens that
//! are not cached are limited.

mod bearer;
mod caller;
mod known;
mod line;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::{Actor, AdminToken, AuditAction, KnownToken, NewAdminToken, Role, Store, StoreError};
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;
use uuid::Uuid;
use web::{Code, Problem};

use crate::attempts::{AttemptLog, STRANGER, Seen, placed};
use crate::store_failed::store_failed;
use bearer::bearer;
pub(crate) use caller::Caller;
use known::KnownTokens;
use line::Line;

/// Authentication of callers of the admin plane.
#[derive(Debug, Clone)]
pub struct AdminAuth {
    /// SHA-256 of the configured token.
    configured: Option<[u8; 32]>,
    known: Arc<KnownTokens>,
    line: Arc<Line>,
    store: Store,
}

impl AdminAuth {
    /// Accepts the configured token, if any, as an admin, and the tokens of the store with their roles.
    pub fn new(configured: Option<SecretString>, store: Store) -> Self {
        let configured = configured.map(|token| AdminToken::presented(token).sha256());
        Self {
            configured,
            known: Arc::default(),
            line: Arc::default(),
            store,
        }
    }

    /// Whether a token is configured, which cannot be revoked.
    pub(crate) fn has_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Removes this token from the cache.
    pub(crate) fn forget(&self, token: Uuid) {
        self.known.forget(token);
    }

    /// The actor that presents this token.
    async fn identify(&self, presented: Option<AdminToken>) -> Result<Actor, Problem> {
        let presented = presented.ok_or(Code::Unauthenticated)?;
        let sha256 = presented.sha256();
        // Compares hashes, so that timing reveals nothing about the token.
        if self
            .configured
            .is_some_and(|configured| configured.ct_eq(&sha256).into())
        {
            return Ok(Actor {
                role: Some(Role::Admin),
                ..Actor::service(NewAdminToken::CONFIGURED)
            });
        }
        if !presented.is_well_formed() {
            return Err(Code::Unauthenticated.into());
        }
        let KnownToken { id, name, role, .. } = self.look_up(sha256).await?;
        Ok(Actor {
            token: Some(id),
            role: Some(role),
            ..Actor::service(&name)
        })
    }

    async fn look_up(&self, sha256: [u8; 32]) -> Result<KnownToken, Problem> {
        if let Some(token) = self.known.fresh(&sha256) {
            return Ok(token);
        }
        // A token that was valid within the last minute needs no permit.
        let _turn = match self.known.kept(&sha256) {
            Some(_) => None,
            None => Some(self.line.turn().await?),
        };
        let asked = Instant::now();
        match self.store.known_admin_token(sha256).await {
            Ok(Some(token)) => {
                self.known.seen(sha256, token.clone(), asked);
                Ok(token)
            }
            Ok(None) => {
                self.known.remove(&sha256);
                Err(Code::Unauthenticated.into())
            }
            Err(error @ (StoreError::Connect(_) | StoreError::Postgres(_))) => match self.known.kept(&sha256)
            {
                Some(token) => Ok(token),
                None => Err(store_failed(error)),
            },
            Err(error) => Err(store_failed(error)),
        }
    }
}

/// Answers `UNAUTHENTICATED` to a request without a valid token, and adds the actor to the others' extensions.
pub(crate) async fn authenticate(
    State((auth, log)): State<(AdminAuth, AttemptLog)>,
    Extension(action): Extension<AuditAction>,
    mut request: Request,
    next: Next,
) -> Response {
    let presented = bearer(request.headers());
    match auth.identify(presented).await {
        Ok(actor) => {
            let actor = placed(actor, request.extensions());
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(problem) => {
            if problem.code() == Code::Unauthenticated {
                let stranger = placed(Actor::service(STRANGER), request.extensions());
                let seen = Seen::of(action, &mut request).await;
                log.stranger(&stranger, &seen).await;
            }
            problem.into_response()
        }
    }
}
