//! Authentication of a request by its API key, or by the token that was verified before.

use axum::extract::Request;
use http::header;
use tenant_registry::TenantId;
use web::extract::bearer_token;
use web::middleware::LogContext;
use web::{Code, Problem};

use super::{API_KEY_PREFIX, ApiKeys, Granted, KeyRejection, Scope};
use crate::codes;
use crate::jwt::AcceptedToken;
use crate::tenant::{TenantHosts, identify};

/// The tenant whose key or token the request presents, recorded for its logs with the key's id, or with the token's issuer
/// and subject. Without `keys` a key is refused as an invalid one is.
///
/// # Errors
/// `UNAUTHENTICATED` without exactly one valid key or token, `TENANT_MISMATCH` where `x-tenant-id` or the host names
/// another tenant, `INSUFFICIENT_SCOPE` where it does not allow the method, `CONTROL_STORE_DOWN` where a key cannot be
/// verified now.
pub(crate) fn authenticate(
    keys: Option<&dyn ApiKeys>,
    hosts: &TenantHosts,
    request: &Request,
) -> Result<TenantId, Problem> {
    let headers = request.headers();
    let Some(presented) = bearer_token(headers) else {
        return Err(if headers.contains_key(header::AUTHORIZATION) {
            invalid()
        } else {
            Code::Unauthenticated.into()
        });
    };
    let granted = match request.extensions().get() {
        Some(token) if !presented.starts_with(API_KEY_PREFIX) => by_token(token, request),
        _ => by_key(keys.ok_or_else(invalid)?, presented, request)?,
    };
    LogContext::record(request.extensions(), "tenant", granted.tenant.as_uuid());
    let named = [identify::named_tenant(headers)?, hosts.tenant(request)?];
    if named.into_iter().flatten().any(|named| named != granted.tenant) {
        return Err(codes::TENANT_MISMATCH.into());
    }
    let needed = Scope::of(request.method());
    if !needed.is_held_by(&granted) {
        return Err(insufficient(needed));
    }
    Ok(granted.tenant)
}

fn by_key(keys: &dyn ApiKeys, presented: &str, request: &Request) -> Result<Granted, Problem> {
    let key = keys.verify(presented).map_err(|rejection| match rejection {
        KeyRejection::Invalid => invalid(),
        KeyRejection::Unavailable { retry_after } => {
            Problem::new(codes::CONTROL_STORE_DOWN).retry_after(retry_after)
        }
    })?;
    LogContext::record(request.extensions(), "api_key", key.id);
    Ok(Granted {
        tenant: key.tenant,
        reads: key.reads,
        writes: key.writes,
    })
}

fn by_token(token: &AcceptedToken, request: &Request) -> Granted {
    LogContext::record_text(request.extensions(), "token_issuer", &token.issuer);
    if let Some(subject) = &token.subject {
        LogContext::record_text(request.extensions(), "token_subject", subject);
    }
    Granted {
        tenant: token.tenant,
        reads: token.reads,
        writes: token.writes,
    }
}

/// The answer to credentials that are not accepted, the same for all of them: malformed, made up, expired, revoked, or of a
/// tenant that is gone.
pub(crate) fn invalid() -> Problem {
    Problem::new(Code::Unauthenticated).challenge("Bearer error=\"invalid_token\"")
}

fn insufficient(needed: Scope) -> Problem {
    let (detail, challenge) = match needed {
        Scope::Read => (
            "this needs the scope read",
            "Bearer error=\"insufficient_scope\", scope=\"read\"",
        ),
        Scope::Write => (
            "this needs the scope write",
            "Bearer error=\"insufficient_scope\", scope=\"write\"",
        ),
    };
    Problem::new(codes::INSUFFICIENT_SCOPE)
        .detail(detail)
        .challenge(challenge)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::response::IntoResponse as _;
    use uuid::Uuid;

    use super::*;
    use crate::api_key::AcceptedKey;

    const TENANT: Uuid = Uuid::from_u128(7);

    /// Accepts `good`, which reads, and cannot say what `late` is.
    #[derive(Debug)]
    struct Fixed;

    impl ApiKeys for Fixed {
        fn verify(&self, presented: &str) -> Result<AcceptedKey, KeyRejection> {
            match presented {
                "good" => Ok(AcceptedKey {
                    id: Uuid::nil(),
                    tenant: TENANT.into(),
                    reads: true,
                    writes: false,
                }),
                "late" => Err(KeyRejection::Unavailable {
                    retry_after: Duration::from_secs(2),
                }),
                _ => Err(KeyRejection::Invalid),
            }
        }
    }

    fn refused(method: &str, headers: &[(&str, &str)]) -> Option<(Code, Option<String>)> {
        refused_by(Some(&Fixed), method, headers)
    }

    fn refused_by(
        keys: Option<&dyn ApiKeys>,
        method: &str,
        headers: &[(&str, &str)],
    ) -> Option<(Code, Option<String>)> {
        let mut request = Request::builder()
            .method(method)
            .uri("/v1/users?access_token=good");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let hosts = TenantHosts::new(["example.com"]);
        let problem = authenticate(keys, &hosts, &request.body(Body::empty()).unwrap()).err()?;
        let code = problem.code();
        let response = problem.into_response();
        let challenge = response.headers().get(header::WWW_AUTHENTICATE);
        Some((code, challenge.map(|value| value.to_str().unwrap().to_owned())))
    }

    #[test]
    fn the_one_header_decides() {
        let key = ("authorization", "Bearer good");
        assert_eq!(refused("GET", &[key]), None);
        assert_eq!(refused("HEAD", &[("authorization", "bearer good")]), None);

        let bare = Some((Code::Unauthenticated, Some("Bearer".to_owned())));
        assert_eq!(refused("GET", &[]), bare);
        assert_eq!(
            refused("GET", &[("x-api-key", "good"), ("cookie", "authorization=good")]),
            bare
        );
        let invalid = Some((
            Code::Unauthenticated,
            Some("Bearer error=\"invalid_token\"".to_owned()),
        ));
        for wrong in [
            &[("authorization", "Bearer bad")][..],
            &[("authorization", "Basic good")],
            &[("authorization", "good")],
            &[("authorization", "Bearer  good")],
            &[key, key],
        ] {
            assert_eq!(refused("GET", wrong), invalid, "{wrong:?}");
        }
        assert_eq!(
            refused("GET", &[("authorization", "Bearer late")]),
            Some((codes::CONTROL_STORE_DOWN, None))
        );
    }

    #[test]
    fn the_key_says_the_tenant_and_what_may_be_done() {
        let key = ("authorization", "Bearer good");
        let own = TENANT.to_string();
        assert_eq!(refused("GET", &[key, ("x-tenant-id", &own)]), None);
        for (named, code) in [
            (Uuid::from_u128(8).to_string(), codes::TENANT_MISMATCH),
            ("8".to_owned(), codes::TENANT_HEADER_INVALID),
        ] {
            assert_eq!(
                refused("GET", &[key, ("x-tenant-id", &named)]),
                Some((code, None))
            );
        }
        assert_eq!(
            refused("GET", &[key, ("x-tenant-id", &own), ("x-tenant-id", &own)]),
            Some((codes::TENANT_HEADER_DUPLICATED, None))
        );
        // Without a key nothing is said of the tenant.
        let other = Uuid::from_u128(8).to_string();
        let (code, _) = refused("GET", &[("x-tenant-id", &other)]).unwrap();
        assert_eq!(code, Code::Unauthenticated);

        let (code, challenge) = refused("POST", &[key]).unwrap();
        assert_eq!(code, codes::INSUFFICIENT_SCOPE);
        assert_eq!(
            challenge.as_deref(),
            Some("Bearer error=\"insufficient_scope\", scope=\"write\"")
        );
    }

    #[test]
    fn the_host_may_name_the_keys_tenant_and_no_other() {
        let key = ("authorization", "Bearer good");
        let id = Uuid::from_u128(8).to_string();
        let hosts = [TENANT.to_string(), id.clone()].map(|id| format!("{id}.example.com"));
        let [own, other] = hosts.each_ref().map(|host| ("host", host.as_str()));
        let mismatch = Some((codes::TENANT_MISMATCH, None));
        assert_eq!(refused("GET", &[key, own]), None);
        assert_eq!(refused("GET", &[key, ("host", "api.example.com")]), None);
        assert_eq!(refused("GET", &[key, other]), mismatch);
        assert_eq!(
            refused("GET", &[key, other, ("x-tenant-id", &TENANT.to_string())]),
            mismatch
        );
        assert_eq!(refused("GET", &[key, own, ("x-tenant-id", &id)]), mismatch);
        // Without a key nothing is said of the tenant.
        for wrong in ["Bearer bad", "Basic good"] {
            let (code, _) = refused("GET", &[("authorization", wrong), other]).unwrap();
            assert_eq!(code, Code::Unauthenticated);
        }
    }

    #[test]
    fn where_no_key_is_accepted_a_good_one_is_a_bad_one() {
        for key in ["Bearer good", "Bearer bad", "Bearer late"] {
            let headers = [("authorization", key)];
            assert_eq!(
                refused_by(None, "GET", &headers),
                refused("GET", &[("authorization", "Bearer bad")]),
                "{key}"
            );
        }
        assert_eq!(refused_by(None, "GET", &[]), refused("GET", &[]));
    }
}
