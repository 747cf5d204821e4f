//! `tenantry tenant` and `tenantry operation`: a tenant's whole life.

use serde_json::{Value, json};

use super::operator::Operator;

const SHOWN: [&str; 15] = [
    "id",
    "name",
    "external id",
    "state",
    "metadata",
    "max connections",
    "reserved connections",
    "plan",
    "limit overrides",
    "limits",
    "to be purged at",
    "login refused since",
    "version",
    "created",
    "updated",
];

fn id(document: &Value) -> &str {
    document["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_whole_life_by_name() {
    let operator = Operator::new().await;
    let made = operator
        .json(&[
            "tenant",
            "create",
            "acme",
            "--external-id",
            "crm-1",
            "--metadata",
            r#"{"plan": "gold"}"#,
            "--max-connections",
            "7",
            "--reserved-connections",
            "1",
        ])
        .await;
    assert_eq!(
        [
            &made["name"],
            &made["state"],
            &made["external_id"],
            &made["metadata"],
            &made["max_connections"]
        ],
        [
            &json!("acme"),
            &json!("active"),
            &json!("crm-1"),
            &json!({"plan": "gold"}),
            &json!(7)
        ]
    );
    // Named by its name or its id it is the same, and so is what the service itself answers.
    let answered = operator
        .service
        .operator()
        .get(&format!("/admin/v1/tenants/{}", id(&made)))
        .await
        .expect(200);
    assert_eq!(made, answered);
    assert_eq!(operator.json(&["tenant", "show", "acme"]).await, made);
    assert_eq!(operator.json(&["tenant", "show", id(&made)]).await, made);

    let changed = operator
        .json(&[
            "tenant",
            "change",
            "acme",
            "--name",
            "acme ltd",
            "--no-external-id",
            "--no-max-connections",
        ])
        .await;
    assert_eq!(
        [
            &changed["name"],
            &changed["external_id"],
            &changed["max_connections"],
            &changed["metadata"]
        ],
        [
            &json!("acme ltd"),
            &Value::Null,
            &Value::Null,
            &json!({"plan": "gold"})
        ]
    );
    for (command, state) in [
        (&["suspend"][..], "suspended"),
        (&["resume"], "active"),
        (&["delete", "--yes", "--grace", "36h"], "offboarding"),
        (&["undelete"], "active"),
        (&["delete", "--yes"], "offboarding"),
    ] {
        let led = operator
            .json(&[&["tenant"], command, &["acme ltd"]].concat())
            .await;
        assert_eq!(led["state"], state, "{command:?}");
        assert_eq!(led["purge_at"].is_null(), state != "offboarding", "{command:?}");
    }
    let purged = operator.json(&["tenant", "purge", "acme ltd", "--yes"]).await;
    assert_eq!((&purged["id"], &purged["state"]), (&made["id"], &json!("purged")));
    let error = operator.fails(1, &["tenant", "show", "acme ltd"]).await;
    assert!(error.contains("no tenant is named \"acme ltd\""), "{error}");
}

/// Whatever stands in one tenant's metadata, the others are listed, and its numbers are those that were written.
#[tokio::test]
async fn odd_metadata_is_listed_with_the_rest() {
    let operator = Operator::new().await;
    let written = r#"{"a":94.95886283158103,"b":0.12345678901234567890123456789}"#;
    let create = ["tenant", "create", "acme", "--metadata", written];
    assert!(operator.text(&create).await.contains(written));
    for command in [&["tenant", "show", "acme"][..], &["tenant", "list", "--json"]] {
        let shown = operator.text(command).await.replace(": ", ":");
        assert!(shown.contains("94.95886283158103"), "{shown}");
        assert!(shown.contains("0.12345678901234567890123456789"), "{shown}");
    }
    operator.text(&["tenant", "create", "globex"]).await;
    let databases = &operator.service.databases;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(500), "]".repeat(500));
    sqlx::query("UPDATE control.tenants SET metadata = $1::text::jsonb WHERE name = 'acme'")
        .bind(deep)
        .execute(&mut store)
        .await
        .unwrap();
    for command in [
        &["tenant", "list"][..],
        &["tenant", "list", "--json"],
        &["audit", "list"],
    ] {
        let listed = operator.text(command).await;
        assert!(listed.contains("globex") || command[0] == "audit", "{listed}");
    }
}

#[tokio::test]
async fn tenants_are_shown_as_text() {
    let operator = Operator::new().await;
    let shown = operator
        .text(&["tenant", "create", "acme", "--metadata", r#"{"a":1}"#])
        .await;
    let fields: Vec<&str> = shown.lines().map(|line| line[..22].trim_end()).collect();
    assert_eq!(fields, SHOWN);
    assert!(shown.contains("\nname                  acme\n"), "{shown}");
    assert!(shown.contains("\nmetadata              {\"a\":1}\n"), "{shown}");
    assert_eq!(operator.text(&["tenant", "show", "acme"]).await, shown);
    for (command, state) in [
        (&["change", "--max-connections", "3"][..], "active"),
        (&["suspend"], "suspended"),
        (&["resume"], "active"),
        (&["delete", "--yes"], "offboarding"),
        (&["undelete"], "active"),
        (&["delete", "--yes"], "offboarding"),
        (&["purge", "--yes"], "purged"),
    ] {
        let led = operator.text(&[&["tenant"], command, &["acme"]].concat()).await;
        let line = format!("\nstate                 {state}\n");
        assert!(led.contains(&line), "{command:?}: {led}");
        // Colours are for terminals.
        assert!(!led.contains('\x1b'), "{led:?}");
    }
}

#[tokio::test]
async fn lists_page_by_page_and_whole() {
    let operator = Operator::new().await;
    for name in ["a-1", "a-2", "a-3", "東京"] {
        operator.json(&["tenant", "create", name]).await;
    }
    let table = operator.text(&["tenant", "list"]).await;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("ID "), "{table}");
    assert_eq!(lines.len(), 5, "{table}");
    assert!(lines[4].contains(" 東京  active "), "{table}");

    let first = operator.run(&["tenant", "list", "--limit", "3", "--json"]).await;
    let page: Value = serde_json::from_str(&first.out).unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert!(
        first.err.contains(&format!("--cursor {cursor}")) && first.err.contains("--all"),
        "{first:?}"
    );
    let rest = operator
        .json(&["tenant", "list", "--limit", "3", "--cursor", cursor])
        .await;
    assert_eq!(
        (&rest["items"][0]["name"], &rest["next_cursor"]),
        (&json!("東京"), &Value::Null)
    );

    // All pages, although each is short.
    let all = operator
        .run(&["tenant", "list", "--all", "--limit", "1", "--json"])
        .await;
    assert_eq!(all.err, "");
    let all: Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(all, operator.json(&["tenant", "list", "--all"]).await);
    assert_eq!(all["items"].as_array().unwrap().len(), 4);
    assert_eq!(all["next_cursor"], Value::Null);

    operator.json(&["tenant", "suspend", "a-2"]).await;
    for (filter, names) in [
        (&["--state", "suspended"][..], vec!["a-2"]),
        (&["--name-prefix", "a-"], vec!["a-1", "a-2", "a-3"]),
        (&["--external-id", "none"], vec![]),
    ] {
        let page = operator.json(&[&["tenant", "list"], filter].concat()).await;
        let items = page["items"].as_array().unwrap();
        let found: Vec<&str> = items
            .iter()
            .map(|tenant| tenant["name"].as_str().unwrap())
            .collect();
        assert_eq!(found, names, "{filter:?}");
    }
}

#[tokio::test]
async fn operations_are_shown_watched_and_found_again() {
    let operator = Operator::new().await;
    let begun = operator.json(&["tenant", "create", "acme", "--no-wait"]).await;
    assert_eq!(begun["kind"], "provision");
    let ended = operator.json(&["operation", "wait", id(&begun)]).await;
    assert_eq!(
        (&ended["id"], &ended["state"]),
        (&begun["id"], &json!("succeeded"))
    );
    assert_eq!(operator.json(&["operation", "show", id(&begun)]).await, ended);
    let shown = operator.text(&["operation", "show", id(&begun)]).await;
    assert!(shown.contains("\nstate            succeeded\n"), "{shown}");
    assert_eq!(operator.text(&["operation", "wait", id(&begun)]).await, shown);

    operator.json(&["tenant", "suspend", "acme"]).await;
    let listed = operator.json(&["operation", "list", "--tenant", "acme"]).await;
    let kinds: Vec<&Value> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["kind"])
        .collect();
    assert_eq!(kinds, ["suspend", "provision"]);
    let filtered = ["operation", "list", "--kind", "suspend", "--state", "succeeded"];
    assert_eq!(
        operator.json(&filtered).await["items"].as_array().unwrap().len(),
        1
    );
    let table = operator.text(&filtered).await;
    assert!(
        table.starts_with("ID ") && table.contains("  suspend  "),
        "{table}"
    );

    // What has ended is not tried again.
    let error = operator.fails(1, &["operation", "retry", id(&begun)]).await;
    assert!(
        error.contains("CONFLICT") && error.contains("succeeded"),
        "{error}"
    );
}

#[tokio::test]
async fn a_change_is_of_the_version_that_was_read() {
    let operator = Operator::new().await;
    operator.json(&["tenant", "create", "acme"]).await;
    let error = operator
        .fails(
            1,
            &["tenant", "change", "acme", "--name", "b", "--if-match", "999"],
        )
        .await;
    assert!(
        error.contains("PRECONDITION_FAILED") && error.contains("request "),
        "{error}"
    );
    let error = operator
        .fails(1, &["tenant", "suspend", "acme", "--if-match", "\"999\""])
        .await;
    assert!(error.contains("PRECONDITION_FAILED"), "{error}");
    let changed = operator
        .json(&["tenant", "change", "acme", "--name", "b", "--if-match", "*"])
        .await;
    assert_eq!(changed["name"], "b");
    // What is shown as the version is what is taken for it, once.
    let version = |shown: &str| {
        let line = shown.lines().find(|line| line.starts_with("version ")).unwrap();
        line["version".len()..].trim().to_owned()
    };
    let before = version(&operator.text(&["tenant", "show", "b"]).await);
    let change = [
        "tenant",
        "change",
        "b",
        "--max-connections",
        "3",
        "--if-match",
        &before,
    ];
    let after = version(&operator.text(&change).await);
    assert_ne!(before, after);
    let error = operator.fails(1, &change).await;
    assert!(
        error.contains("--if-match takes the version") && !error.contains("ETag"),
        "{error}"
    );
}
