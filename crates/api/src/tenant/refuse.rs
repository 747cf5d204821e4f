//! Problems for requests whose tenant cannot be leased or has no connection.

use axum::response::{IntoResponse as _, Response};
use tenant_registry::axum::TenantError;
use tenant_registry::{LeaseError, SourceError};
use web::{Code, Problem};

use crate::api_key::invalid;
use crate::codes;
use crate::database::database;

/// The problem for this error, as a response.
pub(super) fn respond(error: TenantError) -> Response {
    let problem = match error {
        TenantError::Lease(error) => refuse(error),
        TenantError::Connection(refusal) => database(refusal),
        TenantError::Query(error) => database(error),
        error => Problem::internal(error),
    };
    problem.into_response()
}

/// The same, to a caller with an API key or a token: one of a tenant that is deleted is not accepted.
pub(super) fn respond_to_key(error: TenantError) -> Response {
    match error {
        TenantError::Lease(LeaseError::Source {
            error: SourceError::Unknown,
            ..
        }) => invalid().into_response(),
        error => respond(error),
    }
}

/// The problem for a tenant that cannot be leased.
fn refuse(error: LeaseError) -> Problem {
    match &error {
        LeaseError::Source { error: source, .. } => match source {
            SourceError::Unknown => codes::TENANT_UNKNOWN.into(),
            SourceError::Suspended => codes::TENANT_SUSPENDED.into(),
            SourceError::NotReady => codes::TENANT_NOT_READY.into(),
            SourceError::Unavailable(_) => soon(codes::CONTROL_STORE_DOWN, error),
            SourceError::Unusable(_) => Problem::internal(error),
        },
        LeaseError::Busy { .. } => soon(codes::CLUSTER_BUSY, error)
            .detail("Too many tenants are looked up at once. Retry after the time in Retry-After."),
        LeaseError::ShuttingDown => Code::ShuttingDown.into(),
        LeaseError::Overloaded => Problem::new(codes::CLUSTER_BUSY).caused_by(error),
    }
}

/// What passes by itself, with the time for it where the error knows one.
fn soon(code: Code, error: LeaseError) -> Problem {
    let problem = match error.retry_after() {
        Some(wait) => Problem::new(code).retry_after(wait),
        None => Problem::new(code),
    };
    problem.caused_by(error)
}
