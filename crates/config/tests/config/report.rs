//! The report of `config check`: values, their origins, and what is wrong.

use config::{self, Environment, Inputs, Purpose, Report};
use serde_json::{Value, json};

use crate::{file, variables, write_secret};

fn check(inputs: &Inputs) -> Report {
    config::check(inputs, Purpose::Serve)
}

fn row(report: &Report, key: &str) -> Value {
    let row = report
        .keys
        .iter()
        .find(|row| row.key == key)
        .expect("every key has a row");
    serde_json::to_value(row).unwrap()
}

#[test]
fn every_value_says_where_it_came_from() {
    let (folder, mut inputs) = file("dev.toml", "[registry]\nidle_timeout = '5m'\n");
    let path = folder.path().join("dev.toml").to_str().unwrap().to_owned();
    let secret = folder.path().join("password");
    write_secret(&secret, "secret");
    inputs.environment = Environment::of([
        ("TENANTRY_PROFILE", "dev"),
        ("TENANTRY_DATA_CLUSTER__PORT", "6432"),
        ("TENANTRY_ADMIN_PLANE__TOKEN", "secret"),
        (
            "TENANTRY_CONTROL_STORE__SERVICE_PASSWORD_FILE",
            secret.to_str().unwrap(),
        ),
    ]);
    inputs.overrides = vec!["log.filter=debug".into()];
    let report = check(&inputs);
    assert!(report.is_valid(), "{report}");
    assert_eq!(report.profile, Some("dev"));
    assert_eq!(
        json!(report.profile_from),
        json!({"kind": "environment", "name": "TENANTRY_PROFILE"})
    );
    assert_eq!(report.files, std::slice::from_ref(&path));
    for (key, value, secret, kind, name) in [
        (
            "tenant_plane.body_limit",
            json!(65536),
            false,
            "built-in",
            "default.toml",
        ),
        (
            "tenant_plane.trusted_networks",
            json!(["127.0.0.0/8", "::1/128"]),
            false,
            "built-in",
            "default.toml",
        ),
        ("log.format", json!("pretty"), false, "built-in", "dev.toml"),
        ("dev.seed", json!(true), false, "built-in", "dev.toml"),
        ("registry.idle_timeout", json!("5m"), false, "file", &path),
        (
            "data_cluster.port",
            json!(6432),
            false,
            "environment",
            "TENANTRY_DATA_CLUSTER__PORT",
        ),
        ("log.filter", json!("debug"), false, "flag", "--set"),
        (
            "admin_plane.token",
            json!("<redacted>"),
            true,
            "environment",
            "TENANTRY_ADMIN_PLANE__TOKEN",
        ),
        (
            "control_store.service_password",
            json!("<redacted>"),
            true,
            "secret-file",
            secret.to_str().unwrap(),
        ),
    ] {
        let row = row(&report, key);
        assert_eq!(row["value"], value, "{key}");
        assert_eq!(row["secret"], json!(secret), "{key}");
        assert_eq!(row["from"], json!({"kind": kind, "name": name}), "{key}");
    }
    assert_eq!(
        row(&report, "data_cluster.service_password"),
        json!({
            "key": "data_cluster.service_password",
            "value": null,
            "secret": true,
            "from": null,
            "variable": "TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD",
        })
    );
}

#[test]
fn the_table_is_aligned_and_has_every_key() {
    let report = check(&variables([("TENANTRY_DATA_CLUSTER__PORT", "6432")]));
    let text = report.to_string();
    assert!(
        text.starts_with("profile dev (the default)\n\nlog.format  "),
        "{text}"
    );
    assert!(text.ends_with("\n\nThe configuration is valid."), "{text}");
    let line = |key: &str| {
        text.lines()
            .find(|line| line.split(' ').next() == Some(key))
            .unwrap()
    };
    let value = line("data_cluster.port").find("6432").unwrap();
    let from = line("data_cluster.port")
        .find("variable TENANTRY_DATA_CLUSTER__PORT")
        .unwrap();
    for row in &report.keys {
        let line = line(&row.key);
        assert_eq!(
            line.find("  ")
                .map(|gap| line[gap..].len() - line[gap..].trim_start().len() + gap),
            Some(value)
        );
        match &row.from {
            Some(origin) => assert_eq!(line.find(&origin.to_string()), Some(from), "{line}"),
            None => assert_eq!(&line[value..], "-", "{line}"),
        }
        assert_eq!(line, line.trim_end());
    }
}

#[test]
fn an_invalid_configuration_still_has_its_table() {
    let report = check(&variables([
        ("TENANTRY_PROFILE", "production"),
        ("TENANTRY_DATA_CLUSTER__PORT", "0"),
    ]));
    assert!(!report.is_valid());
    assert_eq!(row(&report, "data_cluster.port")["value"], json!(0));
    let text = report.to_string();
    assert!(
        text.contains("\n6 problems:\n  data_cluster.port: 0 is not an integer from 1 to 65535"),
        "{text}"
    );
    let problems = serde_json::to_value(&report).unwrap()["problems"].clone();
    assert_eq!(problems.as_array().map(Vec::len), Some(6));
    assert_eq!(
        problems[1],
        json!({"key": "control_store.host", "message": "control_store.host: missing; set TENANTRY_CONTROL_STORE__HOST"})
    );
}

#[test]
fn without_a_profile_there_is_the_problem_alone() {
    let report = check(&variables([("TENANTRY_PROFILE", "prod")]));
    assert!(!report.is_valid());
    assert!(report.keys.is_empty());
    assert_eq!(
        report.to_string(),
        "1 problem:\n  variable TENANTRY_PROFILE: unknown profile \"prod\": use dev or production"
    );
}
