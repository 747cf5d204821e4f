//! POST requests with an `Idempotency-Key`, which run once.
//!
//! The key is claimed in the transaction that makes what the request asks for, and the response is stored in it: either all
//! of it is there or nothing. A repetition during the first run waits for that transaction. A request that fails leaves no
//! key, and its repetition runs anew.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use sqlx::error::DatabaseError;
use tenant_registry::{TenantDb, TenantTransaction};
use web::Problem;
use web::extract::{IDEMPOTENCY_REPLAYED, KeyedRequest, Return};

use crate::codes;
use crate::database::database;

/// What a POST made, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Created {
    location: String,
    etag: String,
    body: String,
}

/// Whether a request has run.
pub(crate) enum Claim {
    /// Not yet: it is to run in this transaction, and to [store](Created::store) what it made.
    Run(TenantTransaction),
    /// It made this.
    Replay(Created),
}

/// Claims the request's key, or finds what an earlier request with it has made.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` for another request, `IDEMPOTENCY_IN_PROGRESS` for one that runs for longer than a lock may
/// be waited for.
pub(crate) async fn claim(db: &TenantDb, request: &KeyedRequest) -> Result<Claim, Problem> {
    let mut transaction = db.begin().await.map_err(database)?;
    let claimed = sqlx::query_scalar!(
        r#"INSERT INTO app.idempotency_keys (key, request)
           SELECT $1, $2 WHERE app.forget_idempotency_keys() >= 0
           ON CONFLICT (tenant_id, key) DO NOTHING
           RETURNING true AS "claimed!""#,
        request.key,
        &request.fingerprint[..],
    )
    .fetch_optional(&mut transaction)
    .await
    .map_err(not_claimed)?;
    if claimed.is_some() {
        return Ok(Claim::Run(transaction));
    }
    let stored = sqlx::query!(
        "SELECT request, location, etag, body FROM app.idempotency_keys WHERE tenant_id = $1 AND key = $2",
        db.tenant().as_uuid(),
        request.key,
    )
    .fetch_optional(&mut transaction)
    .await
    .map_err(database)?;
    // With the keys that were forgotten.
    transaction.commit().await.map_err(database)?;
    // Forgotten meanwhile, if it is not there.
    let stored = stored.ok_or_else(in_progress)?;
    if stored.request != request.fingerprint {
        return Err(codes::IDEMPOTENCY_KEY_REUSED.into());
    }
    match (stored.location, stored.etag, stored.body) {
        (Some(location), Some(etag), Some(body)) => Ok(Claim::Replay(Created { location, etag, body })),
        _ => Err(in_progress()),
    }
}

impl Created {
    /// This representation, which has this path and this strong entity tag.
    pub(crate) fn new(
        location: String,
        etag: &str,
        representation: &impl Serialize,
    ) -> Result<Self, Problem> {
        let mut body = serde_json::to_string(representation).map_err(Problem::internal)?;
        // For readers in a terminal.
        body.push('\n');
        Ok(Self {
            location,
            etag: format!("\"{etag}\""),
            body,
        })
    }

    /// Stores it as what the claimed request made, and commits both.
    pub(crate) async fn store(
        &self,
        request: &KeyedRequest,
        mut transaction: TenantTransaction,
    ) -> Result<(), Problem> {
        sqlx::query!(
            "UPDATE app.idempotency_keys SET location = $3, etag = $4, body = $5 WHERE tenant_id = $1 AND key = $2",
            transaction.tenant().as_uuid(),
            request.key,
            self.location,
            self.etag,
            self.body,
        )
        .execute(&mut transaction)
        .await
        .map_err(database)?;
        transaction.commit().await.map_err(database)
    }

    /// 201, as it was answered first but for this preference.
    pub(crate) fn respond(self, wanted: Return) -> Response {
        let headers = [(header::LOCATION, self.location), (header::ETAG, self.etag)];
        let kind = [(header::CONTENT_TYPE, "application/json")];
        wanted.respond(StatusCode::CREATED, headers, (kind, self.body))
    }

    /// The same, marked as that of an earlier request.
    pub(crate) fn replay(self, wanted: Return) -> Response {
        let mut response = self.respond(wanted);
        response
            .headers_mut()
            .insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

/// A wait for the transaction of the same request that took too long is no fault of the database.
fn not_claimed(error: sqlx::Error) -> Problem {
    let code = error.as_database_error().and_then(DatabaseError::code);
    if code.as_deref() == Some("55P03") {
        return in_progress();
    }
    database(error)
}

fn in_progress() -> Problem {
    Problem::new(codes::IDEMPOTENCY_IN_PROGRESS).retry_after(Duration::from_secs(1))
}
