//! A tenant that changes the password of its own login: the answer to its callers and to operators.

use control_plane::Tenant;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tenant_registry::TenantSource as _;

use crate::support::{Service, until};

const USERS: &str = "/v1/internal/users";
const DOCTOR: &str = "/admin/v1/doctor";

#[tokio::test]
async fn a_tenant_that_changed_its_password_is_told_so_until_it_is_resumed() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let neighbour = service.tenant("globex").await;
    let (client, operator) = (service.client(&tenant), service.operator());
    client.get(USERS).await.expect(200);
    let path = format!("/admin/v1/tenants/{}", tenant.id);
    assert_eq!(
        operator.get(&path).await.expect(200)["login_refused_at"],
        Value::Null
    );

    let spec = service.control_plane.source().load(tenant.id).await.unwrap();
    let mut thief = spec.connect.connect().await.unwrap();
    thief
        .execute("ALTER ROLE CURRENT_USER PASSWORD 'x'")
        .await
        .unwrap();
    // What the service has open goes on; a new session is refused.
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tn_{}_a'",
        tenant.id.as_uuid().simple()
    );
    service
        .superuser()
        .await
        .execute(AssertSqlSafe(end))
        .await
        .unwrap();
    until(async || client.get(USERS).await.status == 403).await;
    let refused = client.get(USERS).await;
    assert!(!refused.headers.contains_key("retry-after"), "{refused:?}");
    refused.refused(403, "TENANT_LOCKED_OUT");
    service.client(&neighbour).get(USERS).await.expect(200);

    let shown = operator.get(&path).await.expect(200);
    assert!(shown["login_refused_at"].is_string(), "{shown}");
    assert_eq!(shown["state"], "active");
    let examined = operator.post(DOCTOR, &json!(null)).await.expect(200);
    let found = examined["findings"].as_array().unwrap();
    let locked_out = found
        .iter()
        .filter(|finding| finding["code"] == "TENANT_LOCKED_OUT");
    assert_eq!(locked_out.count(), 1, "{examined}");

    for lead in ["suspend", "resume"] {
        operator
            .post(&format!("{path}/{lead}"), &json!({}))
            .await
            .expect(200);
    }
    until(async || client.get(USERS).await.status == 200).await;
    assert_eq!(
        operator.get(&path).await.expect(200)["login_refused_at"],
        Value::Null
    );
    service.stop().await.unwrap();
}

/// Ends the tenant's sessions, so that its next request needs a login.
async fn alter_login(service: &Service, tenant: &Tenant, alter: &str) {
    let login = format!("tn_{}_a", tenant.id.as_uuid().simple());
    let mut superuser = service.superuser().await;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{login}'");
    for sql in [format!("ALTER ROLE {login} {alter}"), end] {
        superuser.execute(AssertSqlSafe(sql)).await.unwrap();
    }
}

/// An administrator's changes of a login have codes of their own, without a `Retry-After`.
#[tokio::test]
async fn a_login_that_cannot_be_used_is_told_as_what_it_is() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let (client, operator) = (service.client(&tenant), service.operator());
    let path = format!("/admin/v1/tenants/{}", tenant.id);
    for (alter, status, code, mend) in [
        ("NOLOGIN", 403, "TENANT_LOCKED_OUT", "LOGIN"),
        (
            "VALID UNTIL '2026-01-01'",
            403,
            "TENANT_LOCKED_OUT",
            "VALID UNTIL 'infinity'",
        ),
        ("BYPASSRLS", 503, "NOT_ISOLATED", "NOBYPASSRLS"),
        ("SUPERUSER", 503, "NOT_ISOLATED", "NOSUPERUSER"),
    ] {
        client.get(USERS).await.expect(200);
        alter_login(&service, &tenant, alter).await;
        until(async || client.get(USERS).await.status == status).await;
        let refused = client.get(USERS).await;
        assert!(
            !refused.headers.contains_key("retry-after"),
            "{alter}: {refused:?}"
        );
        let body = refused.body.to_string();
        for internal in ["tn_", "BYPASSRLS", "LOGIN", "superuser"] {
            assert!(!body.replace(code, "").contains(internal), "{alter}: {body}");
        }
        refused.refused(status, code);
        let shown = operator.get(&path).await.expect(200);
        let remedy = shown["login_fault"]["remedy"].as_str().unwrap();
        assert!(remedy.ends_with(&format!("_a {mend}")), "{alter}: {shown}");
        assert!(
            shown["login_refused_at"].is_string() || status != 403,
            "{alter}: {shown}"
        );
        service
            .superuser()
            .await
            .execute(AssertSqlSafe(remedy.to_owned()))
            .await
            .unwrap();
        until(async || client.get(USERS).await.status == 200).await;
        assert_eq!(operator.get(&path).await.expect(200)["login_fault"], Value::Null);
    }
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_login_with_nologin_is_let_in_again_when_its_tenant_is_resumed() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let (client, operator) = (service.client(&tenant), service.operator());
    client.get(USERS).await.expect(200);
    alter_login(&service, &tenant, "NOLOGIN").await;
    until(async || client.get(USERS).await.status == 403).await;
    for lead in ["suspend", "resume"] {
        operator
            .post(&format!("/admin/v1/tenants/{}/{lead}", tenant.id), &json!({}))
            .await
            .expect(200);
    }
    until(async || client.get(USERS).await.status == 200).await;
    service.stop().await.unwrap();
}

/// In all databases and in its own: suspended and resumed, the tenant can write again.
#[tokio::test]
async fn a_tenant_that_made_itself_read_only_writes_again_when_it_is_resumed() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let (client, operator) = (service.client(&tenant), service.operator());
    let mut session = service
        .control_plane
        .source()
        .load(tenant.id)
        .await
        .unwrap()
        .connect
        .connect()
        .await
        .unwrap();
    let place = format!(" IN DATABASE {}", service.databases.data());
    for place in ["", &place] {
        let alter = format!("ALTER ROLE CURRENT_USER{place} SET default_transaction_read_only = on");
        session.execute(AssertSqlSafe(alter)).await.unwrap();
    }
    let user = json!({"name": "Ada"});
    client
        .post(USERS, &user)
        .await
        .refused(503, "TENANT_DB_UNAVAILABLE");

    for lead in ["suspend", "resume"] {
        operator
            .post(&format!("/admin/v1/tenants/{}/{lead}", tenant.id), &json!({}))
            .await
            .expect(200);
    }
    until(async || client.post(USERS, &user).await.status == 201).await;
}

/// The reconciler retries refused logins, and clears the note once the login works again.
#[tokio::test]
async fn a_login_that_is_accepted_again_is_not_said_to_be_refused() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let login = format!("tn_{}_a", tenant.id.as_uuid().simple());
    let mut superuser = service.superuser().await;
    let verifier: String = sqlx::query_scalar("SELECT rolpassword FROM pg_authid WHERE rolname = $1")
        .bind(&login)
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    let set = async |superuser: &mut sqlx::PgConnection, password: &str| {
        let alter = format!("ALTER ROLE {login} PASSWORD '{password}'");
        superuser.execute(AssertSqlSafe(alter)).await.unwrap();
    };
    set(&mut superuser, "x").await;
    service
        .client(&tenant)
        .get(USERS)
        .await
        .refused(403, "TENANT_LOCKED_OUT");
    let operator = service.operator();
    let path = format!("/admin/v1/tenants/{}", tenant.id);
    assert!(operator.get(&path).await.expect(200)["login_refused_at"].is_string());

    set(&mut superuser, &verifier).await;
    let _beside = service.beside(&[]).await;
    until(async || operator.get(&path).await.expect(200)["login_refused_at"].is_null()).await;
    until(async || service.client(&tenant).get(USERS).await.status == 200).await;
}
