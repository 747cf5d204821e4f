//! No tenant is served before the doctor has found nothing.

use serde_json::json;
use sqlx::Executor as _;

use crate::support::{Service, until};

const DOCTOR: &str = "/admin/v1/doctor";
const USERS: &str = "/v1/internal/users";

/// As in production.
const ON_START: &str = "doctor.on_start=true";

#[tokio::test]
async fn a_sound_service_serves_after_its_first_examination() {
    let service = Service::with(&[ON_START]).await;
    let tenant = service.tenant("acme").await;
    let operator = service.operator();
    until(async || operator.get("/readyz").await.status == 200).await;
    service.client(&tenant).get(USERS).await.expect(200);
    let last = operator.get(DOCTOR).await.expect(200);
    assert_eq!((&last["sound"], &last["serving"]), (&json!(true), &json!(true)));
    // Warnings about tables of a fork's own are no reason not to serve.
    let findings = last["findings"].as_array().unwrap();
    assert!(
        findings.iter().all(|finding| finding["severity"] == "warning"),
        "{last}"
    );
    assert!(last["examined_at"].is_string(), "{last}");
    assert!(last["probed"]["attempts"].as_u64().unwrap() > 20, "{last}");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn an_unsound_instance_serves_once_it_is_repaired() {
    let first = Service::start().await;
    let tenant = first.tenant("acme").await;
    let mut superuser = first.superuser().await;
    superuser
        .execute("ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY")
        .await
        .unwrap();
    let service = first.beside(&[ON_START]).await;
    let operator = service.operator();
    until(async || operator.get(DOCTOR).await.status == 200).await;

    let refused = service.client(&tenant).get(USERS).await;
    assert_eq!(crate::support::retry_after(&refused), 60);
    refused.refused(503, "NOT_ISOLATED");
    operator.get("/readyz").await.refused(503, "NOT_ISOLATED");
    operator.get("/livez").await.expect(200);
    // The operator can look, and sees what to do.
    operator.get("/admin/v1/tenants").await.expect(200);
    let report = operator.get(DOCTOR).await.expect(200);
    assert_eq!(
        (&report["sound"], &report["serving"]),
        (&json!(false), &json!(false))
    );
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["severity"]),
        (&json!("RLS_NOT_FORCED"), &json!("error"))
    );

    let remedy = finding["remedy"].as_str().unwrap().to_owned();
    superuser.execute(sqlx::AssertSqlSafe(remedy)).await.unwrap();
    let report = operator.post(DOCTOR, &json!(null)).await.expect(200);
    assert_eq!(
        (&report["sound"], &report["serving"]),
        (&json!(true), &json!(true))
    );
    service.client(&tenant).get(USERS).await.expect(200);
    operator.get("/readyz").await.expect(200);
    service.stop().await.unwrap();
    first.stop().await.unwrap();
}

/// What an operator's examination finds is for the operator: it is no switch by which everything goes off.
#[tokio::test]
async fn a_later_finding_is_reported_and_does_not_stop_serving() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let operator = service.operator();
    operator.get(DOCTOR).await.refused(404, "NOT_FOUND");
    service
        .superuser()
        .await
        .execute("GRANT TRUNCATE ON app.users TO tenantry_tenant")
        .await
        .unwrap();
    let report = operator.post(DOCTOR, &json!(null)).await.expect(200);
    assert_eq!(
        (&report["sound"], &report["serving"]),
        (&json!(false), &json!(true))
    );
    let codes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["code"])
        .collect();
    assert!(
        codes.contains(&&json!("TRUNCATE_GRANTED")) && codes.contains(&&json!("PROBE_TRUNCATED")),
        "{codes:?}"
    );
    service.client(&tenant).get(USERS).await.expect(200);
    let unauthenticated = crate::support::Client::new(service.admin_plane);
    unauthenticated.get(DOCTOR).await.refused(401, "UNAUTHENTICATED");
    unauthenticated
        .post(DOCTOR, &json!(null))
        .await
        .refused(401, "UNAUTHENTICATED");
    service.stop().await.unwrap();
}

/// Every login has another limit then, until upkeep has set it a moment later.
#[tokio::test]
async fn another_number_of_instances_is_no_finding_at_the_start() {
    let first = Service::start().await;
    first.tenant("acme").await;
    let service = first.beside(&[ON_START, "registry.instances=3"]).await;
    let operator = service.operator();
    until(async || operator.get("/readyz").await.status == 200).await;
    let limits = |report: &serde_json::Value| {
        let findings = report["findings"].as_array().unwrap();
        findings
            .iter()
            .filter(|finding| finding["code"] == "LOGIN_LIMIT")
            .count()
    };
    let report = operator.get(DOCTOR).await.expect(200);
    assert_eq!(limits(&report), 0, "{report}");
    until(async || limits(&operator.post(DOCTOR, &json!(null)).await.expect(200)) == 0).await;
    service.stop().await.unwrap();
    first.stop().await.unwrap();
}
