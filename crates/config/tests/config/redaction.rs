//! Attacks with a canary: a secret that is given in every right and many wrong ways, and looked for in
//! everything that can be printed.

use config::{self, Environment, Inputs, Key, Purpose};

use crate::{file, flags, variables, write_secret};

const CANARY: &str = "c4n4ry";

/// Everything that the service could print of these inputs.
fn printed(inputs: &Inputs) -> String {
    let mut texts = vec![format!("{inputs:?}")];
    for purpose in [Purpose::Serve, Purpose::Migrate] {
        match config::load(inputs, purpose) {
            Ok(loaded) => texts.push(format!("{loaded:?}\n{loaded:#?}")),
            Err(problems) => {
                texts.push(format!("{problems}\n{problems:?}\n{problems:#?}"));
                let mut source = std::error::Error::source(&problems);
                while let Some(error) = source {
                    texts.push(format!("{error}\n{error:?}"));
                    source = error.source();
                }
            }
        }
        let report = config::check(inputs, purpose);
        texts.push(format!(
            "{report}\n{report:?}\n{}",
            serde_json::to_string_pretty(&report).unwrap()
        ));
    }
    texts.join("\n")
}

fn assert_hidden(inputs: &Inputs, what: &str) {
    let printed = printed(inputs);
    assert!(
        !printed.to_lowercase().contains(CANARY),
        "{what} shows the secret:\n{printed}"
    );
}

#[test]
fn a_valid_secret_is_printed_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    write_secret(&path, CANARY);
    for key in Key::all().iter().filter(|key| key.is_secret()) {
        let by_variable = Environment::of([(key.variable(), CANARY)]);
        assert_hidden(
            &Inputs {
                environment: by_variable,
                ..Inputs::default()
            },
            "a variable",
        );
        let form = key.file_form().unwrap().variable();
        let by_file = Environment::of([(form, path.to_str().unwrap())]);
        assert_hidden(
            &Inputs {
                environment: by_file,
                ..Inputs::default()
            },
            "a secret's file",
        );
        let text = format!("[{}]\n{} = '{CANARY}'\n", key.section(), key.name());
        assert_hidden(&file("dev.toml", &text).1, "a configuration file");
    }
}

#[test]
fn a_secret_in_a_file_that_is_broken_is_printed_nowhere() {
    for line in [
        "service_password = c4n4ry",
        "service_password = \"c4n4ry",
        "service_password = 'c4n4ry' 'x'",
        "service_password = 'c4n4ry'\nservice_password = 'c4n4ry'",
        "service_password = \"\\c4n4ry\"",
        "service_password = \"\"\"c4n4ry",
        "service_password = ['c4n4ry']",
        "service_password = { is = 'c4n4ry' }",
        "service_password = { is = 'c4n4ry', }",
        "service_password.is = 'c4n4ry'",
        "service_password: c4n4ry",
        "service_password 'c4n4ry'",
        "service_pasword = 'c4n4ry'",
        "service_password = 'c4n4ry'\n[control_store]",
        "service_password = 'c4n4ry'\nservice_password_file = '/x'",
        "host = 'postgres://tenantry:c4n4ry@db/x'",
        "host = ['postgres://tenantry:c4n4ry@db/x']",
        "host.url = 'postgres://tenantry:c4n4ry@db/x'",
    ] {
        assert_hidden(&file("dev.toml", &format!("[control_store]\n{line}\n")).1, line);
    }
    for text in [
        "control_store = 'c4n4ry'\n",
        "control_store = ['c4n4ry']\n",
        "[[control_store]]\nx='c4n4ry'\n",
    ] {
        assert_hidden(&file("dev.toml", text).1, text);
    }
}

/// A secret that TOML reads as a number or a date.
#[test]
fn a_secret_that_is_not_a_string_is_refused_unseen() {
    for secret in [
        "918273645",
        "-918273645",
        "918273645.5",
        "1984-08-23",
        "0x918273645",
    ] {
        let (_folder, inputs) = file("dev.toml", &format!("[admin_plane]\ntoken = {secret}\n"));
        let printed = printed(&inputs);
        assert!(
            printed.contains("admin_plane.token: is not a string: put it in quotes"),
            "{printed}"
        );
        for digits in ["918273645", "39079917125", "1984"] {
            assert!(!printed.contains(digits), "{printed}");
        }
    }
}

#[test]
fn a_secret_in_the_wrong_variable_or_flag_is_printed_nowhere() {
    for name in [
        "TENANTRY_CONTROL_STORE_SERVICE_PASSWORD",
        "TENANTRY_CONTROL_STORE__SERVICE_PASWORD",
        "TENANTRY_CONTROL_STORE",
        "TENANTRY_TOKEN",
    ] {
        assert_hidden(&variables([(name, CANARY)]), name);
    }
    assert_hidden(
        &variables([("TENANTRY_DATA_CLUSTER__HOST", "postgres://u:c4n4ry@db")]),
        "a URL as host",
    );
    for flag in [
        "control_store.service_password=c4n4ry",
        "control_store.service_pasword=c4n4ry",
        "c4n4ry",
    ] {
        assert_hidden(&flags([flag]), flag);
    }
    let (_folder, mut inputs) = file("dev.toml", "[admin_plane]\ntoken = 'c4n4ry'\n");
    inputs.environment = Environment::of([("TENANTRY_ADMIN_PLANE__TOKEN_FILE", "/nowhere")]);
    assert_hidden(&inputs, "both forms");
}
