//! The search for names: what counts as the same letter, and that it reaches no other tenant.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tenant_registry::TenantDb;

use super::{USERS, create};
use crate::support::{Client, Service};

const MIGRATION: &str = include_str!("../../../../../migrations/tenant/0014_search.sql");

/// The names that are found, in the order in which they were added.
async fn found(client: &Client, parameter: &str, text: &str) -> Vec<String> {
    let page = client.query(USERS, &[(parameter, text)]).await.expect(200);
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|user| user["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn letters_are_the_same_by_the_rules_of_unicode() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    for name in [
        "Straße",
        "STRAẞE",
        "İstanbul",
        "Istanbul",
        "École",
        "E\u{301}cole",
        "ΟΔΥΣΣΕΥΣ",
        "\u{10400}",
        "Ǆ",
    ] {
        create(&client, name).await;
    }
    for (search, names) in [
        ("straße", &["Straße", "STRAẞE"][..]),
        ("RASSE", &[]),
        // The capital I with a dot is a small one with a dot above it, which is a character of its own.
        ("İSTANBUL", &["İstanbul"]),
        ("i\u{307}stan", &["İstanbul"]),
        ("ISTANBUL", &["Istanbul"]),
        ("STANBUL", &["İstanbul", "Istanbul"]),
        ("école", &["École"]),
        ("e\u{301}COLE", &["E\u{301}cole"]),
        ("ΟΔΥΣ", &["ΟΔΥΣΣΕΥΣ"]),
        ("σσευς", &["ΟΔΥΣΣΕΥΣ"]),
        ("\u{10428}", &["\u{10400}"]),
        ("ǆ", &["Ǆ"]),
    ] {
        assert_eq!(found(&client, "search", search).await, names, "{search}");
    }
}

#[tokio::test]
async fn a_prefix_is_compared_in_the_same_form() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    for name in [
        "Ada",
        "ADAM",
        "Bada",
        "ad",
        "Ad\u{10ffff}\u{10ffff}z",
        "a%",
        "ΣΟΣ",
    ] {
        create(&client, name).await;
    }
    for (prefix, names) in [
        ("ada", &["Ada", "ADAM"][..]),
        ("AD", &["Ada", "ADAM", "ad", "Ad\u{10ffff}\u{10ffff}z"]),
        ("adam", &["ADAM"]),
        ("a%", &["a%"]),
        ("%", &[]),
        ("_", &[]),
        ("σος", &["ΣΟΣ"]),
    ] {
        assert_eq!(found(&client, "name_prefix", prefix).await, names, "{prefix}");
    }
    let sorted = [
        ("name_prefix", "ad"),
        ("sort", "created_at"),
        ("order", "desc"),
        ("count", "exact"),
    ];
    let page = client.query(USERS, &sorted).await.expect(200);
    assert_eq!(
        (&page["count"], &page["items"][0]["name"]),
        (&json!(4), &json!("Ad\u{10ffff}\u{10ffff}z"))
    );
}

#[tokio::test]
async fn another_tenants_names_are_not_found() {
    let service = Service::start().await;
    let acme = service.client(&service.tenant("acme").await);
    let globex = service.client(&service.tenant("globex").await);
    create(&acme, "Ada Lovelace").await;
    create(&globex, "Bob").await;
    for parameter in ["search", "name_prefix"] {
        assert_eq!(found(&globex, parameter, "Ada").await, [""; 0]);
        assert_eq!(found(&acme, parameter, "Ada").await, ["Ada Lovelace"]);
        for counted in [(&acme, 1), (&globex, 0)] {
            let parameters = [(parameter, "ada"), ("count", "exact")];
            let page = counted.0.query(USERS, &parameters).await.expect(200);
            assert_eq!(page["count"], counted.1);
        }
    }
}

/// Under row level security an index is used only for conditions that are proved to disclose nothing.
#[tokio::test]
async fn a_prefix_is_looked_up_in_the_index() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let db = TenantDb::new(service.registry.lease(tenant.id).await.unwrap());
    let mut transaction = db.begin().await.unwrap();
    for off in [
        "SET LOCAL enable_seqscan = off",
        "SET LOCAL enable_bitmapscan = off",
    ] {
        sqlx::query(off).execute(&mut transaction).await.unwrap();
    }
    let folded = r#"(replace(lower('Ada' COLLATE "und-x-icu"), U&'\03C2', U&'\03C3') COLLATE "C")"#;
    let explain = format!(
        "EXPLAIN (COSTS OFF) SELECT id FROM app.users WHERE tenant_id = '{}'
             AND name_search >= {folded} AND name_search <= {folded} || repeat(U&'\\+10FFFF', 600)",
        tenant.id
    );
    let rows = sqlx::query(AssertSqlSafe(explain))
        .fetch_all(&mut transaction)
        .await
        .unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("users_name_search_idx"), "{plan}");
    let condition = plan.lines().find(|line| line.contains("Index Cond")).unwrap();
    assert!(
        condition.contains("name_search >=") && condition.contains("name_search <="),
        "{plan}"
    );
}

#[tokio::test]
async fn a_server_without_icu_is_refused_by_the_migration() {
    let databases = testkit::Databases::new().await;
    let mut superuser = databases.server().superuser(databases.data().as_str()).await;
    let drop = r#"DROP COLLATION pg_catalog."und-x-icu" CASCADE"#;
    superuser.execute(drop).await.unwrap();
    let refused = superuser.execute(MIGRATION).await.unwrap_err();
    let refused = refused.as_database_error().unwrap();
    assert_eq!(refused.code().as_deref(), Some("0A000"));
    assert!(refused.message().contains("has no ICU"), "{refused}");
}
