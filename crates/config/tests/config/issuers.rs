//! `tenant_plane.jwt.issuers`: issuers of JSON Web Tokens.

use std::time::Duration;

use config::{self, Inputs, Purpose};

use crate::{file, flags, load, problem, problems, variables, write_secret};

const INLINE: &str = r#"[{ issuer = "https://a.test/", audiences = ["x", "y"], jwks_url = "https://a.test/keys", leeway = "2s" }]"#;

/// Flags that set this list.
fn set(list: &str) -> Inputs {
    flags([format!("tenant_plane.jwt.issuers={list}").as_str()])
}

#[test]
fn tables_in_a_file_and_a_list_in_a_variable() {
    let text = r#"
[tenant_plane]
body_limit = 1024

[[tenant_plane.jwt.issuers]]
issuer = "https://a.test/"
audiences = ["x", "y"]
jwks_url = "https://a.test/keys"
leeway = "2s"

[[tenant_plane.jwt.issuers]]
issuer = "https://b.test/"
audiences = ["x"]
jwks_url = "http://127.0.0.1:8000/keys"
"#;
    let (_folder, inputs) = file("dev.toml", text);
    let settings = load(&inputs).settings.tenant_plane;
    assert_eq!(
        (settings.limits.body_limit, settings.jwt_issuers.len()),
        (1024, 2)
    );
    let by_variable = variables([("TENANTRY_TENANT_PLANE__JWT__ISSUERS", INLINE)]);
    let first = load(&by_variable).settings.tenant_plane.jwt_issuers;
    assert_eq!(first.len(), 1);
    for issuers in [&settings.jwt_issuers, &first] {
        assert_eq!(issuers[0].issuer, "https://a.test/");
        assert_eq!(issuers[0].audiences, ["x", "y"]);
        assert_eq!(issuers[0].leeway, Duration::from_secs(2));
        assert_eq!(issuers[0].refresh, Duration::from_mins(10));
    }
    assert!(
        load(&Inputs::default())
            .settings
            .tenant_plane
            .jwt_issuers
            .is_empty()
    );
}

#[test]
fn an_error_names_the_issuer_and_its_key() {
    let good = r#"issuer = "https://a.test/", audiences = ["x"], jwks_url = "https://a.test/keys""#;
    for (list, start) in [
        (
            r#"[{ issuer = "https://a.test/", jwks_url = "https://a.test/keys" }]"#.to_owned(),
            "[0].audiences: missing",
        ),
        (format!("[{{ {good}, ca = \"x\" }}]"), "[0].ca: unknown key"),
        (
            format!("[{{ {good}, leeway = \"6s\" }}]"),
            "[0].leeway: must be at most 5s",
        ),
        (format!("[{{ {good}, leeway = 6 }}]"), "[0].leeway: "),
        (
            format!("[{{ {good}, algorithms = [\"HS256\"] }}]"),
            "[0].algorithms",
        ),
        (
            format!("[{{ {good}, keys_file = \"/nowhere\" }}]"),
            "[0].jwks_url: or keys_file must be set",
        ),
        (format!("[{{ {good}, ca_file = \"/nowhere\" }}]"), "[0].ca_file: "),
        (
            r#"[{ issuer = "https://a.test/", audiences = ["x"], keys_file = "/nowhere" }]"#.to_owned(),
            "[0].keys_file: ",
        ),
        (
            format!("[{{ {good} }}, {{ {good} }}]"),
            "[1].issuer: is configured twice",
        ),
        ("[1]".to_owned(), ": must be a list of tables"),
        ("x".to_owned(), ": must be a list of tables"),
    ] {
        let message = problem(&set(&list)).message;
        assert!(
            message.starts_with(&format!("tenant_plane.jwt.issuers{start}")),
            "{message}"
        );
        assert!(message.ends_with("(flag --set)"), "{message}");
    }
    let two = problems(&set("[{ issuer = \"\" }, { audiences = [] }]"));
    assert_eq!(two.list.len(), 2, "{two}");
}

#[test]
fn a_refused_list_is_not_shown() {
    let list =
        r#"[{ issuer = "https://a.test/", audiences = ["x"], jwks_url = "https://u:hidden@a.test/" }]"#;
    let report = config::check(&set(list), Purpose::Serve);
    assert!(!report.is_valid());
    let text = format!("{report} {}", serde_json::to_string(&report).unwrap());
    assert!(text.contains("<refused>") && !text.contains("hidden"), "{text}");
}

#[test]
fn files_are_read_where_the_service_is_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.pem");
    let list = format!(
        "[{{ issuer = \"https://a.test/\", audiences = [\"x\"], keys_file = \"{}\" }}]",
        path.display()
    );
    assert!(problem(&set(&list)).message.contains("keys_file"));
    assert!(config::load(&set(&list), Purpose::Client).is_ok());
    write_secret(&path, "no keys");
    assert!(problem(&set(&list)).message.contains("neither a JWK"));
    write_secret(
        &path,
        include_str!("../../../jwt-verifier/tests/it/fixtures/ed.pub.pem"),
    );
    load(&set(&list));
}
