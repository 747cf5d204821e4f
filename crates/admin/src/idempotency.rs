//! Idempotent POST requests by `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
//!
//! The key is claimed in the control store before the request runs, so it holds on every replica. A final response is
//! stored and replayed with `Idempotency-Replayed: true`. After any other response, or a killed process, the key is
//! free and the next attempt runs the request again; handlers resume from the state that they find.

mod key;
mod stored_response;

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::{ClaimedKey, IdempotencyKey, KeyClaim, Store, StoredResponse};
use http::request::Parts;
use http::{HeaderName, Method};
use serde_json::json;
use tokio::time::{Instant, sleep};
use web::extract::{
    IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, LONGEST_IDEMPOTENCY_KEY, idempotency_key, request_fingerprint,
    whole_body,
};
use web::middleware::LogContext;
use web::openapi::{Input, Inputs};
use web::{Code, Problem};

use crate::auth::Caller;
use crate::codes;
use crate::describe::AdminPlane;
use crate::store_failed::store_failed;

/// Longest wait for an earlier request with the same key.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// First and longest pause between two polls.
const POLL_INTERVALS: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(400)];

/// Header that marks a replayed response.
pub(crate) const REPLAYED: HeaderName = IDEMPOTENCY_REPLAYED;

/// The key of a request whose headers this middleware has checked.
#[derive(Debug)]
pub(crate) struct RequestKey(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for RequestKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let key = parts.headers.get(IDEMPOTENCY_KEY);
        Ok(Self(key.and_then(|key| key.to_str().ok()).map(ToOwned::to_owned)))
    }
}

impl Input<AdminPlane> for RequestKey {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[
            Code::Malformed,
            Code::RequestTimeout,
            codes::IDEMPOTENCY_IN_PROGRESS,
            codes::IDEMPOTENCY_KEY_REUSED,
        ]);
        // Once for those that read it as well.
        if !inputs.has_parameter(SHOWN) {
            inputs.header(
                SHOWN,
                "Runs the request once, however often it is sent with this key.",
                &json!({"type": "string", "minLength": 1, "maxLength": LONGEST_IDEMPOTENCY_KEY, "pattern": "^[!-~]+$"}),
            );
        }
    }
}

/// The header as it is described.
const SHOWN: &str = "Idempotency-Key";

/// Runs a POST with a key once, and replays its response to all others.
pub(crate) async fn idempotent(
    State(store): State<Store>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    match idempotency_key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => once(&store, caller, key, request, next)
            .await
            .unwrap_or_else(Problem::into_response),
        Err(problem) => problem.into_response(),
    }
}

async fn once(
    store: &Store,
    caller: Caller,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let headless = Request::from_parts(head.clone(), body);
    let body = whole_body(headless).await?;
    let key = IdempotencyKey {
        caller: key::owner(&caller.0),
        key,
        request: request_fingerprint(&head, &body),
    };
    match claim(store, &key).await? {
        Claim::New(claimed) => Ok(run(claimed, Request::from_parts(head, Body::from(body)), next).await),
        Claim::Replay(stored) => Ok(replay(&head, stored)),
    }
}

/// Result of waiting for the key.
enum Claim {
    /// This request has claimed the key.
    New(ClaimedKey),
    /// An earlier request left this response.
    Replay(StoredResponse),
}

/// Claims the key, or waits for the earlier request that holds it.
async fn claim(store: &Store, key: &IdempotencyKey) -> Result<Claim, Problem> {
    let started = Instant::now();
    let [mut pause, longest] = POLL_INTERVALS;
    loop {
        match store.claim_key(key).await.map_err(store_failed)? {
            KeyClaim::Run(claimed) => return Ok(Claim::New(claimed)),
            KeyClaim::Answered(stored) => return Ok(Claim::Replay(stored)),
            KeyClaim::Reused => return Err(codes::IDEMPOTENCY_KEY_REUSED.into()),
            KeyClaim::Running if started.elapsed() < MAX_WAIT => sleep(pause).await,
            KeyClaim::Running => {
                let problem = Problem::new(codes::IDEMPOTENCY_IN_PROGRESS);
                return Err(problem.retry_after(Duration::from_secs(1)));
            }
        }
        pause = (pause * 2).min(longest);
    }
}

async fn run(claimed: ClaimedKey, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let (response, stored) = match stored_response::split(response).await {
        Ok(both) => both,
        Err(problem) => return problem.into_response(),
    };
    let ended = match stored {
        Some(stored) => claimed.answer(&stored).await,
        None => claimed.release().await,
    };
    // The request has run, so its response is sent.
    if let Err(error) = ended {
        tracing::warn!(%error, "cannot store the outcome of an idempotency key; a repetition runs the request again");
    }
    response
}

fn replay(head: &Parts, stored: StoredResponse) -> Response {
    let request = head.extensions.get::<LogContext>();
    let id = request.map(LogContext::request_id);
    stored_response::replay(stored, id).unwrap_or_else(Problem::into_response)
}
