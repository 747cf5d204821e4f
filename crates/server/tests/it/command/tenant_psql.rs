//! `tenantry db psql --tenant`: a session that sees one tenant's rows.

use std::path::Path;

use serde_json::Value;

use super::doctor::has_psql;
use super::process::{Folder, Process, output};

/// psql prints values alone, one row a line.
const PLAIN: [&str; 4] = ["--no-psqlrc", "--tuples-only", "--no-align", "--command"];

/// A folder with a service, and the ids of its demo tenants.
async fn serving() -> (Folder, Process, [String; 2]) {
    let folder = Folder::new();
    let mut service = folder.serve();
    let tenants = service.banner().await.tenants;
    (folder, service, tenants)
}

/// What the session answers.
async fn ask(folder: &Folder, tenant: &str, sql: &str) -> (Option<i32>, String, String) {
    let arguments = [&["db", "psql", "--tenant", tenant, "--"][..], &PLAIN, &[sql]].concat();
    output(folder.command(&arguments)).await
}

#[tokio::test]
async fn the_session_is_the_tenants_and_sees_its_rows_alone() {
    if !has_psql() {
        return;
    }
    let (folder, service, tenants) = serving().await;
    for (name, id) in ["acme", "globex"].into_iter().zip(&tenants) {
        let login = format!("tn_{}_a", id.replace('-', ""));
        for tenant in [name, id] {
            let (code, out, err) = ask(
                &folder,
                tenant,
                "SELECT session_user, count(*), min(tenant_id::text), max(tenant_id::text) FROM users",
            )
            .await;
            assert_eq!(code, Some(0), "{err}");
            assert_eq!(out.trim(), format!("{login}|3|{id}|{id}"));
            // The command names the tenant and its login.
            for said in [name, id, &login, "tenantry_data"] {
                assert!(err.contains(said), "{said}: {err}");
            }
        }
    }
    // Nor can it become another, or see the control store.
    let (code, _, err) = ask(&folder, "acme", "SET ROLE tenantry_owner").await;
    assert_eq!(code, Some(1));
    assert!(err.contains("permission denied"), "{err}");
    let (code, _, err) = ask(&folder, "acme", r"\connect tenantry_control").await;
    assert_ne!(code, Some(0), "{err}");
    service.stop().await;

    // Without the service as well.
    let (code, out, err) = ask(&folder, "acme", "SELECT count(*) FROM app.users").await;
    assert_eq!((code, out.trim()), (Some(0), "3"), "{err}");
}

#[tokio::test]
async fn the_password_is_no_argument_and_is_not_shown() {
    if !has_psql() || !Path::new("/proc/self/cmdline").exists() {
        return;
    }
    let (folder, service, _) = serving().await;
    // The parent of psql's shell is psql, and that one's is the command.
    let (code, password, err) = ask(&folder, "acme", r"\! printenv PGPASSWORD").await;
    assert_eq!((code, password.trim().len()), (Some(0), 43), "{err}");
    let shown = r"\! tr '\0' ' ' < /proc/$PPID/cmdline; tr '\0' ' ' < /proc/$(ps -o ppid= -p $PPID | tr -d ' ')/cmdline";
    let (code, arguments, shown) = ask(&folder, "acme", shown).await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        arguments.contains("--username") && arguments.contains("--tenant acme"),
        "{arguments}"
    );
    for text in [&arguments, &shown, &err] {
        assert!(!text.contains(password.trim()), "{text}");
    }
    let (_, log) = service.stop().await;
    assert!(!log.contains(password.trim()), "{log}");
}

#[tokio::test]
async fn the_audit_log_has_each_session() {
    if !has_psql() {
        return;
    }
    let (folder, service, tenants) = serving().await;
    let (code, _, err) = ask(&folder, "globex", "SELECT 1").await;
    assert_eq!(code, Some(0), "{err}");
    let list = ["audit", "list", "--action", "tenant.session", "--json"];
    let (_, listed, err) = output(folder.command(&list)).await;
    let listed: Value = serde_json::from_str(&listed).unwrap_or_else(|error| panic!("{error}: {err}"));
    let [entry] = &listed["items"].as_array().unwrap()[..] else {
        panic!("{listed}")
    };
    assert_eq!(entry["actor"], "command line");
    assert_eq!(entry["tenant_id"], tenants[1].as_str());
    service.stop().await;
}

#[tokio::test]
async fn a_tenant_that_is_not_served_gets_no_session() {
    let (folder, service, _) = serving().await;
    let (code, _, err) = output(folder.command(&["tenant", "suspend", "acme"])).await;
    assert_eq!(code, Some(0), "{err}");
    for (tenant, why) in [
        ("acme", "suspended"),
        ("unknown", "there is no tenant \"unknown\""),
        ("d0c7d0c7-d0c7-4d0c-8000-00000000000a", "there is no tenant d0c7"),
    ] {
        let (code, out, err) = output(folder.command(&["db", "psql", "--tenant", tenant])).await;
        assert_eq!(code, Some(1), "{err}");
        assert!(out.is_empty() && err.contains(why), "{err}");
    }
    let control = output(folder.command(&["db", "psql", "control", "--tenant", "globex"])).await;
    assert_eq!(control.0, Some(2), "{control:?}");
    service.stop().await;
}
