//! Idempotent POST requests by `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
//!
//! The key is claimed in the control store before the request runs, so it holds on every replica. A final response is
//! stored and replayed with `Idempotency-Replayed: true`. After any other response, or a killed process, the key is
//! free and the next attempt runs the request again; handlers resume from the state that they find.

mod answer;
mod key;

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::{ClaimedKey, IdempotencyKey, KeptAnswer, KeyClaim, Store};
use http::Method;
use http::request::Parts;
use serde_json::json;
use tokio::time::{Instant, sleep};
use web::extract::whole_body;
use web::middleware::LogContext;
use web::openapi::{Input, Inputs};
use web::{Code, Problem};

use crate::auth::Caller;
use crate::codes;
use crate::describe::AdminPlane;
use crate::store_failed::store_failed;

/// Longest wait for an earlier request with the same key.
const PATIENCE: Duration = Duration::from_secs(5);
/// First and longest pause between two polls.
const PAUSES: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(400)];

/// Header that marks a replayed response.
pub(crate) const REPLAYED: &str = "idempotency-replayed";

/// The key of a request whose headers this middleware has checked.
#[derive(Debug)]
pub(crate) struct RequestKey(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for RequestKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let key = parts.headers.get(key::HEADER);
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
                &json!({"type": "string", "minLength": 1, "maxLength": IdempotencyKey::MAX, "pattern": "^[!-~]+$"}),
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
    match key::given(request.headers()) {
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
        request: key::fingerprint(&head, &body),
    };
    match wait(store, &key).await? {
        Turn::Ours(claimed) => Ok(run(claimed, Request::from_parts(head, Body::from(body)), next).await),
        Turn::Past(kept) => Ok(replay(&head, kept)),
    }
}

/// Result of waiting for the key.
enum Turn {
    /// This request has claimed the key.
    Ours(ClaimedKey),
    /// An earlier request left this response.
    Past(KeptAnswer),
}

/// Claims the key, or waits for the earlier request that holds it.
async fn wait(store: &Store, key: &IdempotencyKey) -> Result<Turn, Problem> {
    let asked = Instant::now();
    let [mut pause, longest] = PAUSES;
    loop {
        match store.claim_key(key).await.map_err(store_failed)? {
            KeyClaim::Run(claimed) => return Ok(Turn::Ours(claimed)),
            KeyClaim::Answered(kept) => return Ok(Turn::Past(kept)),
            KeyClaim::Reused => return Err(codes::IDEMPOTENCY_KEY_REUSED.into()),
            KeyClaim::Running if asked.elapsed() < PATIENCE => sleep(pause).await,
            KeyClaim::Running => {
                let again = Problem::new(codes::IDEMPOTENCY_IN_PROGRESS);
                return Err(again.retry_after(Duration::from_secs(1)));
            }
        }
        pause = (pause * 2).min(longest);
    }
}

async fn run(claimed: ClaimedKey, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let (response, kept) = match answer::kept(response).await {
        Ok(both) => both,
        Err(problem) => return problem.into_response(),
    };
    let settled = match kept {
        Some(kept) => claimed.answer(&kept).await,
        None => claimed.release().await,
    };
    // The request has run, so its response is sent; a repetition runs it again.
    if let Err(error) = settled {
        tracing::warn!(%error, "what became of an idempotency key could not be kept");
    }
    response
}

fn replay(head: &Parts, kept: KeptAnswer) -> Response {
    let request = head.extensions.get::<LogContext>();
    let id = request.map(LogContext::request_id);
    answer::replay(kept, id).unwrap_or_else(Problem::into_response)
}
