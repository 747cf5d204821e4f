//! Valid and invalid values, from files, variables and flags.

use std::{ffi::OsString, os::unix::ffi::OsStringExt, time::Duration};

use config::{self, Environment, Inputs, Key, LogFormat, OnRefused, Purpose, TlsMode, Way};
use secrecy::ExposeSecret;

use crate::{file, flags, load, problem, variables};

#[test]
fn text_that_looks_like_a_number_stays_text() {
    for text in [
        "12345",
        "007",
        "1e5",
        "true",
        "[1, 2]",
        "{a = 1}",
        "\"quoted\"",
        " spaced ",
        "a=b,c",
        "ä€",
    ] {
        let inputs = variables([
            ("TENANTRY_CONTROL_STORE__SERVICE_PASSWORD", text),
            ("TENANTRY_CONTROL_STORE__MAINTENANCE_DATABASE", text),
            ("TENANTRY_KEYS__RING_FILE", text),
        ]);
        let settings = load(&inputs).settings;
        let password = settings
            .control_store
            .cluster
            .service_password
            .expect("it was set");
        assert_eq!(password.expose_secret(), text);
        assert_eq!(settings.control_store.cluster.maintenance_database, text);
        assert_eq!(settings.keys.ring_file.unwrap().to_str(), Some(text));
    }
}

#[test]
fn variables_and_flags_are_read_as_their_keys_kind() {
    let pairs = [
        ("data_cluster.port", "6432"),
        ("data_cluster.host", "10"),
        ("data_cluster.tls", "verify-ca"),
        ("data_cluster.min_server_version", "15.10"),
        ("dev.seed", "false"),
        ("tenant_plane.body_limit", "1024"),
        ("registry.idle_timeout", "1h 30m"),
        ("tenant_plane.listen", "[::1]:0"),
        ("log.filter", "debug,sqlx=warn,server[request{id}]=trace"),
    ];
    let by_flag = flags([]);
    let by_flag = Inputs {
        overrides: pairs
            .iter()
            .map(|(key, value)| format!("{key}={value}").into())
            .collect(),
        ..by_flag
    };
    let by_variable = Inputs {
        environment: Environment::of(pairs.map(|(key, value)| (Key::find(key).unwrap().variable(), value))),
        ..Inputs::default()
    };
    for inputs in [by_flag, by_variable] {
        let settings = load(&inputs).settings;
        assert_eq!(settings.data_cluster.cluster.port, 6432);
        assert_eq!(settings.data_cluster.cluster.host.as_deref(), Some("10"));
        assert_eq!(settings.data_cluster.cluster.tls, TlsMode::VerifyCa);
        assert_eq!(settings.data_cluster.min_server_version, 150_010);
        assert!(!settings.dev.unwrap().seed);
        assert_eq!(settings.tenant_plane.limits.body_limit, 1024);
        assert_eq!(settings.registry.idle_timeout, Duration::from_mins(90));
        assert_eq!(settings.tenant_plane.listen.to_string(), "[::1]:0");
        assert_eq!(settings.log.filter, "debug,sqlx=warn,server[request{id}]=trace");
    }
}

#[test]
fn networks_come_by_commas_or_as_a_list() {
    for text in [
        "10.0.0.0/8,fd00::/8",
        " 10.0.0.0/8 , fd00::/8 ",
        "['10.0.0.0/8', \"fd00::/8\"]",
    ] {
        let inputs = variables([("TENANTRY_TENANT_PLANE__TRUSTED_NETWORKS", text)]);
        let networks = load(&inputs).settings.tenant_plane.trusted_networks;
        assert_eq!(
            networks,
            ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            "{text}"
        );
    }
    let none = variables([("TENANTRY_TENANT_PLANE__TRUSTED_NETWORKS", "[]")]);
    assert!(load(&none).settings.tenant_plane.trusted_networks.is_empty());
}

#[test]
fn a_value_that_its_key_does_not_take_is_refused() {
    for (key, value, reason) in [
        (
            "registry.idle_timeout",
            "30",
            "\"30\" is not a duration such as \"30s\", from 1 ms to 24 days",
        ),
        ("registry.idle_timeout", "0s", "\"0s\" is shorter than 1 ms"),
        ("registry.lock_timeout", "500us", "\"500us\" is shorter than 1 ms"),
        (
            "registry.statement_timeout",
            "25days",
            "\"25days\" is longer than 24 days",
        ),
        (
            "registry.statement_timeout",
            "99999999999999years",
            "is not a duration",
        ),
        ("shutdown.http_deadline", "1us", "is shorter than 1 ms"),
        (
            "registry.max_resident",
            "0",
            "0 is not an integer from 1 to 4294967295",
        ),
        ("registry.max_resident", "-1", "-1 is not an integer"),
        ("registry.max_resident", "1.5", "\"1.5\" is not an integer"),
        ("registry.max_resident", "4294967296", "is not an integer"),
        (
            "registry.max_connections_per_tenant",
            "63",
            "63 is not an integer from 1 to 62: a pool tracks its idle connections in one 64-bit word",
        ),
        (
            "registry.max_connections_per_tenant",
            "0",
            "0 is not an integer from 1 to 62",
        ),
        ("registry.max_connections", "0", "0 is not an integer from 1"),
        ("registry.reserved_connections", "0", "0 is not an integer from 1"),
        ("registry.warm_up", "-1", "-1 is not an integer from 0"),
        (
            "registry.on_refused",
            "kill",
            "\"kill\" is not one of end, finish",
        ),
        ("data_cluster.port", "0", "0 is not an integer from 1 to 65535"),
        ("data_cluster.port", "65536", "65536 is not an integer"),
        ("data_cluster.host", "postgres://user:pw@db/x", "not a URL"),
        ("data_cluster.host", "", "must not be empty"),
        (
            "data_cluster.database",
            "Tenants",
            "\"Tenants\" is refused: a database name is",
        ),
        (
            "data_cluster.tls",
            "on",
            "\"on\" is not one of disable, prefer, require, verify-ca, verify-full",
        ),
        ("data_cluster.min_server_version", "13.0", "14.0 at least"),
        ("dev.seed", "yes", "\"yes\" is neither true nor false"),
        (
            "tenant_plane.listen",
            "localhost:8080",
            "\"localhost:8080\" is not an address with a port",
        ),
        (
            "tenant_plane.listen",
            "127.0.0.1",
            "is not an address with a port",
        ),
        (
            "tenant_plane.trusted_networks",
            "10.0.0.1",
            "\"10.0.0.1\" is not a network in CIDR notation",
        ),
        ("tenant_plane.trusted_networks", "10.0.0.0/33", "is not a network"),
        (
            "tenant_plane.trusted_networks",
            "10.0.0.0/8,",
            "must not be empty",
        ),
        (
            "tenant_plane.trusted_networks",
            "[10.0.0.0/8",
            "is not a list of networks",
        ),
        ("tenant_plane.trusted_networks", "", "must not be empty"),
        ("log.format", "", "must not be empty"),
        ("log.format", "text", "\"text\" is not one of pretty, json"),
        ("log.filter", "server=loud", "is not a list of directives"),
        ("log.filter", "", "must not be empty"),
        ("keys.ring_file", "", "must not be empty"),
    ] {
        let error = problem(&flags([format!("{key}={value}").as_str()])).to_string();
        assert!(error.starts_with(&format!("{key}: ")), "{error}");
        assert!(error.contains(reason), "{error} should say {reason}");
        assert!(error.ends_with("(flag --set)"), "{error}");
    }
}

#[test]
fn a_files_value_of_another_type_is_refused() {
    for (section, line, reason) in [
        (
            "registry",
            "idle_timeout = 30",
            "30 is not a duration: give it a unit, as in \"30s\"",
        ),
        ("registry", "max_resident = '10'", "\"10\" is not an integer"),
        ("registry", "max_resident = 10.0", "is not an integer"),
        ("registry", "max_resident = true", "true is not an integer"),
        ("dev", "seed = 'true'", "\"true\" is neither true nor false"),
        (
            "data_cluster",
            "database = 5",
            "5 is not a string: put it in quotes",
        ),
        (
            "data_cluster",
            "min_server_version = 14.0",
            "is not a string: put it in quotes",
        ),
        (
            "tenant_plane",
            "trusted_networks = '10.0.0.0/8'",
            "is not a list of networks",
        ),
        ("tenant_plane", "trusted_networks = [10]", "10 is not a string"),
        (
            "log",
            "format = ['json']",
            "a list is not a string: put it in quotes",
        ),
    ] {
        let (folder, inputs) = file("dev.toml", &format!("[{section}]\n{line}\n"));
        let error = problem(&inputs).to_string();
        assert!(error.contains(reason), "{error} should say {reason}");
        let path = folder.path().join("dev.toml");
        assert!(error.ends_with(&format!("(file {})", path.display())), "{error}");
    }
}

#[test]
fn a_deadline_may_be_zero() {
    let settings = load(&flags(["shutdown.http_deadline=0s", "registry.reap_deadline=0s"])).settings;
    assert_eq!(settings.shutdown.http_deadline, Duration::ZERO);
    assert_eq!(settings.registry.reap_deadline, Duration::ZERO);
}

#[test]
fn retention_periods_have_defaults_and_bounds() {
    let retention = load(&flags([])).settings.retention;
    assert_eq!(
        (
            retention.audit_days,
            retention.idempotency_hours,
            retention.operations_days
        ),
        (365, 24, 30)
    );
    for (given, reason) in [
        ("retention.audit_days=29", "29 is not an integer from 30 to 36500"),
        (
            "retention.idempotency_hours=0",
            "0 is not an integer from 1 to 8760",
        ),
        (
            "retention.operations_days=36501",
            "is not an integer from 1 to 36500",
        ),
    ] {
        let error = problem(&flags([given])).to_string();
        assert!(error.contains(reason), "{error} should say {reason}");
    }
}

#[test]
fn the_budget_is_whatever_the_server_allows_unless_it_is_configured() {
    let registry = load(&flags([])).settings.registry;
    assert_eq!(registry.max_connections, None);
    assert_eq!(registry.reserved_connections, None);
    assert_eq!(registry.max_connections_per_tenant, 5);
    assert_eq!(registry.clean_up_timeout, Duration::from_millis(500));
    assert_eq!(registry.on_refused, OnRefused::End);
    assert_eq!(registry.warm_up, 0);

    let registry = load(&flags([
        "registry.max_connections=62",
        "registry.max_connections_per_tenant=62",
        "registry.on_refused=finish",
    ]))
    .settings
    .registry;
    assert_eq!(registry.max_connections, Some(62));
    assert_eq!(registry.max_connections_per_tenant, 62);
    assert_eq!(registry.on_refused, OnRefused::Finish);
}

#[test]
fn a_listener_opens_every_way_unless_it_names_some() {
    let opens = |inputs: &Inputs| load(inputs).settings.tenant_plane.opens;
    let all = [Way::Internal, Way::ApiKey, Way::Jwt];
    assert_eq!(opens(&flags([])), all);
    assert_eq!(opens(&flags(["tenant_plane.opens=internal, api_key,jwt"])), all);
    assert_eq!(
        opens(&flags(["tenant_plane.opens=[\"jwt\", \"api_key\"]"])),
        [Way::Jwt, Way::ApiKey]
    );
    let named = all.map(|way| opens(&flags([format!("tenant_plane.opens={}", way.name()).as_str()])));
    assert_eq!(named, all.map(|way| vec![way]));
}

/// By the words that the error of an unknown one lists.
#[test]
fn every_word_that_is_offered_is_taken() {
    let mut offered = Vec::new();
    for key in Key::all().iter().filter(|key| !key.is_secret()) {
        let Err(problems) = config::load(&flags([format!("{key}=?").as_str()]), Purpose::Serve) else {
            continue;
        };
        let message = &problems.list[0].message;
        let Some((_, words)) = message.split_once(" is not one of ") else {
            continue;
        };
        let (words, _) = words.split_once(" (").unwrap();
        for word in words.split(", ") {
            load(&flags([format!("{key}={word}").as_str()]));
        }
        offered.push((key.to_string(), words.split(", ").count()));
    }
    let offered: Vec<_> = offered
        .iter()
        .map(|(key, words)| (key.as_str(), *words))
        .collect();
    assert_eq!(
        offered,
        [
            ("log.format", 2),
            ("tenant_plane.opens", 3),
            ("control_store.tls", 5),
            ("data_cluster.tls", 5),
            ("registry.on_refused", 2)
        ]
    );
    assert_eq!(
        load(&flags(["log.format=json"])).settings.log.format,
        LogFormat::Json
    );
}

#[test]
fn a_variable_that_is_not_utf8_is_refused() {
    let value = OsString::from_vec(vec![0xff]);
    let inputs = Inputs {
        environment: Environment::of([("TENANTRY_KEYS__RING_FILE", value.clone())]),
        ..Inputs::default()
    };
    assert_eq!(
        problem(&inputs).to_string(),
        "variable TENANTRY_KEYS__RING_FILE: the value is not UTF-8"
    );
    let inputs = Inputs {
        environment: Environment::of([("TENANTRY_PROFILE", value)]),
        ..Inputs::default()
    };
    let unknown = problem(&inputs);
    let expected = "variable TENANTRY_PROFILE: unknown profile \"(not UTF-8)\"";
    assert!(unknown.message.starts_with(expected), "{unknown}");
}

#[test]
fn a_host_an_origin_or_a_proxy_that_could_be_anything_is_refused() {
    for (key, text, reason) in [
        ("tenant_plane.trusted_proxies", "0.0.0.0/0", "is every address"),
        ("tenant_plane.trusted_proxies", "10.0.0.1", "is not a network"),
        ("tenant_plane.allowed_hosts", "localhost:8080", "is not a host"),
        (
            "tenant_plane.tenant_hosts",
            "example.org",
            "is not a host such as",
        ),
        ("tenant_plane.tenant_hosts", "{tenant}", "is not a host such as"),
        ("tenant_plane.tenant_hosts", "{tenant}.", "is not a host such as"),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}.10.0.0.1",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}.[::1]",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}.example.org:8443",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}..example.org",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}.*.example.org",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}.{tenant}.org",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "{tenant}.a/b",
            "is not a host such as",
        ),
        (
            "tenant_plane.tenant_hosts",
            "*.example.org",
            "is not a host such as",
        ),
        ("tenant_plane.opens", "[]", "must not be an empty list"),
        ("tenant_plane.opens", "api_key,apikey", "\"apikey\" is not one of"),
        ("admin_plane.allowed_hosts", "*.*.example.org", "is not a host"),
        ("admin_plane.allowed_hosts", "*", "is not a host"),
        ("admin_plane.allowed_hosts", "*.10.0.0.1", "is not a host"),
        ("admin_plane.allowed_hosts", "http://localhost", "is not a host"),
        ("tenant_plane.cors_allowed_origins", "*", "is not an origin"),
        ("tenant_plane.cors_allowed_origins", "null", "is not an origin"),
        (
            "tenant_plane.cors_allowed_origins",
            "https://a.example/x",
            "is not an origin",
        ),
        (
            "tenant_plane.cors_allowed_origins",
            "https://*.example.org",
            "is not an origin",
        ),
        (
            "tenant_plane.cors_allowed_origins",
            "app.example.org",
            "is not an origin",
        ),
    ] {
        let inputs = Inputs {
            overrides: vec![format!("{key}={text}").into()],
            ..flags([])
        };
        let error = problem(&inputs).to_string();
        assert!(
            error.starts_with(&format!("{key}: ")) && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn hosts_and_origins_are_kept_as_browsers_send_them() {
    let settings = load(&variables([
        (
            "TENANTRY_TENANT_PLANE__ALLOWED_HOSTS",
            "API.Example.org., *.Bücher.example, [::1], ::ffff:10.0.0.1, 127.0.0.1",
        ),
        (
            "TENANTRY_TENANT_PLANE__CORS_ALLOWED_ORIGINS",
            "https://App.example.org:443/, http://bücher.example:8080",
        ),
        (
            "TENANTRY_TENANT_PLANE__TENANT_HOSTS",
            "{tenant}.Example.ORG., {tenant}.bücher.example, {tenant}.localhost",
        ),
    ]))
    .settings;
    assert_eq!(
        settings.tenant_plane.allowed_hosts,
        [
            "api.example.org",
            "*.xn--bcher-kva.example",
            "::1",
            "10.0.0.1",
            "127.0.0.1"
        ]
    );
    assert_eq!(
        settings.tenant_plane.tenant_hosts,
        ["example.org", "xn--bcher-kva.example", "localhost"]
    );
    assert_eq!(
        settings.tenant_plane.cors_allowed_origins,
        ["https://app.example.org", "http://xn--bcher-kva.example:8080"]
    );
    assert_eq!(
        settings.admin_plane.allowed_hosts,
        ["localhost", "127.0.0.1", "::1"],
        "the dev profile is for its machine"
    );
    let production = load(&variables(crate::PRODUCTION)).settings;
    assert!(production.admin_plane.allowed_hosts.is_empty());
    assert!(production.tenant_plane.trusted_proxies.is_empty());
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    for (given, reason) in [
        (
            vec!["admin_plane.listen=127.0.0.1:8080"],
            "is tenant_plane.listen already (default.toml (built in))",
        ),
        (
            vec!["data_cluster.tls_ca_file=/ca.pem"],
            "not with \"prefer\" (dev.toml (built in))",
        ),
        (
            vec!["data_cluster.bootstrap_user=postgres"],
            "needs data_cluster.bootstrap_password beside it",
        ),
        (
            vec!["tenant_plane.tls_cert_file=/tls.crt"],
            "tenant_plane.tls_cert_file: needs tenant_plane.tls_key_file beside it",
        ),
        (
            vec!["admin_plane.tls_key_file=/tls.key"],
            "admin_plane.tls_key_file: needs admin_plane.tls_cert_file beside it",
        ),
        (
            vec!["admin_plane.tls_client_ca_file=/ca.crt"],
            "admin_plane.tls_client_ca_file: needs admin_plane.tls_cert_file beside it",
        ),
        (
            vec!["tenant_plane.proxy_protocol=true"],
            "tenant_plane.proxy_protocol: needs tenant_plane.trusted_proxies beside it",
        ),
        (
            vec!["registry.max_connections=4"],
            "registry.max_connections_per_tenant: 5 is more than registry.max_connections, which is 4 (flag --set)",
        ),
        (
            vec!["registry.max_resident=10", "registry.warm_up=11"],
            "registry.warm_up: 11 is more than registry.max_resident, which is 10 (flag --set)",
        ),
    ] {
        let error = problem(&flags(given)).to_string();
        assert!(error.contains(reason), "{error}");
    }
    let error = problem(&variables([("TENANTRY_CONTROL_STORE__BOOTSTRAP_PASSWORD", "x")])).to_string();
    assert!(
        error.contains("needs control_store.bootstrap_user beside it"),
        "{error}"
    );
    load(&flags([
        "tenant_plane.listen=127.0.0.1:0",
        "admin_plane.listen=127.0.0.1:0",
    ]));
    load(&flags(["registry.max_connections=5"]));
    load(&flags([
        "tenant_plane.proxy_protocol=true",
        "tenant_plane.trusted_proxies=10.0.0.1/32",
    ]));
    load(&flags(["registry.max_resident=10", "registry.warm_up=10"]));
    load(&flags([
        "data_cluster.tls_ca_file=/ca.pem",
        "data_cluster.tls=verify-ca",
    ]));
}
