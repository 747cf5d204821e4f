//! `tenantry doctor`, as an operator runs it.

use serde_json::Value;

use super::process::{Folder, output};

#[tokio::test]
async fn the_exit_code_tells_sound_from_found_from_not_examined() {
    let folder = Folder::new();
    // Where no database runs there is nothing to call sound.
    let (status, said, error) = output(folder.command(&["doctor"])).await;
    assert_eq!(status, Some(5), "{said}{error}");
    assert!(
        said.is_empty() && error.contains("no PostgreSQL runs"),
        "{said}{error}"
    );

    let mut service = folder.serve();
    service.banner().await;
    let (status, said, error) = output(folder.command(&["doctor"])).await;
    assert_eq!(status, Some(0), "{said}{error}");
    assert!(said.contains("Tenants are kept apart."), "{said}");
    let (status, said, error) = output(folder.command(&["doctor", "--json", "--no-probe"])).await;
    assert_eq!(status, Some(0), "{said}{error}");
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["sound"], true);
    assert!(
        report["probed"].is_null() && report["examined"].as_array().unwrap().len() == 2,
        "{report}"
    );

    if has_psql() {
        let ddl = "ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY";
        let (status, said, error) =
            output(folder.command(&["db", "psql", "data", "--", "--command", ddl])).await;
        assert_eq!(status, Some(0), "{said}{error}");
        let (status, said, _) = output(folder.command(&["doctor"])).await;
        assert_eq!(status, Some(1), "{said}");
        for line in [
            "RLS_NOT_FORCED",
            "NOT KEPT APART",
            "ALTER TABLE app.users FORCE ROW LEVEL SECURITY;",
        ] {
            assert!(said.contains(line), "{said}");
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn a_configuration_that_does_not_hold_is_not_taken_for_a_finding() {
    let folder = Folder::new();
    let (status, _, error) = output(folder.command(&["--profile", "production", "doctor"])).await;
    assert_eq!(status, Some(5));
    assert!(
        error.contains("control_store.host") && !error.contains("ring_file"),
        "{error}"
    );
}

pub(super) fn has_psql() -> bool {
    std::process::Command::new("psql")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}
