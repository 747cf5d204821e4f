//! The order of the layers, and the choice of the profile.

use std::{fs, net::SocketAddr, time::Duration};

use config::{Environment, Inputs, LogFormat, Override, Profile, TlsMode};

use crate::{PRODUCTION, file, flags, load, problem, variables};

#[test]
fn with_nothing_given_it_is_the_dev_profile() {
    let loaded = load(&Inputs::default());
    assert_eq!(loaded.profile, Profile::Dev);
    let settings = loaded.settings;
    assert_eq!(settings.log.format, LogFormat::Pretty);
    assert_eq!(settings.control_store.cluster.tls, TlsMode::Prefer);
    assert_eq!(
        settings.tenant_plane.listen,
        SocketAddr::from(([127, 0, 0, 1], 8080))
    );
    assert_eq!(
        settings.admin_plane.listen,
        SocketAddr::from(([127, 0, 0, 1], 8081))
    );
    let networks: Vec<String> = settings
        .tenant_plane
        .trusted_networks
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["127.0.0.0/8", "::1/128"]);
    let dev = settings.dev.expect("the dev profile has its own section");
    assert!(dev.private_postgres && dev.seed);
    assert_eq!(dev.state_dir.to_str(), Some(".tenantry"));
    assert_eq!(settings.keys.ring_file, None);
}

#[test]
fn production_is_strict_and_has_no_dev_section() {
    let loaded = load(&variables(PRODUCTION));
    assert_eq!(loaded.profile, Profile::Production);
    let settings = loaded.settings;
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.control_store.cluster.tls, TlsMode::VerifyFull);
    assert_eq!(settings.data_cluster.cluster.tls, TlsMode::VerifyFull);
    assert!(settings.dev.is_none());
}

/// `max_resident` after each layer in turn has been added.
#[test]
fn each_layer_overrides_those_before_it() {
    let resident = |inputs: &Inputs| load(inputs).settings.registry.max_resident;
    assert_eq!(resident(&Inputs::default()), 10_000, "default.toml");

    let (_folder, mut inputs) = file(
        "dev.toml",
        "[registry]\nmax_resident = 2\n[log]\nformat = 'json'\n",
    );
    assert_eq!(resident(&inputs), 2, "the folder's file over what is compiled in");
    assert_eq!(
        load(&inputs).settings.log.format,
        LogFormat::Json,
        "also over the compiled profile"
    );

    inputs.environment = Environment::of([("TENANTRY_REGISTRY__MAX_RESIDENT", "3")]);
    assert_eq!(resident(&inputs), 3, "the environment over files");

    inputs.overrides = vec![Override::from("registry.max_resident=4")];
    assert_eq!(resident(&inputs), 4, "a flag over the environment");

    inputs.overrides.push(Override::from("registry.max_resident=5"));
    assert_eq!(resident(&inputs), 5, "the last flag of a key");
}

#[test]
fn a_layer_replaces_single_keys_and_whole_lists() {
    let (_folder, inputs) = file(
        "dev.toml",
        "[tenant_plane]\ntrusted_networks = ['10.0.0.0/8']\n[registry]\nidle_timeout = '90s'\n",
    );
    let settings = load(&inputs).settings;
    assert_eq!(
        settings.tenant_plane.trusted_networks,
        ["10.0.0.0/8".parse().unwrap()]
    );
    assert_eq!(settings.registry.idle_timeout, Duration::from_secs(90));
    assert_eq!(
        settings.registry.acquire_timeout,
        Duration::from_secs(5),
        "its neighbour stays"
    );
}

#[test]
fn the_profile_comes_from_the_flag_then_the_variable() {
    assert_eq!(
        load(&variables([("TENANTRY_PROFILE", "dev")])).profile,
        Profile::Dev
    );
    let mut inputs = variables(PRODUCTION);
    assert_eq!(load(&inputs).profile, Profile::Production);
    inputs.profile = Some("dev".to_owned());
    assert_eq!(load(&inputs).profile, Profile::Dev);
}

#[test]
fn an_unknown_profile_is_an_error_that_names_its_source() {
    let by_variable = problem(&variables([("TENANTRY_PROFILE", "prod")])).to_string();
    assert_eq!(
        by_variable,
        "variable TENANTRY_PROFILE: unknown profile \"prod\": use dev or production"
    );
    let by_flag = problem(&Inputs {
        profile: Some(String::new()),
        ..Inputs::default()
    })
    .to_string();
    assert!(
        by_flag.starts_with("flag --profile: unknown profile \"\""),
        "{by_flag}"
    );
}

#[test]
fn only_the_chosen_profiles_file_is_read_from_the_folder() {
    let (folder, mut inputs) = file("production.toml", "[registry]\nmax_resident = 2\n");
    // A folder without a file for the profile is a mistake; the message names the file.
    let passed_over = problem(&inputs);
    let file = folder.path().join("dev.toml");
    let unreadable = format!("{file:?}: No such file");
    assert!(passed_over.message.starts_with(&unreadable), "{passed_over}");

    inputs.environment = Environment::of(PRODUCTION);
    assert_eq!(load(&inputs).settings.registry.max_resident, 2);

    inputs.config_dir = None;
    inputs.environment = Environment::of(
        PRODUCTION
            .into_iter()
            .chain([("TENANTRY_CONFIG_DIR", folder.path().to_str().unwrap())]),
    );
    assert_eq!(
        load(&inputs).settings.registry.max_resident,
        2,
        "by the variable as well"
    );
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    for name in ["/nowhere/at/all", ""] {
        let by_variable = problem(&variables([("TENANTRY_CONFIG_DIR", name)]));
        assert!(by_variable.message.contains(": No such file"), "{by_variable}");
        assert!(
            by_variable.message.ends_with("(variable TENANTRY_CONFIG_DIR)"),
            "{by_variable}"
        );
    }
    let (folder, mut inputs) = file("dev.toml", "");
    inputs.config_dir = Some(folder.path().join("dev.toml"));
    let by_flag = problem(&inputs);
    assert!(by_flag.message.contains(": Not a directory"), "{by_flag}");
    assert!(by_flag.message.ends_with("(flag --config-dir)"), "{by_flag}");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let (folder, inputs) = file("production.toml", "");
    fs::create_dir(folder.path().join("dev.toml")).unwrap();
    let error = problem(&inputs);
    let unreadable = format!("{:?}: Is a directory", folder.path().join("dev.toml"));
    assert!(error.message.starts_with(&unreadable), "{error}");
}

#[test]
fn variables_of_others_are_left_alone() {
    let inputs = variables([
        ("PATH", "/bin"),
        ("TENANTRY", "1"),
        ("XTENANTRY_LOG__FORMAT", "json"),
    ]);
    assert_eq!(load(&inputs).settings.log.format, LogFormat::Pretty);
    // What Kubernetes adds beside a Service named `tenantry`.
    load(&variables([
        ("TENANTRY_SERVICE_HOST", "10.0.0.7"),
        ("TENANTRY_SERVICE_PORT", "8080"),
        ("TENANTRY_PORT", "tcp://10.0.0.7:8080"),
        ("TENANTRY_PORT_8080_TCP_ADDR", "10.0.0.7"),
    ]));
    // What the build reads, in a shell that also runs the service.
    load(&variables([
        ("TENANTRY_CONTROL_DATABASE_URL", "postgres://x"),
        ("TENANTRY_DATA_DATABASE_URL", "x"),
    ]));
}

#[test]
fn the_last_of_two_flags_applies() {
    let settings = load(&flags(["registry.max_resident=1", "registry.max_resident=2"])).settings;
    assert_eq!(settings.registry.max_resident, 2);
}
