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
mod lookup_limit;
mod token_cache;

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

use crate::attempts::{AttemptLog, RequestRecord, UNAUTHENTICATED, with_origin};
use crate::store_failed::store_failed;
use bearer::bearer;
pub(crate) use caller::Caller;
use lookup_limit::LookupLimit;
use token_cache::TokenCache;

/// Authentication of callers of the admin plane.
#[derive(Debug, Clone)]
pub struct AdminAuth {
    /// SHA-256 of the configured token.
    configured: Option<[u8; 32]>,
    cache: Arc<TokenCache>,
    lookup_limit: Arc<LookupLimit>,
    store: Store,
}

impl AdminAuth {
    /// Accepts the configured token, if any, as an admin, and the tokens of the store with their roles.
    pub fn new(configured: Option<SecretString>, store: Store) -> Self {
        let configured = configured.map(|token| AdminToken::presented(token).sha256());
        Self {
            configured,
            cache: Arc::default(),
            lookup_limit: Arc::default(),
            store,
        }
    }

    /// Whether a token is configured, which cannot be revoked.
    pub(crate) fn has_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Removes this token from the cache.
    pub(crate) fn forget(&self, token: Uuid) {
        self.cache.forget(token);
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
        if let Some(token) = self.cache.fresh(&sha256) {
            return Ok(token);
        }
        // A token that was valid within the last minute needs no permit.
        let _permit = match self.cache.cached(&sha256) {
            Some(_) => None,
            None => Some(self.lookup_limit.acquire().await?),
        };
        let started = Instant::now();
        match self.store.known_admin_token(sha256).await {
            Ok(Some(token)) => {
                self.cache.insert(sha256, token.clone(), started);
                Ok(token)
            }
            Ok(None) => {
                self.cache.remove(&sha256);
                Err(Code::Unauthenticated.into())
            }
            Err(error @ (StoreError::Connect(_) | StoreError::Postgres(_))) => {
                match self.cache.cached(&sha256) {
                    Some(token) => Ok(token),
                    None => Err(store_failed(error)),
                }
            }
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
            let actor = with_origin(actor, request.extensions());
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(problem) => {
            if problem.code() == Code::Unauthenticated {
                let actor = with_origin(Actor::service(UNAUTHENTICATED), request.extensions());
                let record = RequestRecord::of(action, &mut request).await;
                log.unauthenticated(&actor, &record).await;
            }
            problem.into_response()
        }
    }
}
