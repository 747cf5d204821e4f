//! Who is calling: bearer tokens (RFC 6750), the one of the configuration and those in the control store.
//!
//! A token of the store is looked up anew once it was seen a second ago, so a revoked one is refused within about that
//! time on every replica, and at once on the one that revoked it. While the store cannot be asked, a token that was
//! seen within the last minute still counts: it opens what needs no store, the pools of this process. The configured
//! token needs no store at all.
//!
//! Whoever has no token can make up as many as he likes: what has not the form of one is refused without asking, and
//! of the others few are looked up at once, so that the store is there for those who are known.

mod bearer;
mod caller;
mod known;
mod line;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::{Actor, AdminToken, KnownToken, NewAdminToken, Role, Store, StoreError};
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

/// Who may call the admin plane.
#[derive(Debug, Clone)]
pub struct AdminAuth {
    /// Of the configured token only its hash.
    configured: Option<[u8; 32]>,
    known: Arc<KnownTokens>,
    line: Arc<Line>,
    store: Store,
}

impl AdminAuth {
    /// Lets in the configured token, if there is one, as an admin, and those that the store knows by their roles.
    pub fn new(configured: Option<SecretString>, store: Store) -> Self {
        let configured = configured.map(|token| AdminToken::presented(token).sha256());
        Self {
            configured,
            known: Arc::default(),
            line: Arc::default(),
            store,
        }
    }

    /// Whether there is an admin whom nobody can revoke.
    pub(crate) fn has_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Looks this token up anew when it comes next.
    pub(crate) fn forget(&self, token: Uuid) {
        self.known.forget(token);
    }

    /// Whose token it is that is presented, as far as the token tells.
    async fn identify(&self, presented: Option<AdminToken>) -> Result<Actor, Problem> {
        let presented = presented.ok_or(Code::Unauthenticated)?;
        let sha256 = presented.sha256();
        // Hashes are compared, so that timing tells nothing of the token.
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
        // Who was let in within the last minute stands in no line.
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

/// Answers `UNAUTHENTICATED` to a request without a valid token, and tells all that follows who is calling.
pub(crate) async fn authenticate(
    State((auth, log)): State<(AdminAuth, AttemptLog)>,
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
                let seen = Seen::of(&mut request).await;
                log.stranger(&stranger, &seen).await;
            }
            problem.into_response()
        }
    }
}
