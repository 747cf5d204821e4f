//! Descriptions of the extractors of this crate, and of those of axum that take nothing from a request.

use axum::Extension;
use axum::extract::{MatchedPath, State};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Input, Inputs};
use crate::error::Code;
use crate::extract::{
    ENTITY_TAGS, Json, LONGEST_IDEMPOTENCY_KEY, NoBody, NoQuery, Once, Patch, PathId, Preconditions, Query,
    Return,
};

impl<P, T> Input<P> for State<T> {
    fn describe(_: &mut Inputs) {}
}

impl<P, T> Input<P> for Extension<T> {
    fn describe(_: &mut Inputs) {}
}

impl<P> Input<P> for MatchedPath {
    fn describe(_: &mut Inputs) {}
}

/// What can be wrong with any body.
const BODY: [Code; 4] = [
    Code::Malformed,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::Validation,
];

impl<P, T: ToSchema> Input<P> for Json<T> {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&BODY);
        inputs.refuse(&[Code::MediaType]);
        inputs.body::<T>();
    }
}

/// A plane's codes for its keys are its own.
impl<P, T: ToSchema> Input<P> for Once<T> {
    fn describe(inputs: &mut Inputs) {
        <Json<T> as Input<P>>::describe(inputs);
        inputs.header(
            "Idempotency-Key",
            "Runs the request once, however often it is sent with this key.",
            &json!({"type": "string", "minLength": 1, "maxLength": LONGEST_IDEMPOTENCY_KEY, "pattern": "^[!-~]+$"}),
        );
    }
}

impl<P, J: ToSchema, M: ToSchema> Input<P> for Patch<J, M> {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&BODY);
        inputs.refuse(&[Code::MediaType]);
        inputs.patch_body::<J, M>();
    }
}

impl<P> Input<P> for NoBody {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&BODY);
    }
}

impl<P, T: IntoParams> Input<P> for Query<T> {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[Code::Malformed, Code::Validation]);
        inputs.query::<T>();
    }
}

impl<P> Input<P> for NoQuery {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[Code::Malformed, Code::Validation]);
    }
}

impl<P> Input<P> for PathId {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[Code::NotFound]);
        inputs.path("id", "The id.", &json!({"type": "string", "format": "uuid"}));
    }
}

impl<P> Input<P> for Return {
    fn describe(inputs: &mut Inputs) {
        inputs.header(
            "Prefer",
            "`return=minimal` leaves out the body of the response: 204 in place of 200. Other preferences are ignored.",
            &json!({"type": "string"}),
        );
    }
}

impl<P> Input<P> for Preconditions {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[Code::Malformed, Code::PreconditionFailed]);
        let tags = json!({"type": "string", "minLength": 1, "pattern": ENTITY_TAGS, "examples": ["\"4\""]});
        inputs.header(
            "If-Match",
            "Entity tags as `ETag` has them, or `*`: one of them must be current, else `PRECONDITION_FAILED`.",
            &tags,
        );
        inputs.header(
            "If-None-Match",
            "Entity tags, or `*`: none of them may be current. A GET is then answered 304, a change `PRECONDITION_FAILED`.",
            &tags,
        );
    }
}
