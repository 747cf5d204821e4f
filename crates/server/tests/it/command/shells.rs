//! `tenantry completions`, `tenantry man` and `--help`: without a service, and without any configuration.

use std::fs;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::operator::run;
use super::process::{self, command};
use super::pty::Terminal;

/// In an empty folder, with an invalid configuration that must not matter.
async fn text(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), arguments);
    command
        .env("TENANTRY_REGISTRY__NONSENSE", "1")
        .env("PGOPTIONS", "-c role=postgres");
    let said = run(command).await;
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    assert!(said.err.is_empty(), "{arguments:?}: {said:?}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was made"
    );
    said.out
}

#[tokio::test]
async fn completions_are_scripts_that_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&["completions", shell]).await;
        for word in ["api-key", "undelete", "max-connections"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        // The shells that are here parse theirs; bash always is.
        let checks = ["bash", "zsh"].contains(&shell) && (shell == "bash" || has(shell).await);
        if checks {
            let mut checking = Command::new(shell)
                .arg("-n")
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            checking
                .stdin
                .take()
                .unwrap()
                .write_all(script.as_bytes())
                .await
                .unwrap();
            let checked = checking.wait_with_output().await.unwrap();
            assert!(checked.status.success(), "{shell}: {checked:?}");
        }
    }
}

#[tokio::test]
async fn every_command_has_a_page() {
    let page = text(&["man"]).await;
    assert!(
        page.contains(".TH tenantry 1") && page.contains("tenantry\\-tenant"),
        "{page}"
    );
    assert!(!page.contains("tenantry\\-help"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    assert_eq!(text(&["man", pages.to_str().unwrap()]).await, "");
    for name in [
        "tenantry",
        "tenantry-tenant",
        "tenantry-tenant-purge",
        "tenantry-audit-list",
        "tenantry-man",
    ] {
        let page =
            fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_else(|_| panic!("no {name}.1"));
        assert!(page.contains(".SH NAME") && page.len() > 300, "{name}: {page}");
        assert!(!page.contains("EXTRA"), "{name}: {page}");
    }
    // Examples are shown verbatim, one per line.
    let page = fs::read_to_string(pages.join("tenantry-tenant-delete.1")).unwrap();
    let examples = page.split_once(".SH EXAMPLES\n.nf\n").unwrap().1;
    let lines: Vec<&str> = examples.split_once("\n.fi").unwrap().0.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].trim() == "tenantry tenant delete acme",
        "{page}"
    );
    let all = fs::read_dir(&pages).unwrap().count();
    assert!(all > 35, "{all} pages");
}

#[tokio::test]
async fn help_says_how_commands_end_and_gives_examples() {
    let help = text(&["--help"]).await;
    for line in [
        "  3    the service cannot be reached",
        "  4    not authenticated, or not allowed",
    ] {
        assert!(help.contains(line), "{help}");
    }
    for noun in [
        "tenant",
        "plan",
        "api-key",
        "pool",
        "operation",
        "issuer",
        "audit",
        "admin-token",
    ] {
        let help = text(&[noun, "--help"]).await;
        assert!(help.contains("Examples:\n  tenantry "), "{noun}: {help}");
    }
}

#[tokio::test]
async fn examples_can_be_pasted_from_a_narrow_terminal() {
    for command in [
        &[][..],
        &["tenant"],
        &["tenant", "create"],
        &["tenant", "list"],
        &["tenant", "change"],
        &["tenant", "delete"],
        &["tenant", "purge"],
        &["plan"],
        &["plan", "create"],
        &["plan", "change"],
        &["api-key"],
        &["api-key", "create"],
        &["api-key", "expire"],
        &["pool"],
        &["operation"],
        &["issuer"],
        &["audit"],
        &["admin-token"],
        &["completions"],
        &["man"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let help = process::command(folder.path(), &[command, &["--help"]].concat());
        let (code, shown) = Terminal::start(help, 80).ends().await;
        assert_eq!(code, Some(0), "{shown}");
        let examples = shown.split_once("Examples:").unwrap().1.replace('\r', "");
        let examples = examples.split("\n\n").next().unwrap();
        let mut goes_on = false;
        for line in examples.lines().skip(1).filter(|line| !line.is_empty()) {
            // Every line begins a command, or is what a backslash leads to.
            let begins = if goes_on { "      " } else { "  tenantry" };
            assert!(line.starts_with(begins), "{command:?}: {line:?}");
            goes_on = line.ends_with('\\');
        }
    }
}

async fn has(program: &str) -> bool {
    let version = Command::new(program).arg("--version").output().await;
    version.is_ok_and(|output| output.status.success())
}
