//! Commands at a terminal: questions, colours, widths, progress, Ctrl-C.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::operator::Operator;
use super::pty::Terminal;
use crate::support::{Locked, until};

const WIDE: u16 = 200;

fn at(operator: &Operator, columns: u16, arguments: &[&str]) -> Terminal {
    Terminal::start(operator.command(arguments), columns)
}

async fn state(operator: &Operator, tenant: &str) -> Value {
    operator.json(&["tenant", "show", tenant]).await["state"].clone()
}

#[tokio::test]
async fn deletions_are_confirmed() {
    let operator = Operator::new().await;
    let made = operator.json(&["tenant", "create", "acme"]).await;
    let id = made["id"].as_str().unwrap();
    for (answer, code, after) in [("n", 1, "active"), ("", 1, "active"), ("y", 0, "offboarding")] {
        let mut terminal = at(&operator, WIDE, &["tenant", "delete", id]);
        // An id is shown with the name of its tenant.
        terminal.shows("Delete the tenant acme (").await;
        // With the end of the grace period: a week by default.
        terminal.shows("Its data is lost for good in 7 days, at 20").await;
        terminal.type_line(answer);
        let (ended, screen) = terminal.ends().await;
        assert_eq!(ended, Some(code), "{answer:?}: {screen}");
        assert_eq!(state(&operator, id).await, after, "{answer:?}");
    }
    // The service set that time; a second question shows it.
    let deleted = operator.json(&["tenant", "show", id]).await;
    let moment = |field: &str| OffsetDateTime::parse(deleted[field].as_str().unwrap(), &Rfc3339).unwrap();
    let kept = moment("purge_at") - moment("created_at");
    assert!((kept.whole_minutes() - 7 * 24 * 60).abs() <= 5, "{kept}");
    let mut terminal = at(&operator, WIDE, &["tenant", "delete", id]);
    let told = format!("lost for good at {}", deleted["purge_at"].as_str().unwrap());
    terminal.shows(&told).await;
    terminal.type_line("n");
    terminal.ends().await;

    operator.json(&["tenant", "create", "globex"]).await;
    for (answer, code, after) in [("y", 1, "active"), ("globex", 0, "purged")] {
        let before = operator.json(&["tenant", "show", "globex"]).await;
        let mut terminal = at(&operator, WIDE, &["tenant", "delete", "globex", "--grace", "0h"]);
        // Without a grace period the question is that of a purge.
        terminal
            .shows("with no grace period? Its data is lost for good. Type its name")
            .await;
        terminal.type_line(answer);
        let (ended, screen) = terminal.ends().await;
        assert_eq!(ended, Some(code), "{answer:?}: {screen}");
        let id = before["id"].as_str().unwrap();
        until(async || state(&operator, id).await == after).await;
    }
    for (answer, code, after) in [
        ("y", 1, "offboarding"),
        ("acm", 1, "offboarding"),
        ("acme", 0, "purged"),
    ] {
        let mut terminal = at(&operator, WIDE, &["tenant", "purge", "acme"]);
        terminal.shows("Type its name to go on: ").await;
        terminal.type_line(answer);
        let (ended, screen) = terminal.ends().await;
        assert_eq!(ended, Some(code), "{answer:?}: {screen}");
        assert_eq!(screen.contains("nothing was changed"), code == 1, "{screen}");
        assert_eq!(state(&operator, id).await, after, "{answer:?}");
    }
}

#[tokio::test]
async fn tables_fit_the_terminal_and_have_its_colours() {
    let operator = Operator::new().await;
    let name = format!("{}end", "long ".repeat(19));
    operator.json(&["tenant", "create", &name]).await;
    let (code, screen) = at(&operator, 130, &["tenant", "list"]).ends().await;
    assert_eq!(code, Some(0), "{screen}");
    assert!(
        screen.contains("\x1b[32mactive\x1b[0m") && screen.contains('…'),
        "{screen}"
    );
    for line in without_colours(&screen).lines() {
        assert!(line.chars().count() <= 130, "{line}");
    }

    let mut command = operator.command(&["tenant", "list"]);
    command.env("NO_COLOR", "1");
    let (_, screen) = Terminal::start(command, 300).ends().await;
    assert!(screen.contains(&name) && !screen.contains('\x1b'), "{screen}");
}

#[tokio::test]
async fn the_audit_log_can_be_read_on_a_narrow_screen() {
    let operator = Operator::new().await;
    operator.fails(1, &["tenant", "create", " "]).await;
    let (_, screen) = at(&operator, 80, &["audit", "list"]).ends().await;
    let plain = without_colours(&screen);
    for shown in ["tenant.create", "refused", "VALIDATION", "TENANT"] {
        assert!(plain.contains(shown), "{shown}: {screen}");
    }
    for line in plain.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[tokio::test]
async fn every_list_is_one_line_a_row_on_a_narrow_terminal() {
    let operator = Operator::new().await;
    let name = "acme-production-eu";
    let tenant = operator.service.tenant(name).await;
    operator
        .service
        .client(&tenant)
        .get("/v1/internal/users")
        .await
        .expect(200);
    operator
        .json(&["api-key", "create", name, "continuous integration"])
        .await;
    let token = json!({"name": "continuous-integration", "role": "operator"});
    operator
        .service
        .operator()
        .post("/admin/v1/admin-tokens", &token)
        .await
        .expect(201);
    operator.json(&["tenant", "suspend", name]).await;
    for width in [80, 120] {
        for (noun, shown) in [
            ("tenant", &["ID", "NAME", "STATE", "acme-production-eu"][..]),
            ("api-key", &["ID", "TENANT", "NAME", "REVOKED"]),
            ("admin-token", &["ID", "NAME", "ROLE", "REVOKED"]),
            ("operation", &["ID", "KIND", "TENANT", "STATE", "suspend"]),
            ("pool", &["TENANT", "LEASES", "IN USE", "WAITING"]),
            (
                "audit",
                &[
                    "AT",
                    "ACTOR",
                    "ACTION",
                    "OUTCOME",
                    "TENANT",
                    "tenant.suspend",
                    "acme-pro",
                ],
            ),
        ] {
            let (code, screen) = at(&operator, width, &[noun, "list"]).ends().await;
            assert_eq!(code, Some(0), "{noun}: {screen}");
            let plain = without_colours(&screen);
            let table = plain
                .rsplit_once("\n\n")
                .map_or(plain.as_str(), |(_, table)| table);
            for text in shown {
                assert!(table.contains(text), "{noun} at {width}, {text}: {table}");
            }
            let items = operator.json(&[noun, "list"]).await["items"]
                .as_array()
                .unwrap()
                .len();
            assert_eq!(table.lines().count(), items + 1, "{noun}: {table}");
            for line in plain.lines() {
                assert!(line.chars().count() <= width.into(), "{noun} at {width}: {line}");
            }
        }
    }
}

/// The screen as it looks, with line feeds alone.
fn without_colours(screen: &str) -> String {
    let mut plain = screen.replace('\r', "");
    for escape in ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"] {
        plain = plain.replace(escape, "");
    }
    plain
}

#[tokio::test]
async fn a_long_operation_is_watched_left_alone_and_found_again() {
    let operator = Operator::new().await;
    operator.json(&["tenant", "create", "acme"]).await;
    operator.json(&["tenant", "delete", "acme", "--yes"]).await;
    let locked = Locked::users(&operator.service).await;

    let terminal = at(&operator, WIDE, &["tenant", "purge", "acme", "--yes"]);
    terminal.shows("purge: remove_rows, ").await;
    terminal.interrupt();
    let (code, screen) = terminal.ends().await;
    assert_eq!(code, Some(130), "{screen}");
    let hint = screen.split_once("`tenantry operation wait ").unwrap().1;
    let operation = &hint[..36];

    let shown = operator.json(&["operation", "show", operation]).await;
    assert_eq!(
        (&shown["kind"], &shown["state"]),
        (&"purge".into(), &"running".into())
    );
    let error = operator
        .fails(1, &["operation", "wait", operation, "--wait-timeout", "200ms"])
        .await;
    assert!(
        error.contains("and continues") && error.contains(operation),
        "{error}"
    );
    // The line shows why the step fails.
    until(async || operator.json(&["operation", "show", operation]).await["attempts"] != 0).await;
    let terminal = at(&operator, WIDE, &["operation", "wait", operation]);
    terminal.shows(" times: ").await;
    let retried = operator
        .json(&["operation", "retry", operation, "--no-wait"])
        .await;
    assert_eq!(
        (&retried["id"], &retried["state"]),
        (&operation.into(), &"running".into())
    );

    locked.release().await;
    let (code, screen) = terminal.ends().await;
    assert_eq!(code, Some(0), "{screen}");
    // The line of progress is cleared, and the operation is shown.
    let end = screen.rsplit_once("\x1b[2K").unwrap().1;
    assert!(end.starts_with("id  ") && end.contains("succeeded"), "{screen}");
}
