//! Plans over HTTP.

use control_plane::{Actor, AdminToken, Expiry, NewAdminToken, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Service};

const PLANS: &str = "/admin/v1/plans";
const TENANTS: &str = "/admin/v1/tenants";

/// Limits of which only these are set.
fn limits(set: &Value) -> Value {
    let mut limits = json!({
        "requests_per_second": null, "burst": null, "concurrent_requests": null, "request_timeout_ms": null,
        "statement_timeout_ms": null, "request_body_bytes": null, "response_body_bytes": null,
    });
    for (name, limit) in set.as_object().unwrap() {
        limits[name] = limit.clone();
    }
    limits
}

fn etag(answer: &testkit::Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

async fn with_role(service: &Service, role: Role) -> Client {
    let token = AdminToken::generate().unwrap();
    let new = NewAdminToken {
        name: role.as_str().to_owned(),
        role,
        expiry: Expiry::Never,
    };
    let store = service.control_plane.store();
    store
        .create_admin_token(&Actor::service("test"), &new, &token)
        .await
        .unwrap();
    let bearer = format!("Bearer {}", token.expose());
    Client::new(service.admin_plane).header("authorization", &bearer)
}

#[tokio::test]
async fn a_plan_from_its_creation_to_its_deletion() {
    let service = Service::start().await;
    let operator = service.operator();
    let said = json!({
        "name": "pro", "description": "Customers.",
        "limits": {"requests_per_second": 50, "burst": 100, "request_timeout_ms": null},
    });
    let keyed = operator.clone().header("idempotency-key", "a-plan");
    let made = keyed.post(PLANS, &said).await;
    let (place, tag) = (made.headers["location"].to_str().unwrap().to_owned(), etag(&made));
    assert_eq!(place, format!("{PLANS}/pro"));
    let plan = made.expect(201);
    assert_eq!(plan["description"], "Customers.");
    assert_eq!(
        plan["limits"],
        limits(&json!({"requests_per_second": 50, "burst": 100}))
    );
    // Sent again it is the same; as another request it is refused.
    let replayed = keyed.post(PLANS, &said).await;
    assert_eq!(replayed.headers["idempotency-replayed"], "true");
    assert_eq!(replayed.expect(201), plan);
    operator.post(PLANS, &said).await.refused(409, "PLAN_EXISTS");

    let shown = operator.get(&place).await;
    assert_eq!(etag(&shown), tag);
    assert_eq!(shown.expect(200), plan);
    let current = operator.clone().header("if-none-match", &tag);
    current.get(&place).await.expect(304);
    let listed = operator.query(PLANS, &[("limit", "1")]).await.expect(200);
    assert_eq!(listed["items"][0]["name"], "default");
    assert_eq!(listed["items"][0]["limits"], limits(&json!({})));
    let cursor = listed["next_cursor"].as_str().unwrap();
    let listed = operator.query(PLANS, &[("cursor", cursor)]).await.expect(200);
    assert_eq!(listed["items"], json!([plan]));

    // A limit that is left out stays, null removes it.
    let change = json!({"limits": {"requests_per_second": 80, "burst": null}});
    operator
        .patch(&place, &change)
        .await
        .refused(428, "PRECONDITION_REQUIRED");
    let at = |tag: &str| operator.clone().header("if-match", tag);
    let changed = at(&tag).patch(&place, &change).await;
    let newer = etag(&changed);
    assert_eq!(
        changed.expect(200)["limits"],
        limits(&json!({"requests_per_second": 80}))
    );
    at(&tag)
        .patch(&place, &change)
        .await
        .refused(412, "PRECONDITION_FAILED");
    at(&tag).delete(&place).await.refused(412, "PRECONDITION_FAILED");
    let described = at(&newer)
        .patch(&place, &json!({"description": ""}))
        .await
        .expect(200);
    assert_eq!(
        (
            &described["description"],
            &described["limits"]["requests_per_second"]
        ),
        (&json!(""), &json!(80))
    );

    for unknown in ["none", "Pro", "%ff", "a%00b", "a%20b"] {
        let path = format!("{PLANS}/{unknown}");
        operator.get(&path).await.refused(404, "PLAN_UNKNOWN");
        at("*").patch(&path, &change).await.refused(404, "PLAN_UNKNOWN");
        operator.delete(&path).await.refused(404, "PLAN_UNKNOWN");
    }
    let stays = operator.delete(&format!("{PLANS}/default")).await;
    assert_eq!(stays.body["detail"], "the default plan cannot be deleted");
    stays.refused(409, "PLAN_IN_USE");
    operator.delete(&place).await.expect(204);
    operator.get(&place).await.refused(404, "PLAN_UNKNOWN");

    audited(&operator).await;
}

/// Each change of the test above has one entry, with the values before and after.
async fn audited(operator: &Client) {
    let log = operator
        .query("/admin/v1/audit", &[("action", "plan.change")])
        .await
        .expect(200);
    let first = &log["items"]
        .as_array()
        .unwrap()
        .iter()
        .rfind(|entry| entry["outcome"] == "done")
        .unwrap();
    assert_eq!(
        (&first["target"], &first["actor"]),
        (&json!("pro"), &json!("configured"))
    );
    assert_eq!(
        (
            &first["before"]["limits"]["burst"],
            &first["after"]["limits"]["burst"]
        ),
        (&json!(100), &Value::Null)
    );
    for (action, outcome, entries) in [
        ("plan.create", "done", 1),
        ("plan.create", "refused", 1),
        ("plan.delete", "done", 1),
        ("plan.delete", "refused", 7),
    ] {
        let query = [("action", action), ("outcome", outcome)];
        let log = operator.query("/admin/v1/audit", &query).await.expect(200);
        assert_eq!(
            log["items"].as_array().unwrap().len(),
            entries,
            "{action} {outcome}: {log}"
        );
    }
}

#[tokio::test]
async fn a_tenant_has_a_plan_and_overrides_of_its_own() {
    let service = Service::start().await;
    let operator = service.operator();
    let plan = json!({"name": "pro", "limits": {"requests_per_second": 50, "concurrent_requests": 20}});
    operator.post(PLANS, &plan).await.expect(201);
    let globex = operator
        .post(TENANTS, &json!({"name": "globex"}))
        .await
        .expect(201);
    assert_eq!(
        (&globex["plan"], &globex["limit_overrides"], &globex["limits"]),
        (&json!("default"), &json!({}), &limits(&json!({})))
    );
    let overrides = json!({"requests_per_second": 80, "concurrent_requests": null});
    let new = json!({"name": "acme", "plan": "pro", "limit_overrides": overrides});
    let made = operator.post(TENANTS, &new).await;
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let tenant = made.expect(201);
    assert_eq!(
        (&tenant["plan"], &tenant["limit_overrides"]),
        (&json!("pro"), &overrides)
    );
    assert_eq!(tenant["limits"], limits(&json!({"requests_per_second": 80})));
    let found = operator.query(TENANTS, &[("plan", "pro")]).await.expect(200);
    assert_eq!(found["items"], json!([tenant]));
    let refused = operator.delete(&format!("{PLANS}/pro")).await;
    assert!(
        refused.body["detail"].as_str().unwrap().ends_with("come back: 1"),
        "{refused:?}"
    );
    refused.refused(409, "PLAN_IN_USE");

    // Overrides are replaced as a whole, and stay where they are not named.
    let any = operator.clone().header("if-match", "*");
    let changed = any
        .patch(&place, &json!({"limit_overrides": {"burst": 7}}))
        .await
        .expect(200);
    let all = json!({"requests_per_second": 50, "concurrent_requests": 20, "burst": 7});
    assert_eq!(changed["limits"], limits(&all));
    let renamed = any.patch(&place, &json!({"name": "acme ltd"})).await.expect(200);
    assert_eq!(renamed["limit_overrides"], json!({"burst": 7}));

    // The plan's limits are a part of the tenant's representation.
    let before = operator.get(&place).await;
    let tag = etag(&before);
    let plan_change = json!({"limits": {"concurrent_requests": 5}});
    any.patch(&format!("{PLANS}/pro"), &plan_change).await.expect(200);
    let current = operator.clone().header("if-none-match", &tag);
    let after = current.get(&place).await.expect(200);
    assert_eq!(after["limits"]["concurrent_requests"], 5);
    // And the tenant is still the same revision.
    let read = operator.clone().header("if-match", &tag);
    let moved = read.patch(&place, &json!({"plan": "default"})).await.expect(200);
    assert_eq!(moved["limits"], limits(&json!({"burst": 7})));

    for (said, field) in [
        (json!({"plan": "none"}), "plan"),
        (json!({"plan": "Pro"}), "plan"),
        (json!({"plan": null}), "plan"),
        (json!({"limit_overrides": null}), "limit_overrides"),
        (json!({"limit_overrides": {"burst": 0}}), "limit_overrides.burst"),
        (json!({"limit_overrides": {"rate": 1}}), "limit_overrides.rate"),
        (
            json!({"limit_overrides": {"request_body_bytes": "1MB"}}),
            "limit_overrides.request_body_bytes",
        ),
        (json!({"limits": {}}), "limits"),
    ] {
        let refused = any.patch(&place, &said).await;
        assert_eq!(refused.wrong_fields(), [field], "{said}");
        let mut new = said.clone();
        new["name"] = json!("initech");
        assert_eq!(
            operator.post(TENANTS, &new).await.wrong_fields(),
            [field],
            "{said}"
        );
    }
    let wrong = json!({"name": "Max", "description": "x".repeat(501), "limits": {
        "burst": 1.5, "requests_per_second": 1_000_001, "request_timeout_ms": 3_600_001, "response_body_bytes": 1_073_741_825
    }});
    assert_eq!(
        operator.post(PLANS, &wrong).await.wrong_fields(),
        [
            "name",
            "description",
            "limits.requests_per_second",
            "limits.burst",
            "limits.request_timeout_ms",
            "limits.response_body_bytes"
        ]
    );
}

#[tokio::test]
async fn each_role_may_do_what_it_may_with_tenants() {
    let service = Service::start().await;
    let (viewer, operator) = (
        with_role(&service, Role::Viewer).await,
        with_role(&service, Role::Operator).await,
    );
    let pro = format!("{PLANS}/pro");
    let new = json!({"name": "pro"});
    viewer.post(PLANS, &new).await.refused(403, "FORBIDDEN");
    operator.post(PLANS, &new).await.expect(201);
    viewer.get(PLANS).await.expect(200);
    viewer.get(&pro).await.expect(200);
    let change = json!({"description": "x"});
    let any = |client: &Client| client.clone().header("if-match", "*");
    any(&viewer).patch(&pro, &change).await.refused(403, "FORBIDDEN");
    any(&operator).patch(&pro, &change).await.expect(200);
    operator.delete(&pro).await.refused(403, "FORBIDDEN");
    let anonymous = Client::new(service.admin_plane);
    anonymous
        .send(Method::GET, PLANS)
        .await
        .refused(401, "UNAUTHENTICATED");
    service.operator().delete(&pro).await.expect(204);
}
