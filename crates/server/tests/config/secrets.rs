//! The two forms of a secret.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use server::config::{self, Environment, Inputs, Key, Kind, Problem, Purpose, Settings};

use crate::{file, flags, load, problem, problems, variables};

fn exposed(secret: Option<&SecretString>) -> Option<&str> {
    secret.map(ExposeSecret::expose_secret)
}

/// Every secret of the settings by its key.
fn all(settings: &Settings) -> Vec<(&'static str, Option<&str>)> {
    let (control, data) = (&settings.control_store.cluster, &settings.data_cluster.cluster);
    vec![
        ("admin_plane.token", exposed(settings.admin_plane.token.as_ref())),
        (
            "control_store.service_password",
            exposed(control.service_password.as_ref()),
        ),
        (
            "control_store.migrator_password",
            exposed(control.migrator_password.as_ref()),
        ),
        (
            "control_store.bootstrap_password",
            exposed(control.bootstrap_password.as_ref()),
        ),
        (
            "data_cluster.service_password",
            exposed(data.service_password.as_ref()),
        ),
        (
            "data_cluster.migrator_password",
            exposed(data.migrator_password.as_ref()),
        ),
        (
            "data_cluster.bootstrap_password",
            exposed(data.bootstrap_password.as_ref()),
        ),
    ]
}

fn with_users(variables: impl IntoIterator<Item = (String, String)>) -> Inputs {
    let users = ["CONTROL_STORE", "DATA_CLUSTER"].map(|section| {
        (
            format!("TENANTRY_{section}__BOOTSTRAP_USER"),
            "postgres".to_owned(),
        )
    });
    Inputs {
        environment: Environment::of(variables.into_iter().chain(users)),
        ..Inputs::default()
    }
}

/// Each secret gets another value, so that none can land in another's place.
#[test]
fn every_secret_arrives_in_either_form() {
    let secrets: Vec<Key> = Key::all().filter(|key| key.kind() == Kind::Secret).collect();
    let folder = tempfile::tempdir().unwrap();
    let itself = with_users(
        secrets
            .iter()
            .map(|key| (key.variable(), format!("value of {key}"))),
    );
    let by_file = with_users(secrets.iter().map(|key| {
        let path = folder.path().join(key.to_string());
        fs::write(&path, format!("value of {key}\n")).unwrap();
        let form = key.file_form().expect("every secret has a _file form");
        (form.variable(), path.to_str().unwrap().to_owned())
    }));
    for inputs in [itself, by_file] {
        let settings = load(&inputs).settings;
        let all = all(&settings);
        assert_eq!(all.len(), secrets.len(), "a secret is missing from this test");
        for (key, secret) in all {
            assert_eq!(secret, Some(format!("value of {key}").as_str()));
        }
    }
}

#[test]
fn both_forms_at_once_are_an_error_that_names_both_sources() {
    let (folder, mut inputs) = file("dev.toml", "[admin_plane]\ntoken = 'x'\n");
    inputs.environment = Environment::of([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", "/run/token")]);
    assert_eq!(
        problem(&inputs).to_string(),
        format!(
            "admin_plane.token: given itself (file {}) and as a file (variable TENANTRY_ADMIN_PLANE__TOKEN_FILE); \
             give one of the two",
            folder.path().join("dev.toml").display()
        )
    );
}

#[test]
fn a_later_layer_replaces_a_secret() {
    let (_folder, mut inputs) = file("dev.toml", "[admin_plane]\ntoken = 'from file'\n");
    assert_eq!(all(&load(&inputs).settings)[0].1, Some("from file"));
    inputs.environment = Environment::of([("TENANTRY_ADMIN_PLANE__TOKEN", "from variable")]);
    assert_eq!(all(&load(&inputs).settings)[0].1, Some("from variable"));
}

#[test]
fn a_secrets_file_that_cannot_be_used_names_key_file_and_source() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    for (path, reason) in [
        (Path::new("/nowhere/at/all"), "cannot be read: No such file"),
        (folder.path(), "cannot be read: Is a directory"),
        (&empty, "is empty"),
    ] {
        let path = path.to_str().unwrap();
        let error = problem(&variables([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", path)])).to_string();
        assert!(
            error.starts_with(&format!("admin_plane.token_file: {path:?} {reason}")),
            "{error}"
        );
        assert!(
            error.ends_with("(variable TENANTRY_ADMIN_PLANE__TOKEN_FILE)"),
            "{error}"
        );
    }
}

#[test]
fn an_empty_secret_is_refused_in_either_form() {
    let error = problem(&variables([("TENANTRY_ADMIN_PLANE__TOKEN", "")])).to_string();
    assert_eq!(
        error,
        "admin_plane.token: must not be empty (variable TENANTRY_ADMIN_PLANE__TOKEN)"
    );
    let error = problem(&variables([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", "")])).to_string();
    assert_eq!(
        error,
        "admin_plane.token_file: must not be empty (variable TENANTRY_ADMIN_PLANE__TOKEN_FILE)"
    );
}

#[test]
fn a_secret_is_not_taken_from_the_command_line() {
    let error = problem(&flags(["admin_plane.token=canary"]));
    assert!(matches!(error, Problem::SecretArgument { .. }), "{error}");
    assert!(
        error.to_string().contains("set TENANTRY_ADMIN_PLANE__TOKEN_FILE"),
        "{error}"
    );
    // The path of its file is no secret.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "secret").unwrap();
    let settings = load(&flags([
        format!("admin_plane.token_file={}", path.display()).as_str()
    ]))
    .settings;
    assert_eq!(all(&settings)[0].1, Some("secret"));
}

#[test]
fn every_broken_secret_is_named_at_once() {
    let problems = problems(&variables([
        ("TENANTRY_ADMIN_PLANE__TOKEN_FILE", "/nowhere/token"),
        (
            "TENANTRY_CONTROL_STORE__SERVICE_PASSWORD_FILE",
            "/nowhere/control",
        ),
        ("TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD", ""),
    ]));
    let keys: Vec<_> = problems.list.iter().filter_map(Problem::key).collect();
    assert_eq!(
        keys,
        [
            "data_cluster.service_password",
            "admin_plane.token_file",
            "control_store.service_password_file"
        ]
    );
}

/// Whoever can write the file decides which token the service takes, and which password it sends.
#[test]
fn a_secrets_file_that_others_can_write_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "secret").unwrap();
    let inputs = variables([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", path.to_str().unwrap())]);
    for (mode, fits) in [
        (0o600, true),
        (0o644, true),
        (0o440, true),
        (0o620, false),
        (0o666, false),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let report = config::check(&inputs, Purpose::Client);
        assert_eq!(report.holds(), fits, "{mode:o}: {report}");
        if !fits {
            let complaint = &report.problems[0];
            assert_eq!(complaint.key.as_deref(), Some("admin_plane.token_file"));
            assert!(
                complaint.message.contains(&format!("has mode {mode:04o}"))
                    && complaint.message.contains("go-w"),
                "{}",
                complaint.message
            );
        }
    }
}

#[test]
fn a_secrets_file_of_another_user_is_refused_and_so_is_a_link_of_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("token"), folder.path().join("link"));
    fs::write(&path, "secret").unwrap();
    symlink("token", &link).unwrap();
    let of = |path: &Path| variables([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", path.to_str().unwrap())]);
    assert_eq!(all(&load(&of(&link)).settings)[0].1, Some("secret"));
    // An account that is everywhere: daemon. Only root can give something to it.
    if lchown(&link, Some(1), None).is_err() {
        return;
    }
    let error = problem(&of(&link)).to_string();
    assert!(
        error.starts_with(&format!("admin_plane.token_file: {link:?} belongs to user id 1")),
        "{error}"
    );
    let over = folder.path().join("over");
    symlink("link", &over).unwrap();
    let error = problem(&of(&over)).to_string();
    assert!(
        error.starts_with(&format!(
            "admin_plane.token_file: {over:?} leads over the link {}, which",
            link.display()
        )),
        "{error}"
    );
    lchown(&path, Some(1), None).unwrap();
    let error = problem(&of(&path)).to_string();
    assert!(
        error.starts_with(&format!("admin_plane.token_file: {path:?} belongs to user id 1")),
        "{error}"
    );
}
