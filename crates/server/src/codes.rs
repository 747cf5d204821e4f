//! Table of all error codes of the service.

use web::Code;

/// The codes of both planes: by status, then by how early in a request they arise.
pub const ALL: &[Code] = &[
    api::codes::TENANT_HEADER_MISSING,
    api::codes::TENANT_HEADER_INVALID,
    api::codes::TENANT_HEADER_DUPLICATED,
    Code::Malformed,
    Code::Unauthenticated,
    Code::CrossSite,
    Code::Forbidden,
    api::codes::NETWORK_NOT_TRUSTED,
    api::codes::TENANT_MISMATCH,
    api::codes::INSUFFICIENT_SCOPE,
    api::codes::TENANT_SUSPENDED,
    api::codes::TENANT_LOCKED_OUT,
    api::codes::TENANT_UNKNOWN,
    admin::codes::PLAN_UNKNOWN,
    Code::RouteUnknown,
    Code::NotFound,
    Code::MethodNotAllowed,
    Code::RequestTimeout,
    admin::codes::TENANT_EXISTS,
    admin::codes::PLAN_EXISTS,
    admin::codes::IDEMPOTENCY_IN_PROGRESS,
    Code::Conflict,
    admin::codes::TENANT_STATE,
    admin::codes::PLAN_IN_USE,
    Code::PreconditionFailed,
    Code::BodyTooLarge,
    Code::UriTooLong,
    Code::MediaType,
    Code::HostNotAllowed,
    Code::Validation,
    api::codes::RESPONSE_TOO_LARGE,
    admin::codes::IDEMPOTENCY_KEY_REUSED,
    Code::PreconditionRequired,
    api::codes::RATE_LIMITED,
    api::codes::CONCURRENCY_LIMITED,
    api::codes::POOL_BUSY,
    Code::Internal,
    api::codes::OVERLOADED,
    api::codes::CLUSTER_BUSY,
    api::codes::TENANT_DB_DOWN,
    api::codes::TENANT_DB_UNAVAILABLE,
    api::codes::TENANT_NOT_READY,
    api::codes::CONTROL_STORE_DOWN,
    api::codes::TOKEN_KEYS_UNAVAILABLE,
    api::codes::NOT_ISOLATED,
    Code::ShuttingDown,
    api::codes::STATEMENT_TIMEOUT,
    api::codes::CONNECTION_LOST,
    Code::DeadlineExceeded,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_there_and_is_the_same_on_both_planes() {
        let declared: HashSet<_> = [Code::SHARED, api::codes::ALL, admin::codes::ALL]
            .concat()
            .into_iter()
            .collect();
        assert_eq!(declared, ALL.iter().copied().collect());
    }

    #[test]
    fn names_are_unique_and_screaming_snake() {
        let names: HashSet<_> = ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), ALL.len());
        for name in names {
            assert!(name.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{name}");
        }
    }

    #[test]
    fn the_tables_are_ordered_by_status() {
        for codes in [ALL, Code::SHARED, api::codes::ALL, admin::codes::ALL] {
            assert!(codes.is_sorted_by_key(|code| code.status()));
        }
    }

    #[test]
    fn every_line_says_something() {
        for code in ALL {
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
    fn temporary_failures_have_a_retry_after() {
        for code in ALL {
            let passes = matches!(code.status().as_u16(), 429 | 503);
            assert_eq!(code.retry_after().is_some(), passes, "{code:?}");
        }
    }
}
