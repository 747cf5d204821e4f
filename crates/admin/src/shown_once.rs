//! Response with a secret that is shown once.

use std::fmt;

use admin_types::{CreatedAdminToken, CreatedApiKey};
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use web::{Json, Problem};

/// A response body with a field for a secret.
pub(crate) trait HoldsSecret: Serialize {
    /// The field.
    fn secret(&mut self) -> &mut Option<String>;
}

impl HoldsSecret for CreatedApiKey {
    fn secret(&mut self) -> &mut Option<String> {
        &mut self.secret
    }
}

impl HoldsSecret for CreatedAdminToken {
    fn secret(&mut self) -> &mut Option<String> {
        &mut self.token
    }
}

/// A response with its secret. Its stored form for replays has `null` instead, so no store has the secret.
pub(crate) struct ShownOnce<T> {
    answer: T,
    secret: SecretString,
}

impl<T: HoldsSecret> ShownOnce<T> {
    /// Combines `answer`, whose field is still empty, with the secret.
    pub(crate) fn new(answer: T, secret: SecretString) -> Self {
        Self { answer, secret }
    }
}

impl<T: HoldsSecret> IntoResponse for ShownOnce<T> {
    fn into_response(self) -> Response {
        let Self { mut answer, secret } = self;
        let kept = match serde_json::to_vec(&answer) {
            Ok(mut kept) => {
                // As `Json` ends it.
                kept.push(b'\n');
                StoredBody(kept.into())
            }
            Err(error) => return Problem::internal(error).into_response(),
        };
        *answer.secret() = Some(secret.expose_secret().to_owned());
        let mut response = Json(answer).into_response();
        response.extensions_mut().insert(kept);
        response
    }
}

/// Response extension: the body to store, in place of the one that is sent.
#[derive(Clone)]
pub(crate) struct StoredBody(pub(crate) Bytes);

impl<T> fmt::Debug for ShownOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownOnce").finish_non_exhaustive()
    }
}
