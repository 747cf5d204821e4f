//! `tenantry api-key`, `admin-token`, `pool` and `audit`.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::operator::Operator;

const USERS: &str = "/v1/internal/users";

#[tokio::test]
async fn api_keys() {
    let operator = Operator::new().await;
    operator.json(&["tenant", "create", "acme"]).await;
    operator.json(&["tenant", "create", "globex"]).await;
    let made = operator.run(&["api-key", "create", "acme", "ci", "--json"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.err.contains("shown this once"), "{made:?}");
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with(made["prefix"].as_str().unwrap()), "{made}");
    assert_eq!(made["expires_at"], Value::Null);
    let text = operator
        .text(&["api-key", "create", "globex", "ops", "--expires", "90d"])
        .await;
    assert!(text.contains("\nkey         tnt_key_"), "{text}");

    let shown = operator.json(&["api-key", "show", id]).await;
    assert_eq!((&shown["name"], shown.get("secret")), (&json!("ci"), None));
    assert!(
        operator
            .text(&["api-key", "show", id])
            .await
            .contains("\nname        ci\n")
    );
    for (filter, names) in [
        (&[][..], vec!["ops", "ci"]),
        (&["--tenant", "acme"], vec!["ci"]),
        (&["--prefix", &secret[..14]], vec!["ci"]),
        (&["--prefix", secret], vec!["ci"]),
    ] {
        let page = operator.json(&[&["api-key", "list"], filter].concat()).await;
        let items = page["items"].as_array().unwrap();
        let found: Vec<&str> = items.iter().map(|key| key["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{filter:?}");
    }
    let table = operator.text(&["api-key", "list"]).await;
    assert!(table.starts_with("ID ") && !table.contains(secret), "{table}");

    // A duration is counted by the service's clock, which here is the database's as well.
    let moment =
        |key: &Value, field: &str| OffsetDateTime::parse(key[field].as_str().unwrap(), &Rfc3339).unwrap();
    let expiring = operator.json(&["api-key", "expire", id, "24h"]).await;
    let left = moment(&expiring, "expires_at") - moment(&expiring, "created_at");
    assert!((left.whole_minutes() - 24 * 60).abs() <= 5, "{left}");
    let fixed = operator
        .json(&["api-key", "expire", id, "2099-01-31T12:00:00Z"])
        .await;
    assert!(
        fixed["expires_at"]
            .as_str()
            .unwrap()
            .starts_with("2099-01-31T12:00:00"),
        "{fixed}"
    );
    let never = operator.json(&["api-key", "expire", id, "never"]).await;
    assert_eq!(never["expires_at"], Value::Null);
    assert!(
        operator
            .text(&["api-key", "expire", id, "now"])
            .await
            .contains("\nexpires     20")
    );
    assert!(!operator.json(&["api-key", "revoke", id]).await["revoked_at"].is_null());
    assert!(
        operator
            .text(&["api-key", "revoke", id])
            .await
            .contains("\nrevoked     20")
    );
}

#[tokio::test]
async fn admin_tokens() {
    let operator = Operator::new().await;
    let made = operator
        .service
        .operator()
        .post(
            "/admin/v1/admin-tokens",
            &json!({"name": "watch", "role": "viewer"}),
        )
        .await
        .expect(201);
    let id = made["id"].as_str().unwrap();
    let listed = operator.json(&["admin-token", "list"]).await;
    assert_eq!(listed["items"][0]["id"], id);
    let table = operator.text(&["admin-token", "list"]).await;
    assert!(
        table.starts_with("ID ") && table.contains("  watch  viewer  "),
        "{table}"
    );
    assert_eq!(
        operator.json(&["admin-token", "show", id]).await,
        listed["items"][0]
    );
    assert!(
        operator
            .text(&["admin-token", "show", id])
            .await
            .contains("\nrole     viewer\n")
    );
    assert_eq!(operator.json(&["admin-token", "show", "watch"]).await["id"], id);
    assert!(!operator.json(&["admin-token", "revoke", "watch"]).await["revoked_at"].is_null());
    let error = operator.fails(1, &["admin-token", "revoke", "wat"]).await;
    assert!(error.contains("no token is named \"wat\""), "{error}");
    assert!(
        operator
            .text(&["admin-token", "revoke", id])
            .await
            .contains("\nrevoked  20")
    );
}

#[tokio::test]
async fn pools() {
    let operator = Operator::new().await;
    let acme = operator.service.tenant("acme").await;
    let error = operator.fails(1, &["pool", "show", "acme"]).await;
    assert!(error.contains("NOT_FOUND"), "{error}");
    assert!(
        operator
            .text(&["pool", "warm", "acme"])
            .await
            .contains("resident")
    );
    assert_eq!(operator.text(&["pool", "warm", "acme", "--json"]).await, "");
    operator.service.client(&acme).get(USERS).await.expect(200);

    let pool = operator.json(&["pool", "show", "acme"]).await;
    assert_eq!(
        (&pool["tenant_id"], &pool["state"], &pool["size"]),
        (&json!(acme.id.to_string()), &json!("resident"), &json!(1))
    );
    assert!(
        operator
            .text(&["pool", "show", "acme"])
            .await
            .contains("\nstate           resident\n")
    );
    let listed = operator.json(&["pool", "list"]).await;
    assert_eq!(listed["items"][0]["tenant_id"], pool["tenant_id"]);
    assert!(
        listed["budget"]["cap"].as_u64().unwrap() > 0 && listed["totals"]["resident"] == 1,
        "{listed}"
    );
    let text = operator.text(&["pool", "list"]).await;
    assert!(
        text.contains("\nbudget  ")
            && text.contains("\npools     1 resident")
            && text.contains("\n\nTENANT "),
        "{text}"
    );
    // Which instance answered, and whose pools these are.
    let instance = format!("instance  http://{}\n", operator.service.admin_plane);
    assert!(
        text.starts_with(&instance) && text.contains("\nacme ") && text.contains(&acme.id.to_string()),
        "{text}"
    );
    assert!(operator.text(&["pool", "evict", "acme"]).await.contains("closed"));
    assert_eq!(operator.text(&["pool", "evict", "acme", "--json"]).await, "");
}

#[tokio::test]
async fn pools_are_sorted_over_all_pages() {
    let operator = Operator::new().await;
    let mut names = Vec::new();
    for name in ["c", "a", "b"] {
        let tenant = operator.service.tenant(name).await;
        operator.service.client(&tenant).get(USERS).await.expect(200);
        names.push((name, tenant.id.to_string()));
    }
    // The tenant that was used last has been unused for the shortest time.
    for (order, expected) in [("tenant", ["a", "b", "c"]), ("unused", ["c", "a", "b"])] {
        let listed = operator.json(&["pool", "list", "--sort", order]).await;
        let items = listed["items"].as_array().unwrap();
        let sorted: Vec<&str> = items
            .iter()
            .map(|pool| names.iter().find(|(_, id)| pool["tenant_id"] == *id).unwrap().0)
            .collect();
        assert_eq!(sorted, expected, "{order}");
    }
    let first = operator
        .run(&["pool", "list", "--sort", "tenant", "--limit", "1"])
        .await;
    assert!(
        first.out.contains("\na ") && !first.out.contains("\nb "),
        "{first:?}"
    );
    assert!(first.err.contains("3 pools in all"), "{first:?}");
}

#[tokio::test]
async fn the_audit_log() {
    let operator = Operator::new().await;
    let acme = operator.json(&["tenant", "create", "acme"]).await;
    operator.json(&["tenant", "suspend", "acme"]).await;
    operator.fails(1, &["tenant", "create", "acme"]).await;
    let entries = async |filter: &[&str]| {
        let page = operator.json(&[&["audit", "list"], filter].concat()).await;
        page["items"].as_array().unwrap().clone()
    };
    let of_acme = entries(&["--tenant", "acme"]).await;
    assert!(
        !of_acme.is_empty() && of_acme.iter().all(|entry| entry["tenant_id"] == acme["id"]),
        "{of_acme:?}"
    );
    let suspended = entries(&["--action", "tenant.suspend", "--actor", "configured"]).await;
    assert_eq!(suspended.len(), 1, "{suspended:?}");
    let refused = entries(&["--outcome", "refused"]).await;
    assert!(
        refused.iter().any(|entry| entry["code"] == "TENANT_EXISTS"),
        "{refused:?}"
    );
    let all = entries(&[]).await.len();
    assert_eq!(entries(&["--since", "1h"]).await.len(), all);
    assert_eq!(entries(&["--until", "1h"]).await.len(), 0);
    assert_eq!(entries(&["--since", "2h", "--until", "1h"]).await.len(), 0);
    assert_eq!(entries(&["--since", "2099-01-31T12:00:00Z"]).await.len(), 0);
    let error = operator
        .fails(1, &["audit", "list", "--since", "1h", "--until", "2h"])
        .await;
    assert!(
        error.contains("VALIDATION") && error.contains("\n  until must be later than since\n"),
        "{error}"
    );
    let table = operator.text(&["audit", "list", "--tenant", "acme"]).await;
    assert!(
        table.starts_with("AT ") && table.contains("tenant.suspend"),
        "{table}"
    );
}
