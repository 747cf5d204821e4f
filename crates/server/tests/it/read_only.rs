//! A service that starts while its databases take no writes.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::support::{Service, until};

const USERS: &str = "/v1/internal/users";
const DOCTOR: &str = "/admin/v1/doctor";

/// As hosters do when a disk fills.
async fn guard(service: &Service, alter: &str) {
    let databases = &service.databases;
    let mut superuser = databases.server().superuser("postgres").await;
    for name in [databases.data(), databases.control()] {
        let alter = format!("ALTER DATABASE {name} {alter}");
        superuser.execute(AssertSqlSafe(alter)).await.unwrap();
    }
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn it_serves_what_can_be_read_and_is_probed_when_it_takes_writes_again() {
    let first = Service::start().await;
    let tenant = first.tenant("acme").await;
    let user = json!({"name": "Ada"});
    first.client(&tenant).post(USERS, &user).await.expect(201);
    guard(&first, "SET default_transaction_read_only = on").await;

    let service = first
        .beside(&["doctor.on_start=true", "registry.warm_up=10"])
        .await;
    let (client, operator) = (service.client(&tenant), service.operator());
    until(async || operator.get("/readyz").await.status == 200).await;
    let users = client.get(USERS).await.expect(200);
    assert_eq!(users["items"][0]["name"], "Ada", "{users}");
    client
        .post(USERS, &user)
        .await
        .refused(503, "TENANT_DB_UNAVAILABLE");
    let report = operator.get(DOCTOR).await.expect(200);
    assert!(codes(&report).contains(&"PROBE_READ_ONLY"), "{report}");
    assert_eq!(
        (&report["sound"], &report["serving"], &report["probed"]),
        (&json!(true), &json!(true), &Value::Null)
    );

    guard(&first, "RESET default_transaction_read_only").await;
    let report = operator.post(DOCTOR, &json!(null)).await.expect(200);
    assert!(!codes(&report).contains(&"PROBE_READ_ONLY"), "{report}");
    assert!(report["probed"].is_object(), "{report}");
    until(async || client.post(USERS, &user).await.status == 201).await;
    service.stop().await.unwrap();
    first.stop().await.unwrap();
}
