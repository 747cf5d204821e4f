//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that is sent again with its key runs once.
//!
//! The key is claimed in the control store before anything runs, so that it counts on every replica. Final answers
//! are kept and given again, with `Idempotency-Replayed: true`; after any other the key is free, and the next attempt
//! runs the request anew, as it does after the process was killed in the middle: handlers go on with what they find.

mod answer;
mod key;

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::{ClaimedKey, IdempotencyKey, KeptAnswer, KeyClaim, Store};
use http::request::Parts;
use http::{HeaderMap, Method};
use tokio::time::{Instant, sleep};
use web::extract::whole_body;
use web::middleware::RequestId;
use web::{Code, Problem};

use crate::auth::Caller;
use crate::store_failed::store_failed;

/// How long a request waits for the one that runs already.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first and the longest pause between two looks.
const PAUSES: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(400)];

/// The key of a request that has come through to its handler.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get(key::HEADER)?.to_str().ok()
}

/// Runs a POST with a key once, and answers all others with that answer.
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

/// Whose turn it is to run the request.
enum Turn {
    /// This request's.
    Ours(ClaimedKey),
    /// It was another's, who left this answer.
    Past(KeptAnswer),
}

/// Waits while another runs the request.
async fn wait(store: &Store, key: &IdempotencyKey) -> Result<Turn, Problem> {
    let asked = Instant::now();
    let [mut pause, longest] = PAUSES;
    loop {
        match store.claim_key(key).await.map_err(store_failed)? {
            KeyClaim::Run(claimed) => return Ok(Turn::Ours(claimed)),
            KeyClaim::Answered(kept) => return Ok(Turn::Past(kept)),
            KeyClaim::Reused => return Err(Code::IdempotencyKeyReused.into()),
            KeyClaim::Running if asked.elapsed() < PATIENCE => sleep(pause).await,
            KeyClaim::Running => {
                let again = Problem::new(Code::IdempotencyInProgress);
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
    // It was done, and its caller is told so; who sends it again runs it again.
    if let Err(error) = settled {
        tracing::warn!(%error, "what became of an idempotency key could not be kept");
    }
    response
}

fn replay(head: &Parts, kept: KeptAnswer) -> Response {
    let id = head.extensions.get::<RequestId>();
    answer::replay(kept, id).unwrap_or_else(Problem::into_response)
}
