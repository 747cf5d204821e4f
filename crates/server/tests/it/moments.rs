//! Moments that RFC 3339 cannot write: no constraint lets them in, and where one is there no page fails by it.

use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::TenantDb;

use crate::support::{Client, Service};

const USERS: &str = "/v1/internal/users";
const TENANTS: &str = "/admin/v1/tenants";

const MOMENTS: [(&str, &str); 6] = [
    ("-infinity", "0001-01-01T00:00:00.000000Z"),
    ("0044-03-15 12:00:00+00 BC", "0001-01-01T00:00:00.000000Z"),
    ("2026-01-31 12:00:00+00", "2026-01-31T12:00:00.000000Z"),
    ("9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999Z"),
    ("10000-01-01 00:00:00+00", "9999-12-31T23:59:59.999999Z"),
    ("infinity", "9999-12-31T23:59:59.999999Z"),
];

async fn run(session: &mut PgConnection, sql: impl Into<String>) {
    session.execute(AssertSqlSafe(sql.into())).await.unwrap();
}

async fn in_store(service: &Service) -> PgConnection {
    let databases = &service.databases;
    databases.server().superuser(databases.control().as_str()).await
}

/// All items of a list, a page for each.
async fn one_by_one(client: &Client, path: &str, parameters: &[(&str, &str)]) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut asked = parameters.to_vec();
        asked.push(("limit", "1"));
        if let Some(cursor) = &cursor {
            asked.push(("cursor", cursor));
        }
        let page = client.query(path, &asked).await.expect(200);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        assert!(items.len() <= 2 * MOMENTS.len(), "it goes round and round");
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

#[tokio::test]
async fn a_tenant_cannot_write_one() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let client = service.client(&tenant);
    client.post(USERS, &json!({"name": "Ada"})).await.expect(201);
    let db = TenantDb::new(service.registry.lease(tenant.id).await.unwrap());
    for (moment, shown) in MOMENTS {
        let update = format!("UPDATE app.users SET updated_at = '{moment}'");
        let updated = sqlx::query(AssertSqlSafe(update)).execute(&db).await;
        let refused = updated.err().map(|error| {
            let error = error.into_database_error().unwrap();
            error.code().unwrap().into_owned()
        });
        let writable = moment.starts_with(&shown[..10]);
        assert_eq!(refused.as_deref(), (!writable).then_some("23514"), "{moment}");
    }
}

#[tokio::test]
async fn no_page_of_users_fails_by_one() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let client = service.client(&tenant);
    let mut superuser = service.superuser().await;
    run(
        &mut superuser,
        "ALTER TABLE app.users DROP CONSTRAINT users_moments_check",
    )
    .await;
    for (number, (moment, _)) in MOMENTS.into_iter().enumerate() {
        let insert = format!(
            "INSERT INTO app.users (tenant_id, name, created_at, updated_at)
             VALUES ('{}', '{number}', '{moment}', '{moment}')",
            tenant.id
        );
        run(&mut superuser, insert).await;
    }
    let expected: Vec<_> = MOMENTS.iter().map(|(_, shown)| json!(shown)).collect();
    for sort in ["created_at", "updated_at"] {
        for order in ["asc", "desc"] {
            let parameters = [("sort", sort), ("order", order)];
            let mut users = one_by_one(&client, USERS, &parameters).await;
            if order == "desc" {
                users.reverse();
            }
            let shown: Vec<_> = users.iter().map(|user| user[sort].clone()).collect();
            assert_eq!(shown, expected, "{parameters:?}");
            let names: Vec<_> = users.iter().map(|user| user["name"].as_str().unwrap()).collect();
            assert_eq!(names, ["0", "1", "2", "3", "4", "5"], "{parameters:?}");
        }
    }
    let users = client.get(USERS).await.expect(200);
    for user in users["items"].as_array().unwrap() {
        let place = format!("{USERS}/{}", user["id"].as_str().unwrap());
        assert_eq!(&client.get(&place).await.expect(200), user);
        client
            .patch(&place, &json!({"confirmed": true}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn no_page_of_the_store_fails_by_one() {
    let service = Service::start().await;
    let operator = service.operator();
    let mut store = in_store(&service).await;
    for (table, columns) in [
        ("tenants", &["created_at", "updated_at", "purge_at"][..]),
        (
            "operations",
            &["created_at", "updated_at", "due_at", "finished_at"],
        ),
        ("api_keys", &["created_at", "expires_at", "revoked_at"]),
        ("admin_tokens", &["created_at", "expires_at", "revoked_at"]),
        ("audit_log", &["at"]),
    ] {
        for column in columns {
            let update = format!("UPDATE control.{table} SET {column} = 'infinity'");
            // There has to be a row for it to be refused.
            let constraint = format!(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{table}_moments_check'"
            );
            let text: String = sqlx::query_scalar(AssertSqlSafe(constraint))
                .fetch_one(&mut store)
                .await
                .unwrap();
            assert!(text.contains(&format!("{column} >= ")), "{update}: {text}");
        }
        run(
            &mut store,
            format!("ALTER TABLE control.{table} DROP CONSTRAINT {table}_moments_check"),
        )
        .await;
    }

    let tenant = operator.post(TENANTS, &json!({"name": "0"})).await.expect(201);
    let place = format!("{TENANTS}/{}", tenant["id"].as_str().unwrap());
    for number in 1..MOMENTS.len() {
        operator
            .post(TENANTS, &json!({"name": number.to_string()}))
            .await
            .expect(201);
    }
    for number in 0..MOMENTS.len() {
        operator
            .post(&format!("{place}/api-keys"), &json!({"name": number.to_string()}))
            .await
            .expect(201);
        operator
            .post(
                "/admin/v1/admin-tokens",
                &json!({"name": number.to_string(), "role": "viewer"}),
            )
            .await
            .expect(201);
    }
    let deleted = operator.delete(&format!("{place}?grace_hours=1")).await;
    assert!(deleted.status.is_success(), "{deleted:?}");
    for (number, (moment, _)) in MOMENTS.into_iter().enumerate() {
        for update in [
            format!("UPDATE control.tenants SET created_at = '{moment}' WHERE name = '{number}'"),
            format!(
                "UPDATE control.api_keys SET created_at = '{moment}', expires_at = '{moment}' WHERE name = '{number}'"
            ),
            format!(
                "UPDATE control.admin_tokens SET created_at = '{moment}', expires_at = '{moment}' WHERE name = '{number}'"
            ),
        ] {
            run(&mut store, update).await;
        }
    }
    for update in [
        "UPDATE control.operations SET created_at = 'infinity', updated_at = '-infinity', due_at = '10000-01-01'",
        "UPDATE control.operations SET finished_at = 'infinity' WHERE finished_at IS NOT NULL",
        "UPDATE control.audit_log SET at = 'infinity'",
        "UPDATE control.tenants SET purge_at = 'infinity' WHERE purge_at IS NOT NULL",
    ] {
        run(&mut store, update).await;
    }

    let tenants = one_by_one(&operator, TENANTS, &[]).await;
    let shown: Vec<_> = tenants.iter().map(|tenant| &tenant["created_at"]).collect();
    let expected: Vec<_> = MOMENTS.iter().map(|(_, shown)| json!(shown)).collect();
    assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    assert_eq!(tenants[0]["purge_at"], "9999-12-31T23:59:59.999999Z");
    let keys = one_by_one(&operator, &format!("{place}/api-keys"), &[]).await;
    assert_eq!(keys.len(), MOMENTS.len());
    for list in [
        "/admin/v1/operations",
        "/admin/v1/api-keys",
        "/admin/v1/admin-tokens",
        "/admin/v1/audit",
    ] {
        assert!(
            !operator.get(list).await.expect(200)["items"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
}
