//! The audit log: the service can append to it, and not change it.

use control_plane::{Actor, AuditAction, AuditEntry, AuditFilter, AuditOutcome, JsonText, Role, Store};
use futures_util::future::try_join_all;
use serde_json::json;
use sqlx::postgres::PgConnection;
use testkit::{Databases, in_store};
use uuid::Uuid;

use crate::support::{DENIED, one, run, sqlstate};

const ALL: &str = "SELECT string_agg(audit_log::text, E'\n' ORDER BY id) FROM control.audit_log";

fn store(databases: &Databases) -> Store {
    databases.control_plane().store().clone()
}

fn actor() -> Actor {
    Actor {
        name: "ops".to_owned(),
        token: Some(Uuid::now_v7()),
        role: Some(Role::Operator),
        source: Some("2001:db8::7".parse().unwrap()),
        request_id: Some("r-1".to_owned()),
    }
}

/// Inserts entries, one for each day up to `days` days ago.
async fn entries(session: &mut PgConnection, count: u32, days: u32) {
    run(
        session,
        &format!(
            "INSERT INTO control.audit_log (at, actor, action, outcome)
             SELECT now() - make_interval(days => {days} + {count} - n), 'old', 'test', 'done'
             FROM generate_series(1, {count}) AS n"
        ),
    )
    .await
    .unwrap();
}

async fn left(session: &mut PgConnection) -> i64 {
    one(session, "SELECT count(*) FROM control.audit_log").await
}

#[tokio::test]
async fn an_entry_is_read_unchanged() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let (actor, tenant) = (actor(), testkit::unknown_tenant());
    let entry = AuditEntry::done(&actor, AuditAction::TenantChange)
        .tenant(tenant)
        .target("x")
        .changed(
            Some(JsonText::of(&json!({"name": "a"}))),
            Some(JsonText::of(&json!({"name": "b"}))),
        );
    store.audit(&entry).await.unwrap();
    let read = store.audit_log(&AuditFilter::default(), 10).await.unwrap();
    let [read] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((&read.actor, read.token_id), (&actor.name, actor.token));
    assert_eq!(read.role.as_deref(), Some("operator"));
    assert_eq!(read.source.as_deref(), Some("2001:db8::7"));
    assert_eq!(read.request_id.as_deref(), Some("r-1"));
    assert_eq!(
        (&*read.action, &*read.outcome, &read.code),
        ("tenant.change", "done", &None)
    );
    assert_eq!(
        (read.tenant_id, read.target.as_deref()),
        (Some(tenant.as_uuid()), Some("x"))
    );
    assert_eq!(
        (
            read.before.as_ref().map(JsonText::as_str),
            read.after.as_ref().map(JsonText::as_str)
        ),
        (Some(r#"{"name": "a"}"#), Some(r#"{"name": "b"}"#))
    );
}

#[tokio::test]
async fn filters_match_and_the_newest_entry_comes_first() {
    let databases = Databases::new().await;
    let store = store(&databases);
    let (ops, cli) = (actor(), Actor::service("command line"));
    let tenant = testkit::unknown_tenant();
    for entry in [
        AuditEntry::done(&ops, AuditAction::TenantCreate).tenant(tenant),
        AuditEntry::done(&cli, AuditAction::AdminTokenCreate),
        AuditEntry {
            outcome: AuditOutcome::Refused,
            ..AuditEntry::done(&ops, AuditAction::TenantPurge).tenant(tenant)
        },
    ] {
        store.audit(&entry).await.unwrap();
    }
    let actions = async |filter: AuditFilter| -> Vec<String> {
        let found = store.audit_log(&filter, 10).await.unwrap();
        found.into_iter().map(|entry| entry.action).collect()
    };
    let none = AuditFilter::default;
    assert_eq!(
        actions(none()).await,
        ["tenant.purge", "admin_token.create", "tenant.create"]
    );
    let tenants = AuditFilter {
        tenant: Some(tenant),
        ..none()
    };
    assert_eq!(actions(tenants).await, ["tenant.purge", "tenant.create"]);
    let by_cli = AuditFilter {
        actor: Some("command line".to_owned()),
        ..none()
    };
    assert_eq!(actions(by_cli).await, ["admin_token.create"]);
    let created = AuditFilter {
        action: Some(AuditAction::TenantCreate),
        ..none()
    };
    assert_eq!(actions(created).await, ["tenant.create"]);
    let refused = AuditFilter {
        outcome: Some(AuditOutcome::Refused),
        ..none()
    };
    assert_eq!(actions(refused).await, ["tenant.purge"]);

    let all = store.audit_log(&none(), 10).await.unwrap();
    let (newest, middle) = (&all[0], &all[1]);
    let since = AuditFilter {
        since: Some(middle.at),
        ..none()
    };
    assert_eq!(actions(since).await, ["tenant.purge", "admin_token.create"]);
    let until = AuditFilter {
        until: Some(middle.at),
        ..none()
    };
    assert_eq!(actions(until).await, ["tenant.create"]);
    let older = AuditFilter {
        below: Some(newest.id),
        ..none()
    };
    assert_eq!(actions(older).await, ["admin_token.create", "tenant.create"]);
    assert_eq!(store.audit_log(&none(), 1).await.unwrap().len(), 1);
}

/// Tries every statement with the service's login, with an entry for each of the last thirty days.
#[tokio::test]
async fn the_service_can_append_to_the_log_only() {
    let databases = Databases::new().await;
    let mut superuser = in_store(&databases).await;
    entries(&mut superuser, 30, 0).await;
    let before: String = one(&mut superuser, ALL).await;
    let server = databases.server();
    let mut service = server
        .connect(server.service(), databases.control().as_str())
        .await
        .unwrap();
    for sql in [
        "UPDATE control.audit_log SET actor = 'x'",
        "UPDATE control.audit_log SET after = NULL WHERE false",
        "DELETE FROM control.audit_log",
        "DELETE FROM control.audit_log WHERE at < now() - interval '20 days'",
        "TRUNCATE control.audit_log",
        "MERGE INTO control.audit_log AS log USING (VALUES (1)) AS v (id) ON log.id = v.id WHEN MATCHED THEN DELETE",
        "SELECT * FROM control.audit_log FOR UPDATE",
        "DO $$ BEGIN LOCK TABLE control.audit_log IN ACCESS EXCLUSIVE MODE; END $$",
        "ALTER TABLE control.audit_log ADD COLUMN x text",
        "ALTER TABLE control.audit_log DISABLE TRIGGER ALL",
        "ALTER TABLE control.audit_log OWNER TO tenantry_service",
        "ALTER TABLE control.audit_log ENABLE ROW LEVEL SECURITY",
        "DROP TABLE control.audit_log",
        "CREATE INDEX ON control.audit_log (actor)",
        "CREATE RULE nothing AS ON INSERT TO control.audit_log DO INSTEAD NOTHING",
        "CREATE TRIGGER nothing BEFORE INSERT ON control.audit_log EXECUTE FUNCTION control.count_change()",
        "INSERT INTO control.audit_log (at, actor, action, outcome) VALUES ('2000-01-01', 'x', 'x', 'done')",
        "INSERT INTO control.audit_log (id, actor, action, outcome) OVERRIDING SYSTEM VALUE VALUES (1, 'x', 'x', 'done')",
        "COPY control.audit_log FROM STDIN",
        "SELECT setval('control.audit_log_id_seq', 1)",
        "ALTER SEQUENCE control.audit_log_id_seq RESTART",
        "CREATE OR REPLACE FUNCTION control.trim_audit_log(days integer, most integer) RETURNS bigint
            LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION control.trim_audit_log(integer, integer) SECURITY INVOKER",
        "SET session_replication_role = replica",
        "SET ROLE tenantry_owner",
    ] {
        // MERGE came with PostgreSQL 15.
        let error = run(&mut service, sql).await.expect_err(sql);
        let refused = [DENIED, "42601"].contains(&&*sqlstate(&error));
        assert!(
            refused && (sqlstate(&error) == DENIED || sql.starts_with("MERGE")),
            "{sql}: {error}"
        );
    }
    // Trimming spares the last thirty days whatever the argument is.
    for days in ["0", "-1", "-2000000000", "NULL", "29", "30"] {
        for most in ["1000", "NULL"] {
            let trim = format!("SELECT control.trim_audit_log({days}, {most})");
            assert_eq!(one::<i64>(&mut service, &trim).await, 0, "{trim}");
        }
    }
    assert_eq!(one::<String>(&mut superuser, ALL).await, before);
    let added = "INSERT INTO control.audit_log (actor, action, outcome) VALUES ('x', 'x', 'done')";
    run(&mut service, added).await.unwrap();
    assert_eq!(left(&mut superuser).await, 31);
}

#[tokio::test]
async fn old_entries_are_trimmed_in_batches_concurrently() {
    let databases = Databases::new().await;
    let (replicas, mut session) = ([store(&databases), store(&databases)], in_store(&databases).await);
    // One entry for each day from 10 to 109 days ago.
    entries(&mut session, 100, 10).await;
    assert_eq!(replicas[0].trim_audit_log(60, 5).await.unwrap(), 5);
    let trims = (0..8).map(|number| replicas[number % 2].trim_audit_log(60, 10));
    let trimmed = try_join_all(trims).await.unwrap();
    assert!(trimmed.iter().all(|&count| count <= 10), "{trimmed:?}");
    while replicas[0].trim_audit_log(60, 10).await.unwrap() > 0 {}
    assert_eq!(left(&mut session).await, 50);
    // Even with a shorter retention.
    assert_eq!(replicas[0].trim_audit_log(1, 1000).await.unwrap(), 30);
    assert_eq!(left(&mut session).await, 20);
}
