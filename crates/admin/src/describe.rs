//! The description of the admin plane, and what its extractors and layers take from a request.

use serde_json::{Value, json};
use web::Code;
use web::extract::Preconditions;
use web::openapi::{Document, Input, Inputs};

use crate::auth::Caller;
use crate::codes;
use crate::plane::{probes, routes};
use crate::revision::Expected;
use crate::routes::{BEARER, Route};

/// The admin plane, as a type for descriptions.
#[derive(Debug, Clone, Copy)]
pub struct AdminPlane;

/// The admin plane's description: OpenAPI 3.1.
pub fn document() -> Value {
    let mut document = Document::new(
        "Tenantry: admin plane",
        env!("CARGO_PKG_VERSION"),
        include_str!("describe/description.md"),
    );
    for (tag, description) in [
        ("tenants", "The life of a tenant."),
        ("plans", "Limits of tenants' requests, under a name."),
        ("api-keys", "API keys of tenants."),
        ("pools", "Tenants' pools on the replica that answers."),
        ("operations", "Changes of tenants that run in steps."),
        ("admin-tokens", "Tokens of this plane."),
        ("issuers", "Issuers of JSON Web Tokens, and their keys."),
        ("audit", "Who did what, when and from where."),
        ("doctor", "Examinations of whether tenants are kept apart."),
        (
            "probes",
            "Whether the instance lives, and accepts requests. No token is needed.",
        ),
    ] {
        document.tag(tag, description);
    }
    document.security_scheme(
        BEARER,
        json!({
            "type": "http",
            "scheme": "bearer",
            "description": "An admin token, or the configured one. `x-required-role` of an operation is the weakest role that may call it: `viewer`, `operator` or `admin`.",
        }),
    );
    probes()
        .map(|probe| probe.refuses(&[Code::CrossSite]).split().0)
        .for_each(|probe| document.add(probe));
    routes()
        .map(Route::describe)
        .for_each(|route| document.add(route));
    document.finish()
}

/// The layers of all routes but the probes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guarded;

impl Input<AdminPlane> for Guarded {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[
            Code::Unauthenticated,
            Code::CrossSite,
            Code::Forbidden,
            codes::CLUSTER_BUSY,
            codes::CONTROL_STORE_DOWN,
        ]);
    }
}

impl Input<AdminPlane> for Caller {
    fn describe(_: &mut Inputs) {}
}

impl Input<AdminPlane> for Expected {
    fn describe(inputs: &mut Inputs) {
        <Preconditions as Input<AdminPlane>>::describe(inputs);
    }
}
