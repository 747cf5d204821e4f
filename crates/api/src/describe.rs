//! Descriptions of what this plane's extractors and layers take from a request, and of the errors that follow.

use serde_json::json;
use tenant_registry::axum::{Db, Transaction};
use web::Code;
use web::openapi::{Input, Inputs};

use crate::codes;

/// The tenant plane, as a type for descriptions.
#[derive(Debug, Clone, Copy)]
pub struct TenantPlane;

/// Errors of a handler that queries its tenant's database, and of the lease that it needs for it.
const DATABASE: [Code; 15] = [
    codes::TENANT_SUSPENDED,
    codes::TENANT_LOCKED_OUT,
    codes::TENANT_UNKNOWN,
    codes::POOL_BUSY,
    codes::CLUSTER_BUSY,
    codes::TENANT_DB_DOWN,
    codes::TENANT_DB_UNAVAILABLE,
    codes::TENANT_NOT_READY,
    codes::CONTROL_STORE_DOWN,
    codes::NOT_ISOLATED,
    codes::STATEMENT_TIMEOUT,
    codes::CONNECTION_LOST,
    Code::Conflict,
    Code::Internal,
    Code::ShuttingDown,
];

impl Input<TenantPlane> for Db {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&DATABASE);
    }
}

impl Input<TenantPlane> for Transaction {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&DATABASE);
    }
}

/// Errors of the limits of tenants and of the plane.
const LIMITS: [Code; 4] = [
    codes::RESPONSE_TOO_LARGE,
    codes::RATE_LIMITED,
    codes::CONCURRENCY_LIMITED,
    codes::OVERLOADED,
];

/// The layers of internal routes: the tenant is named by a header or the host, and the network is trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedByCaller;

impl Input<TenantPlane> for NamedByCaller {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&LIMITS);
        inputs.refuse(&[
            codes::TENANT_HEADER_MISSING,
            codes::TENANT_HEADER_INVALID,
            codes::TENANT_HEADER_DUPLICATED,
            codes::TENANT_MISMATCH,
            Code::CrossSite,
            codes::NETWORK_NOT_TRUSTED,
            codes::NOT_ISOLATED,
        ]);
    }
}

/// The layers of public routes: the tenant is named by an API key or a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedByCredentials;

impl Input<TenantPlane> for NamedByCredentials {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&LIMITS);
        inputs.refuse(&[
            Code::Unauthenticated,
            codes::INSUFFICIENT_SCOPE,
            codes::TENANT_MISMATCH,
            codes::TENANT_HEADER_INVALID,
            codes::TENANT_HEADER_DUPLICATED,
            codes::CONTROL_STORE_DOWN,
            codes::TOKEN_KEYS_UNAVAILABLE,
            codes::NOT_ISOLATED,
        ]);
        inputs.header(
            "x-tenant-id",
            "The tenant's UUID. The API key or the token says the tenant: this may repeat it and cannot name another.",
            &json!({"type": "string", "format": "uuid"}),
        );
    }
}
