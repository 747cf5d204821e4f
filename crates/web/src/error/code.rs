//! The one table of codes. A code is stable: clients match on it, so it is never renamed and never reused.

use http::StatusCode;

/// Declares [`Code`] from its table, so that a code cannot exist without all that a client needs to know.
macro_rules! codes {
    ($($variant:ident $name:literal $status:ident $(retry $retry:literal)? $title:literal $advice:literal;)+) => {
        /// Every failure that a client can meet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// All codes, in the table's order: by status, then by how early in a request they arise.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, as it stands in a problem's `code`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The HTTP status that the code always comes with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// What happened, in one line that is the same each time.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What the client should do about it.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)+ }
            }

            /// Seconds for `Retry-After` unless the problem knows better; `None` where waiting does not help.
            pub const fn retry_after(self) -> Option<u32> {
                match self { $(Self::$variant => codes!(@retry $($retry)?),)+ }
            }
        }
    };
    (@retry) => { None };
    (@retry $seconds:literal) => { Some($seconds) };
}

codes! {
    TenantHeaderMissing "TENANT_HEADER_MISSING" BAD_REQUEST
        "The request names no tenant" "Send the header x-tenant-id.";
    TenantHeaderInvalid "TENANT_HEADER_INVALID" BAD_REQUEST
        "The tenant's id is not a UUID" "Send the tenant's UUID in x-tenant-id.";
    TenantHeaderDuplicated "TENANT_HEADER_DUPLICATED" BAD_REQUEST
        "The request names a tenant more than once" "Send x-tenant-id exactly once.";
    Malformed "MALFORMED" BAD_REQUEST
        "The request cannot be read" "Correct the syntax at the place that `detail` names.";
    Unauthenticated "UNAUTHENTICATED" UNAUTHORIZED
        "The credentials are missing or not accepted" "Send a valid token as `Authorization: Bearer …`.";
    Forbidden "FORBIDDEN" FORBIDDEN
        "The caller may not do this" "Use credentials that allow it.";
    NetworkNotTrusted "NETWORK_NOT_TRUSTED" FORBIDDEN
        "The route is closed to the caller's network"
        "Call from a trusted network, or have yours configured as one.";
    TenantSuspended "TENANT_SUSPENDED" FORBIDDEN
        "The tenant is suspended" "Ask the operator to resume the tenant.";
    TenantLockedOut "TENANT_LOCKED_OUT" FORBIDDEN
        "The database refuses the tenant's password" "Ask the operator to look at the tenant; a retry does not help.";
    TenantUnknown "TENANT_UNKNOWN" NOT_FOUND
        "There is no such tenant" "Check the tenant's id.";
    RouteUnknown "ROUTE_UNKNOWN" NOT_FOUND
        "There is no such route" "Check the path.";
    NotFound "NOT_FOUND" NOT_FOUND
        "There is no such thing, or it is not yours" "Check the id; list what there is.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED
        "The route does not know this method" "Use one of the methods in the header Allow.";
    RequestTimeout "REQUEST_TIMEOUT" REQUEST_TIMEOUT
        "The request's body came too slowly" "Send it again, without pauses.";
    TenantExists "TENANT_EXISTS" CONFLICT
        "There is a tenant of that name or id" "Choose another, or use the one that exists.";
    IdempotencyInProgress "IDEMPOTENCY_IN_PROGRESS" CONFLICT
        "A request with this Idempotency-Key is still running" "Send it again after the time in Retry-After.";
    Conflict "CONFLICT" CONFLICT
        "The request conflicts with what is stored" "Read the current state and decide anew.";
    TenantStateConflict "TENANT_STATE" CONFLICT
        "The tenant's state does not allow this" "Look at the tenant's state; `detail` names it.";
    PreconditionFailed "PRECONDITION_FAILED" PRECONDITION_FAILED
        "It has changed since you read it" "Read it again and decide anew; send its new ETag as If-Match.";
    BodyTooLarge "BODY_TOO_LARGE" PAYLOAD_TOO_LARGE
        "The request's body is too large" "Send less at once.";
    UriTooLong "URI_TOO_LONG" URI_TOO_LONG
        "The request's URI is too long" "Shorten the query.";
    MediaType "MEDIA_TYPE" UNSUPPORTED_MEDIA_TYPE
        "The request's body is of a type that is not understood"
        "Send JSON, not encoded, as `content-type: application/json`.";
    Validation "VALIDATION" UNPROCESSABLE_ENTITY
        "Some fields are wrong" "Correct every field in `errors`.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" UNPROCESSABLE_ENTITY
        "The Idempotency-Key stands for another request" "Send each new request with a new key.";
    PreconditionRequired "PRECONDITION_REQUIRED" PRECONDITION_REQUIRED
        "The request does not say which version it changes"
        "Send the ETag that you read as If-Match, or `*` for whatever there is.";
    PoolBusy "POOL_BUSY" TOO_MANY_REQUESTS retry 1
        "All of the tenant's own connections are in use"
        "Retry after the time in Retry-After, with fewer requests at once.";
    Internal "INTERNAL" INTERNAL_SERVER_ERROR
        "Something failed on our side" "Report the `request_id`; a retry may help.";
    ClusterBusy "CLUSTER_BUSY" SERVICE_UNAVAILABLE retry 1
        "The database has no connection left for now" "Retry after the time in Retry-After.";
    TenantDbDown "TENANT_DB_DOWN" SERVICE_UNAVAILABLE retry 5
        "The tenant's database cannot be reached" "Retry after the time in Retry-After.";
    TenantDbUnavailable "TENANT_DB_UNAVAILABLE" SERVICE_UNAVAILABLE retry 5
        "The tenant's database cannot do this for now" "Retry after the time in Retry-After.";
    TenantNotReady "TENANT_NOT_READY" SERVICE_UNAVAILABLE retry 2
        "The tenant is still being made" "Retry after the time in Retry-After.";
    ControlStoreDown "CONTROL_STORE_DOWN" SERVICE_UNAVAILABLE retry 5
        "The store of tenants cannot be reached" "Retry after the time in Retry-After.";
    NotIsolated "NOT_ISOLATED" SERVICE_UNAVAILABLE retry 60
        "It is not proved that tenants are kept apart" "Retry after the time in Retry-After; an operator has to look at `tenantry doctor`.";
    ShuttingDown "SHUTTING_DOWN" SERVICE_UNAVAILABLE retry 1
        "This instance is shutting down" "Retry; another instance answers.";
    StatementTimeout "STATEMENT_TIMEOUT" GATEWAY_TIMEOUT
        "A statement took longer than it may" "Retry; if it stays so, ask for less at once: a smaller limit or a narrower filter.";
    ConnectionLost "CONNECTION_LOST" GATEWAY_TIMEOUT
        "The connection to the database broke under the request" "Check whether it had an effect, then retry.";
    DeadlineExceeded "DEADLINE_EXCEEDED" GATEWAY_TIMEOUT
        "The request took longer than it may" "Check whether it had an effect, then retry.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Code;

    #[test]
    fn names_are_unique_and_screaming_snake() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            assert!(name.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{name}");
        }
    }

    #[test]
    fn the_table_is_ordered_by_status() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.status()));
    }

    #[test]
    fn every_line_says_something() {
        for code in Code::ALL {
            assert!(
                code.status().is_client_error() || code.status().is_server_error(),
                "{code:?}"
            );
            assert!(
                !code.title().is_empty() && !code.title().ends_with('.'),
                "{code:?}"
            );
            assert!(code.advice().ends_with('.'), "{code:?}");
        }
    }

    #[test]
    fn what_passes_by_itself_says_when() {
        for code in Code::ALL {
            let passes = matches!(code.status().as_u16(), 429 | 503);
            assert_eq!(code.retry_after().is_some(), passes, "{code:?}");
        }
    }
}
