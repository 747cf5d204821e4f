//! Required keys, by profile and purpose.

use config::{self, Absent, Environment, Inputs, Purpose, present};

use crate::{PRODUCTION, flags, load, problem, problems, variables};

fn missing(inputs: &Inputs, purpose: Purpose) -> Vec<String> {
    match config::load(inputs, purpose) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .list
            .iter()
            .map(|problem| {
                let key = problem.key.clone().unwrap();
                let missing = format!("{key}: missing; set ");
                assert!(problem.message.starts_with(&missing), "{problem}");
                key
            })
            .collect(),
    }
}

const SERVE: [&str; 5] = [
    "control_store.host",
    "control_store.service_password",
    "data_cluster.host",
    "data_cluster.service_password",
    "keys.ring_file",
];

#[test]
fn production_names_every_missing_key_at_once_and_what_to_set() {
    let production = variables([("TENANTRY_PROFILE", "production")]);
    assert_eq!(
        problems(&production).to_string(),
        "invalid configuration (profile production)
  control_store.host: missing; set TENANTRY_CONTROL_STORE__HOST
  control_store.service_password: missing; set TENANTRY_CONTROL_STORE__SERVICE_PASSWORD_FILE to the path of a file that holds it, or TENANTRY_CONTROL_STORE__SERVICE_PASSWORD
  data_cluster.host: missing; set TENANTRY_DATA_CLUSTER__HOST
  data_cluster.service_password: missing; set TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD_FILE to the path of a file that holds it, or TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD
  keys.ring_file: missing; set TENANTRY_KEYS__RING_FILE
Missing keys may also be set in production.toml in the folder of --config-dir or TENANTRY_CONFIG_DIR."
    );
}

#[test]
fn each_purpose_asks_for_what_it_uses() {
    let production = variables([("TENANTRY_PROFILE", "production")]);
    assert_eq!(missing(&production, Purpose::Serve), SERVE);
    assert_eq!(missing(&production, Purpose::ControlStore), SERVE[..2]);
    assert!(missing(&production, Purpose::Client).is_empty());
    assert_eq!(
        missing(&production, Purpose::Migrate),
        [
            "control_store.host",
            "control_store.service_password",
            "control_store.migrator_password",
            "data_cluster.host",
            "data_cluster.service_password",
            "data_cluster.migrator_password",
        ]
    );
}

#[test]
fn a_bootstrap_login_does_not_stand_in_for_the_migrator_whose_password_it_sets() {
    let mut given = PRODUCTION.to_vec();
    given.extend([
        ("TENANTRY_CONTROL_STORE__MIGRATOR_PASSWORD", "m"),
        ("TENANTRY_DATA_CLUSTER__BOOTSTRAP_USER", "postgres"),
        ("TENANTRY_DATA_CLUSTER__BOOTSTRAP_PASSWORD", "b"),
    ]);
    assert_eq!(
        missing(&variables(given), Purpose::Migrate),
        ["data_cluster.migrator_password"]
    );
}

#[test]
fn missing_and_wrong_keys_come_together() {
    let problems = problems(&variables([
        ("TENANTRY_PROFILE", "production"),
        ("TENANTRY_REGISTRY__MAX_RESIDENT", "many"),
        ("TENANTRY_KEYS__RING", "/ring"),
    ]));
    assert_eq!(problems.list.len(), 2 + SERVE.len(), "{problems}");
}

#[test]
fn the_dev_profile_misses_nothing_unless_told_to_use_other_clusters() {
    assert!(missing(&Inputs::default(), Purpose::Serve).is_empty());
    assert!(missing(&Inputs::default(), Purpose::Migrate).is_empty());
    // The key ring is made in any case.
    assert_eq!(
        missing(&flags(["dev.private_postgres=false"]), Purpose::Serve),
        SERVE[..4]
    );
}

#[test]
fn the_dev_section_is_refused_in_production() {
    let mut inputs = variables(PRODUCTION);
    inputs.overrides = vec!["dev.seed=true".into()];
    assert_eq!(
        problem(&inputs).to_string(),
        "dev.seed: is allowed in the dev profile only, and this is production (flag --set)"
    );
}

#[test]
fn using_a_key_that_was_not_required_is_a_typed_error() {
    let cluster = load(&Inputs {
        environment: Environment::default(),
        ..Inputs::default()
    });
    let host = cluster.settings.control_store.cluster.host;
    assert_eq!(
        present(host.as_ref(), "control_store.host"),
        Err(Absent {
            path: "control_store.host"
        })
    );
    assert_eq!(present(Some(&1), "x"), Ok(&1));
}
