//! Claims that are refused.

use std::time::Duration;

use jwt_verifier::Refusal;
use serde_json::json;

use crate::clock::NOW;
use crate::test_key::{AUDIENCE, ISSUER, TENANT, TestKey, claims, claims_with};
use crate::verifiers::Fixture;

/// What each of these tokens is refused for.
async fn refused(cases: impl IntoIterator<Item = serde_json::Value>, expected: Refusal) {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    for case in cases {
        fixture.refused(&key.token(&claims_with(&case)), expected).await;
    }
}

#[tokio::test]
async fn issuers() {
    let cases = [
        json!({ "iss": null }),
        json!({ "iss": "https://login.example.com" }),
        json!({ "iss": "https://LOGIN.example.com/" }),
        json!({ "iss": "https://login.example.com//" }),
        json!({ "iss": [ISSUER] }),
        json!({ "iss": 1 }),
        json!({ "iss": "" }),
        json!({ "iss": format!("{ISSUER}\u{0}") }),
    ];
    refused(cases, Refusal::Issuer).await;
}

#[tokio::test]
async fn audiences() {
    let cases = [
        json!({ "aud": null }),
        json!({ "aud": "" }),
        json!({ "aud": "Tenantry" }),
        json!({ "aud": "tenantry2" }),
        json!({ "aud": [] }),
        json!({ "aud": ["other"] }),
        json!({ "aud": [[AUDIENCE]] }),
        json!({ "aud": [AUDIENCE, 1] }),
        json!({ "aud": { "0": AUDIENCE } }),
        json!({ "aud": 1 }),
        json!({ "aud": true }),
    ];
    refused(cases, Refusal::Audience).await;
}

#[tokio::test]
async fn expiries() {
    let invalid = [
        json!(null),
        json!((NOW + 300).to_string()),
        json!(-1),
        json!(1e300),
        json!(true),
    ];
    refused(invalid.map(|exp| json!({ "exp": exp })), Refusal::ExpiryInvalid).await;
    refused(
        [json!({ "exp": [NOW + 300] }), json!({ "exp": { "at": 1 } })],
        Refusal::Malformed,
    )
    .await;
    let expired = [json!(NOW), json!(NOW - 1), json!(0), json!(1.5)];
    refused(expired.map(|exp| json!({ "exp": exp })), Refusal::Expired).await;
}

#[tokio::test]
async fn times_to_come() {
    for name in ["nbf", "iat"] {
        let values = [
            json!(NOW + 1),
            json!(0.5 + 1_800_000_000.0),
            json!(NOW.to_string()),
            json!(-1),
            json!([]),
        ];
        refused(values.map(|value| json!({ name: value })), Refusal::NotYetValid).await;
    }
}

#[tokio::test]
async fn leeway() {
    let key = TestKey::ed("1");
    let fixture = Fixture::adjusted(&[&key], |issuer| issuer.leeway = Duration::from_secs(5));
    for (case, expected) in [
        (json!({ "exp": NOW - 4 }), Ok(())),
        (json!({ "exp": NOW - 5 }), Err(Refusal::Expired)),
        (json!({ "nbf": NOW + 5 }), Ok(())),
        (json!({ "nbf": NOW + 6 }), Err(Refusal::NotYetValid)),
        (json!({ "iat": NOW + 5 }), Ok(())),
        (json!({ "iat": NOW + 6 }), Err(Refusal::NotYetValid)),
    ] {
        let token = key.token(&claims_with(&case));
        match expected {
            Ok(()) => assert!(fixture.verify(&token).await.is_ok(), "{case}"),
            Err(refusal) => fixture.refused(&token, refusal).await,
        }
    }
}

#[tokio::test]
async fn lifetimes() {
    let key = TestKey::ed("1");
    let fixture = Fixture::adjusted(&[&key], |issuer| {
        issuer.max_lifetime = Some(Duration::from_mins(10));
    });
    let lasting = |seconds| key.token(&claims_with(&json!({ "exp": NOW + seconds })));
    assert!(fixture.verify(&lasting(600)).await.is_ok());
    fixture.refused(&lasting(601), Refusal::Lifetime).await;
    let undated = key.token(&claims_with(&json!({ "iat": null })));
    fixture.refused(&undated, Refusal::Lifetime).await;
}

#[tokio::test]
async fn tenants() {
    let cases = [
        json!({ "tenant_id": null }),
        json!({ "tenant_id": "" }),
        json!({ "tenant_id": "acme" }),
        json!({ "tenant_id": 1 }),
        json!({ "tenant_id": [TENANT] }),
        json!({ "tenant_id": { "id": TENANT } }),
        json!({ "tenant_id": TENANT.replace('-', "") }),
        json!({ "tenant_id": format!("{{{TENANT}}}") }),
        json!({ "tenant_id": format!("urn:uuid:{TENANT}") }),
        json!({ "tenant_id": format!("{TENANT} ") }),
        json!({ "tenant_id": format!("{TENANT},{TENANT}") }),
    ];
    refused(cases, Refusal::Tenant).await;
}

#[tokio::test]
async fn tenants_elsewhere() {
    let key = TestKey::ed("1");
    let nested = json!({ "tenant_id": null, "app_metadata": { "tenant_id": TENANT } });
    let url = json!({ "tenant_id": null, "https://example.com/tenant": TENANT });
    let dotted = json!({ "tenant_id": null, "app_metadata.tenant_id": TENANT });
    for (path, accepted) in [
        ("/app_metadata/tenant_id", &nested),
        ("https://example.com/tenant", &url),
        ("/https:~1~1example.com~1tenant", &url),
        ("app_metadata.tenant_id", &dotted),
    ] {
        let fixture = Fixture::adjusted(&[&key], |issuer| issuer.tenant_claim = path.parse().unwrap());
        let identity = fixture.verify(&key.token(&claims_with(accepted))).await.unwrap();
        assert_eq!(identity.tenant.to_string(), TENANT);
        // The name of another place does not do.
        for other in [&nested, &url, &dotted]
            .into_iter()
            .filter(|other| *other != accepted)
        {
            fixture
                .refused(&key.token(&claims_with(other)), Refusal::Tenant)
                .await;
        }
        fixture.refused(&key.token(&claims()), Refusal::Tenant).await;
    }
}

#[tokio::test]
async fn subjects() {
    refused([json!({ "sub": 1 }), json!({ "sub": true })], Refusal::Subject).await;
}

#[tokio::test]
async fn scopes() {
    let key = TestKey::ed("1");
    let fixture = Fixture::adjusted(&[&key], |issuer| {
        issuer.scope_claim = "/realm/roles".parse().unwrap();
    });
    for (roles, expected) in [
        (json!("a b"), vec!["a", "b"]),
        (json!("  a  b "), vec!["a", "b"]),
        (json!(""), vec![]),
        (json!(["a", "b c"]), vec!["a", "b c"]),
        (json!([]), vec![]),
    ] {
        let token = key.token(&claims_with(&json!({ "realm": { "roles": roles } })));
        assert_eq!(fixture.verify(&token).await.unwrap().scopes, expected, "{roles}");
    }
    for wrong in [json!(1), json!({ "a": true }), json!(["a", 1]), json!([["a"]])] {
        let token = key.token(&claims_with(&json!({ "realm": { "roles": wrong } })));
        fixture.refused(&token, Refusal::Scope).await;
    }
}
