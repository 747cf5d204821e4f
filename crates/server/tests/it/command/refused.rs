//! Failures of commands: messages and exit codes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::operator::{Operator, run};

#[tokio::test]
async fn refusals_of_the_service_are_readable() {
    let operator = Operator::new().await;
    operator.json(&["tenant", "create", "acme"]).await;
    let error = operator.fails(1, &["tenant", "create", "acme"]).await;
    assert!(
        error.starts_with("tenantry: There is a tenant of that name or id (TENANT_EXISTS): "),
        "{error}"
    );
    assert!(error.contains("\n  request "), "{error}");
    let error = operator
        .fails(
            1,
            &["tenant", "create", " b", "--max-connections", "63", "--json"],
        )
        .await;
    assert!(
        error.contains("(VALIDATION)")
            && error.contains("\n  name ")
            && error.contains("\n  max_connections "),
        "{error}"
    );
    let unknown_tenant = testkit::unknown_tenant().to_string();
    let error = operator.fails(1, &["tenant", "show", &unknown_tenant]).await;
    assert!(error.contains("TENANT_UNKNOWN"), "{error}");
    // A name must match in full.
    let error = operator.fails(1, &["tenant", "suspend", "acm"]).await;
    assert!(error.contains("no tenant is named \"acm\""), "{error}");
}

#[tokio::test]
async fn delete_and_purge_without_a_terminal_require_yes() {
    let operator = Operator::new().await;
    let made = operator.json(&["tenant", "create", "acme"]).await;
    for command in ["delete", "purge"] {
        let error = operator.fails(2, &["tenant", command, "acme"]).await;
        assert!(error.contains("--yes"), "{error}");
    }
    assert_eq!(operator.json(&["tenant", "show", "acme"]).await, made);
}

#[tokio::test]
async fn wrong_usage_is_told_before_anything_is_sent() {
    let operator = Operator::new().await;
    let id = testkit::unknown_tenant().to_string();
    for arguments in [
        &["tenant", "create"][..],
        &["tenant", "change", "acme"],
        &[
            "tenant",
            "change",
            "acme",
            "--external-id",
            "a",
            "--no-external-id",
        ],
        &["tenant", "create", "acme", "--metadata", "[]"],
        &["tenant", "list", "--state", "asleep"],
        &["tenant", "list", "--limit", "501"],
        &["tenant", "delete", "acme", "--grace", "90m"],
        &["tenant", "suspend", "acme", "--no-wait", "--wait-timeout", "1s"],
        &["api-key", "expire", &id, "tomorrow"],
        &["operation", "show", "acme"],
        &["audit", "list", "--outcome", "odd"],
        &["tenant", "list", "--url", "admin.example.org"],
        &["tenant", "list", "--url", "https://ops:secret@admin.example.org"],
        &["tenant", "list", "--token", "secret"],
        &["completions", "cmd"],
    ] {
        let error = operator.fails(2, arguments).await;
        assert!(error.contains("error:"), "{arguments:?}: {error}");
    }
    let mut command = operator.command(&["tenant", "list"]);
    command.env("TENANTRY_ADMIN_URL", "admin.example.org");
    let said = run(command).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.err.contains("TENANTRY_ADMIN_URL must be a URL such as "),
        "{said:?}"
    );
    for (arguments, says) in [
        (&["api-key", "show", "acme"][..], "no id such as "),
        (
            &["tenant", "list", "--request-timeout", "5 nights"],
            "no duration such as ",
        ),
    ] {
        let error = operator.fails(2, arguments).await;
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn tokens_come_from_a_file_or_the_environment() {
    let operator = Operator::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, wrong, empty) = (
        file("good", &format!("{}\n", crate::support::ADMIN_TOKEN)),
        file("wrong", "xxxxx"),
        file("empty", "\n"),
    );
    // The file goes before the environment, which has a good one.
    operator.text(&["tenant", "list", "--token-file", &good]).await;
    let error = operator
        .fails(4, &["tenant", "list", "--token-file", &wrong])
        .await;
    assert!(
        error.contains("UNAUTHENTICATED") && error.contains(&format!("the token is from {wrong} ")),
        "{error}"
    );
    assert!(!error.contains("Bearer"), "{error}");
    operator
        .fails(4, &["tenant", "list", "--token-file", &empty])
        .await;
    let error = operator
        .fails(1, &["tenant", "list", "--token-file", "/nonexistent"])
        .await;
    assert!(error.contains("/nonexistent"), "{error}");

    // Without either, the token in the folder is only for the service on this machine.
    for (url, code) in [("https://admin.example.org", 4), ("http://127.0.0.1:1", 3)] {
        let mut command = operator.command(&["tenant", "list", "--url", url]);
        command
            .env_remove("TENANTRY_ADMIN_TOKEN")
            .env("TENANTRY_ADMIN_PLANE__TOKEN", "of-the-service-here");
        let said = run(command).await;
        assert_eq!(said.code, Some(code), "{url}: {said:?}");
        assert!(!said.err.contains("of-the-service-here"), "{said:?}");
    }
}
