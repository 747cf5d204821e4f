//! Secrets in both forms, and which purpose reads them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use config::{self, Environment, Inputs, Key, Problem, Purpose, Settings};
use secrecy::{ExposeSecret, SecretString};

use crate::{PRODUCTION, file, flags, load, problem, problems, variables, write_secret};

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
    let secrets: Vec<&Key> = Key::all().iter().filter(|key| key.is_secret()).collect();
    let folder = tempfile::tempdir().unwrap();
    let itself = with_users(
        secrets
            .iter()
            .map(|key| (key.variable(), format!("value-of-{key}"))),
    );
    let by_file = with_users(secrets.iter().map(|key| {
        let path = folder.path().join(key.to_string());
        write_secret(&path, &format!("value-of-{key}\n"));
        let form = key.file_form().expect("every secret has a _file form");
        (form.variable(), path.to_str().unwrap().to_owned())
    }));
    for inputs in [itself, by_file] {
        let settings = load(&inputs).settings;
        let all = all(&settings);
        assert_eq!(all.len(), secrets.len(), "a secret is missing from this test");
        for (key, secret) in all {
            assert_eq!(secret, Some(format!("value-of-{key}").as_str()));
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
            "admin_plane.token: set directly (file {}) and as a file (variable TENANTRY_ADMIN_PLANE__TOKEN_FILE); \
             use one of the two",
            folder.path().join("dev.toml").display()
        )
    );
}

#[test]
fn a_later_layer_replaces_a_secret() {
    let (_folder, mut inputs) = file("dev.toml", "[admin_plane]\ntoken = 'from-file'\n");
    assert_eq!(all(&load(&inputs).settings)[0].1, Some("from-file"));
    inputs.environment = Environment::of([("TENANTRY_ADMIN_PLANE__TOKEN", "from-variable")]);
    assert_eq!(all(&load(&inputs).settings)[0].1, Some("from-variable"));
}

#[test]
fn a_secrets_file_that_cannot_be_used_names_key_file_and_source() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    write_secret(&empty, "\n");
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
    let refused =
        "admin_plane.token: a secret is not taken from flag --set; set TENANTRY_ADMIN_PLANE__TOKEN_FILE ";
    assert!(error.message.starts_with(refused), "{error}");
    // The path of its file is no secret.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write_secret(&path, "secret");
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
    let keys: Vec<_> = problems
        .list
        .iter()
        .filter_map(|problem| problem.key.as_deref())
        .collect();
    assert_eq!(
        keys,
        [
            "data_cluster.service_password",
            "admin_plane.token_file",
            "control_store.service_password_file"
        ]
    );
}

/// Who can write the file decides which token the service accepts, and which password it sends; who can read it has
/// the secret.
#[test]
fn a_secrets_file_that_others_can_write_or_read_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write_secret(&path, "secret");
    let inputs = variables([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", path.to_str().unwrap())]);
    for (mode, advice) in [
        (0o600, None),
        (0o400, None),
        (0o640, None),
        (0o440, None),
        (0o620, Some("go-w")),
        (0o666, Some("go-w")),
        (0o644, Some("run `chmod 600`")),
        (0o444, Some("run `chmod 600`")),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let report = config::check(&inputs, Purpose::Client);
        assert_eq!(report.is_valid(), advice.is_none(), "{mode:o}: {report}");
        if let Some(advice) = advice {
            let complaint = &report.problems[0];
            assert_eq!(complaint.key.as_deref(), Some("admin_plane.token_file"));
            assert!(
                complaint.message.contains(&format!("has mode {mode:04o}"))
                    && complaint.message.contains(advice),
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
    write_secret(&path, "secret");
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

const TOKEN: &str = "TENANTRY_ADMIN_PLANE__TOKEN";
const TOKEN_FILE: &str = "TENANTRY_ADMIN_PLANE__TOKEN_FILE";

/// Production with this token, by variable and by file: whether it is taken, and else why not.
fn tokens(token: &str) -> [Result<(), Problem>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write_secret(&path, &format!("{token}\n"));
    [(TOKEN, token), (TOKEN_FILE, path.to_str().unwrap())].map(|given| {
        let inputs = variables(PRODUCTION.into_iter().chain([given]));
        match config::load(&inputs, Purpose::Serve) {
            Ok(loaded) => {
                assert_eq!(all(&loaded.settings)[0].1, Some(token));
                Ok(())
            }
            Err(_) => Err(problem(&inputs)),
        }
    })
}

#[test]
fn production_refuses_a_token_that_can_be_guessed() {
    let made_by_the_product = format!("tnt_admin_{}", "A".repeat(43));
    for good in ["0123456789abcdef0123456789abcdef", &made_by_the_product] {
        assert_eq!(tokens(good), [Ok(()), Ok(())], "{good}");
    }
    for short in ["a", "0123456789abcdef0123456789abcde"] {
        for refused in tokens(short) {
            let problem = refused.unwrap_err();
            assert!(
                problem.key.as_deref().unwrap().starts_with("admin_plane.token"),
                "{problem}"
            );
            assert!(
                problem.message.contains("has fewer than 32 characters"),
                "{problem}"
            );
        }
    }
    // A developer's machine takes what is easy to type.
    assert_eq!(all(&load(&variables([(TOKEN, "a")])).settings)[0].1, Some("a"));
}

#[test]
fn a_token_that_no_header_can_carry_is_refused() {
    for wrong in [
        "0123456789abcdef 0123456789abcdef",
        "0123456789abcdef0123456789abcdéf",
        "0123456789abcdef\n0123456789abcdef",
        "\u{7f}0123456789abcdef0123456789abcdef",
    ] {
        let [inline, file] = tokens(wrong).map(|refused| refused.unwrap_err());
        for (problem, key) in [(inline, "admin_plane.token"), (file, "admin_plane.token_file")] {
            assert_eq!(problem.key.as_deref(), Some(key), "{problem}");
            assert!(
                problem.message.contains("that a header cannot carry"),
                "{problem}"
            );
            assert!(!problem.message.contains("0123456789"), "{problem}");
        }
        let in_dev = problem(&variables([(TOKEN, wrong)]));
        assert_eq!(in_dev.key.as_deref(), Some("admin_plane.token"), "{in_dev}");
    }
}

/// A service's user has no right to the passwords of the migrator.
#[test]
fn each_purpose_reads_the_secrets_that_it_uses() {
    const SERVICE: [&str; 2] = ["control_store.service_password", "data_cluster.service_password"];
    const OPERATORS: [&str; 4] = [
        "control_store.migrator_password",
        "control_store.bootstrap_password",
        "data_cluster.migrator_password",
        "data_cluster.bootstrap_password",
    ];
    const TOKEN: [&str; 1] = ["admin_plane.token"];
    let every_purpose = [
        Purpose::Serve,
        Purpose::Migrate,
        Purpose::Doctor,
        Purpose::ControlStore,
        Purpose::TenantSession,
        Purpose::Client,
    ];
    let read = |purpose, production: bool| match purpose {
        Purpose::Serve if production => [&TOKEN[..], &SERVICE].concat(),
        Purpose::Serve => [&TOKEN[..], &SERVICE, &OPERATORS].concat(),
        Purpose::Migrate | Purpose::Doctor => [&SERVICE[..], &OPERATORS].concat(),
        Purpose::ControlStore => SERVICE[..1].to_vec(),
        Purpose::TenantSession => SERVICE.to_vec(),
        Purpose::Client => TOKEN.to_vec(),
    };
    for production in [true, false] {
        let profile = if production { "production" } else { "dev" };
        let files = Key::all().iter().filter_map(Key::file_form);
        let files = files.map(|form| (form.variable(), "/nowhere/at/all".to_owned()));
        let mut inputs = with_users(files);
        inputs.profile = Some(profile.to_owned());
        inputs.overrides = [
            "control_store.host=control.db",
            "data_cluster.host=data.db",
            "keys.ring_file=/ring",
        ]
        .map(Into::into)
        .to_vec();
        for purpose in every_purpose {
            let mut unread: Vec<String> = match config::load(&inputs, purpose) {
                Ok(_) => Vec::new(),
                Err(problems) => problems
                    .list
                    .into_iter()
                    .map(|problem| problem.key.unwrap())
                    .collect(),
            };
            unread.sort();
            let mut expected: Vec<_> = read(purpose, production)
                .iter()
                .map(|key| format!("{key}_file"))
                .collect();
            expected.sort();
            assert_eq!(unread, expected, "{purpose:?} in {profile}");
        }
    }
}
