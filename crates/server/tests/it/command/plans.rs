//! `tenantry plan`, and plans of tenants.

use serde_json::json;

use super::operator::Operator;

#[tokio::test]
async fn a_plan_is_made_given_and_taken_back() {
    let operator = Operator::new().await;
    let create = [
        "plan",
        "create",
        "pro",
        "--description",
        "Customers.",
        "--limit",
        "requests_per_second=50",
        "--limit",
        "burst=100",
        "--limit",
        "request_body_bytes=none",
    ];
    let made = operator.json(&create).await;
    assert_eq!(
        (&made["limits"]["requests_per_second"], &made["limits"]["burst"]),
        (&json!(50), &json!(100))
    );
    let error = operator.fails(1, &create).await;
    assert!(error.contains("PLAN_EXISTS"), "{error}");
    assert_eq!(operator.json(&["plan", "show", "pro"]).await, made);
    let listed = operator.text(&["plan", "list"]).await;
    let names: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, ["NAME", "default", "pro"], "{listed}");

    let change = [
        "plan",
        "change",
        "pro",
        "--limit",
        "burst=none",
        "--limit",
        "concurrent_requests=20",
    ];
    let changed = operator.json(&change).await["limits"].clone();
    assert_eq!(
        [
            &changed["requests_per_second"],
            &changed["burst"],
            &changed["concurrent_requests"]
        ],
        [&json!(50), &json!(null), &json!(20)]
    );
    let shown = operator.text(&["plan", "show", "pro"]).await;
    for line in [
        "requests per second      50",
        "concurrent requests      20",
        "version                  2",
    ] {
        assert!(shown.contains(line), "{shown}");
    }

    given_to_a_tenant(&operator).await;
    let error = operator.fails(1, &["plan", "delete", "pro"]).await;
    assert!(
        error.contains("PLAN_IN_USE") && error.contains("come back: 1"),
        "{error}"
    );
    operator
        .text(&["tenant", "change", "acme", "--plan", "default"])
        .await;
    assert_eq!(
        operator.text(&["plan", "delete", "pro"]).await,
        "deleted the plan pro\n"
    );
    let error = operator
        .fails(1, &["tenant", "change", "acme", "--plan", "pro"])
        .await;
    assert!(error.contains("plan"), "{error}");
    for wrong in [
        &["plan", "change", "pro"][..],
        &["plan", "create", "Pro"],
        &["plan", "create", "a", "--limit", "burst=plan"],
        &["plan", "create", "a", "--limit", "rate=5"],
        &["plan", "create", "a", "--limit", "burst=5", "--limit", "burst=6"],
        &["plan", "show", "../tenants"],
    ] {
        operator.fails(2, wrong).await;
    }
}

/// The tenant "acme" gets the plan, and overrides of its own.
async fn given_to_a_tenant(operator: &Operator) {
    let tenant = operator
        .json(&[
            "tenant",
            "create",
            "acme",
            "--plan",
            "pro",
            "--limit",
            "requests_per_second=80",
        ])
        .await;
    assert_eq!(
        (&tenant["plan"], &tenant["limit_overrides"]),
        (&json!("pro"), &json!({"requests_per_second": 80}))
    );
    // Overrides that are not given stay.
    let changed = operator
        .json(&[
            "tenant",
            "change",
            "acme",
            "--limit",
            "burst=none",
            "--limit",
            "concurrent_requests=5",
        ])
        .await;
    assert_eq!(
        changed["limit_overrides"],
        json!({"requests_per_second": 80, "burst": null, "concurrent_requests": 5})
    );
    let changed = operator
        .json(&[
            "tenant",
            "change",
            "acme",
            "--limit",
            "concurrent_requests=plan",
            "--limit",
            "burst=plan",
        ])
        .await;
    assert_eq!(changed["limit_overrides"], json!({"requests_per_second": 80}));
    assert_eq!(changed["limits"]["concurrent_requests"], 20);
    let shown = operator.text(&["tenant", "show", "acme"]).await;
    for part in [
        "plan                  pro\n",
        "requests_per_second=80\n",
        "requests_per_second=80 concurrent_requests=20\n",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    let listed = operator.json(&["tenant", "list", "--plan", "pro"]).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
