//! docs/production.md: its file is valid, and its commands are commands.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use clap::Parser as _;
use config::{self, Environment, Inputs, Profile, Purpose, Way};
use server::args::Cli;

const SECRETS: [&str; 3] = ["service-password", "migrator-password", "bootstrap-password"];

fn chapter() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/production.md");
    fs::read_to_string(page).unwrap()
}

/// The texts of all blocks in this language.
fn blocks(chapter: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = chapter.split(&begin).skip(1);
    blocks
        .map(|rest| rest.split_once("```\n").unwrap().0.to_owned())
        .collect()
}

/// The settings `NAME=value` in a text, as a shell or systemd reads them.
fn assignments(text: &str) -> Vec<(String, String)> {
    let words = text
        .split_whitespace()
        .filter(|word| word.starts_with("TENANTRY_") || word.starts_with("Environment="));
    let pairs = words.map(|word| word.trim_start_matches("Environment=").split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_file_is_valid_for_the_service_and_with_the_variables_for_the_migration() {
    let chapter = chapter();
    let folder = tempfile::tempdir().unwrap();
    let here = |text: &str| text.replace("/etc/tenantry", folder.path().to_str().unwrap());
    let [file, listeners] = blocks(&chapter, "toml").try_into().unwrap();
    fs::write(folder.path().join("production.toml"), here(&file)).unwrap();
    for name in SECRETS {
        let file = folder.path().join(name);
        fs::write(&file, name).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
    let [shell, migrate, ..] = &blocks(&chapter, "sh")[..] else {
        panic!("no blocks")
    };
    let chosen = assignments(&here(shell));
    let migrate = assignments(&here(migrate));
    assert_eq!(migrate.len(), 6);
    let inputs = |variables: &[(String, String)]| Inputs {
        environment: Environment::of(variables.iter().cloned()),
        ..Inputs::default()
    };
    let served =
        config::load(&inputs(&chosen), Purpose::Serve).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(served.profile, Profile::Production);
    assert!(served.settings.data_cluster.cluster.migrator_password.is_none());
    let migrates = [chosen.clone(), migrate].concat();
    config::load(&inputs(&migrates), Purpose::Migrate).unwrap_or_else(|problems| panic!("{problems}"));

    // With the listeners in addition.
    fs::write(folder.path().join("production.toml"), here(&(file + &listeners))).unwrap();
    let kept_apart =
        config::load(&inputs(&chosen), Purpose::Serve).unwrap_or_else(|problems| panic!("{problems}"));
    let plane = kept_apart.settings.tenant_plane;
    assert_eq!(plane.opens, [Way::Internal]);
    assert_eq!(plane.listeners[0].opens, [Way::ApiKey, Way::Jwt]);

    // The unit says the same as the shell.
    let [unit] = blocks(&chapter, "ini").try_into().unwrap();
    assert_eq!(assignments(&here(&unit)), chosen);
    let pause: u64 = unit
        .lines()
        .find_map(|line| line.strip_prefix("TimeoutStopSec="))
        .unwrap()
        .parse()
        .unwrap();
    let shutdown = &served.settings.shutdown;
    assert!(pause >= 10 + (shutdown.http_deadline + shutdown.registry_deadline).as_secs());
    // And so does the proxy.
    let [proxy] = blocks(&chapter, "nginx").try_into().unwrap();
    for (_, listens) in served.settings.listeners() {
        assert!(
            proxy.contains(&format!("proxy_pass http://{listens};")),
            "{listens}"
        );
    }
}

#[test]
fn its_commands_are_commands() {
    let chapter = chapter();
    let mut found = Vec::new();
    for block in blocks(&chapter, "sh") {
        for line in block.lines() {
            // In a subshell, after what it sets, with its output in a file.
            let line = line.trim_matches(['(', ')']).rsplit("; ").next().unwrap();
            let command = line.split(" > ").next().unwrap();
            if command.starts_with("tenantry ") {
                Cli::try_parse_from(command.split_whitespace())
                    .unwrap_or_else(|error| panic!("{command}: {error}"));
                found.push(command.to_owned());
            }
        }
    }
    assert_eq!(found.len(), 6, "{found:?}");
}
