//! `tenant_plane.listeners`: listeners of the tenant plane beside the one of its section.

use std::path::PathBuf;
use std::time::Duration;

use config::{self, Inputs, Purpose, TenantListenerSettings, Way};
use serde_json::json;

use crate::{file, flags, load, problem, problems, variables};

/// Flags that set this list, after these.
fn set(list: &str, others: &[&str]) -> Inputs {
    let list = format!("tenant_plane.listeners={list}");
    flags(others.iter().copied().chain([list.as_str()]))
}

fn listeners(inputs: &Inputs) -> Vec<TenantListenerSettings> {
    load(inputs).settings.tenant_plane.listeners
}

#[test]
fn a_table_inherits_what_it_does_not_set() {
    let text = r#"
[tenant_plane]
allowed_hosts = ["api.example.org"]
tenant_hosts = ["{tenant}.example.org"]
trusted_networks = ["10.0.0.0/8"]
trusted_proxies = ["10.0.0.1/32"]
proxy_protocol = true
tls_cert_file = "/tls/own.crt"
tls_key_file = "/tls/own.key"
body_limit = 1024
max_key_staleness = "1m"

[[tenant_plane.listeners]]
name = "public"
listen = "0.0.0.0:8443"
opens = ["api_key", "jwt"]
allowed_hosts = []
tls_cert_file = "/tls/public.crt"
tls_key_file = "/tls/public.key"
hsts_days = 365
max_connections = 7
request_timeout = "3s"

[[tenant_plane.listeners]]
name = "far-1"
listen = "[::1]:8444"
trusted_networks = []
trusted_proxies = []
proxy_protocol = false
tenant_hosts = []
"#;
    let (_folder, inputs) = file("dev.toml", text);
    let plane = load(&inputs).settings.tenant_plane;
    let [default, public, far] = &plane.all_listeners()[..] else {
        panic!("{:?}", plane.listeners)
    };
    assert_eq!((default.name.as_str(), default.listen), ("default", plane.listen));
    assert_eq!((&*public.name, &*far.name), ("public", "far-1"));
    assert_eq!(public.listen, ([0, 0, 0, 0], 8443).into());
    assert_eq!(public.opens, [Way::ApiKey, Way::Jwt]);
    assert_eq!(far.opens, default.opens);
    assert!(public.opens(Way::Jwt) && !public.opens(Way::Internal));
    let files = |listener: &TenantListenerSettings| {
        let tls = listener.tls.clone();
        [tls.tls_cert_file.unwrap(), tls.tls_key_file.unwrap()]
    };
    assert_eq!(
        files(public),
        ["/tls/public.crt", "/tls/public.key"].map(PathBuf::from)
    );
    assert_eq!(files(far), ["/tls/own.crt", "/tls/own.key"].map(PathBuf::from));
    assert_eq!((public.tls.hsts_days, far.tls.hsts_days), (365, 0));
    assert_eq!(public.allowed_hosts, [""; 0]);
    assert_eq!(far.allowed_hosts, ["api.example.org"]);
    assert_eq!(public.tenant_hosts, ["example.org"]);
    assert_eq!(far.tenant_hosts, [""; 0]);
    assert_eq!(public.trusted_networks, default.trusted_networks);
    assert_eq!(public.trusted_networks.len(), 1);
    assert!(far.trusted_networks.is_empty() && far.trusted_proxies.is_empty());
    assert!(public.proxy_protocol && !far.proxy_protocol);
    let limits = [default, public, far].map(|listener| {
        let limits = &listener.limits;
        (limits.max_connections, limits.body_limit, limits.request_timeout)
    });
    let (ordinary, short) = (Duration::from_secs(30), Duration::from_secs(3));
    assert_eq!(
        limits,
        [(1024, 1024, ordinary), (7, 1024, short), (1024, 1024, ordinary)]
    );
}

#[test]
fn a_variable_takes_the_whole_list_and_replaces_it() {
    let (folder, _) = file(
        "dev.toml",
        "[[tenant_plane.listeners]]\nname = 'a'\nlisten = '127.0.0.1:1'\n",
    );
    let mut inputs = variables([
        (
            "TENANTRY_TENANT_PLANE__LISTENERS",
            r#"[{ name = "b", listen = "127.0.0.1:2", opens = ["internal"], max_connections = 5 }]"#,
        ),
        // Inherited from text.
        ("TENANTRY_TENANT_PLANE__TRUSTED_NETWORKS", "10.0.0.0/8, fd00::/8"),
        ("TENANTRY_TENANT_PLANE__BODY_LIMIT", "2048"),
    ]);
    inputs.config_dir = Some(folder.path().to_owned());
    let [only] = &listeners(&inputs)[..] else {
        panic!("not one")
    };
    assert_eq!((&*only.name, &only.opens[..]), ("b", &[Way::Internal][..]));
    assert_eq!(only.limits.max_connections, 5);
    assert_eq!((only.trusted_networks.len(), only.limits.body_limit), (2, 2048));
    let report = config::check(&inputs, Purpose::Serve);
    assert!(report.is_valid(), "{report}");
    let row = report
        .keys
        .iter()
        .find(|row| row.key == "tenant_plane.listeners")
        .unwrap();
    assert_eq!(
        json!(row.from),
        json!({"kind": "environment", "name": "TENANTRY_TENANT_PLANE__LISTENERS"})
    );
    assert_eq!(row.value.as_ref().unwrap()[0]["listen"], json!("127.0.0.1:2"));
    assert!(!report.keys.iter().any(|row| row.key.contains('[')));
    assert!(listeners(&flags([])).is_empty());
}

#[test]
fn an_error_names_the_table_and_its_key() {
    let table = |rest: &str| format!(r#"[{{ name = "a", listen = "127.0.0.1:0"{rest} }}]"#);
    for (list, start) in [
        (r#"[{ listen = "127.0.0.1:0" }]"#.to_owned(), "[0].name: missing"),
        (r#"[{ name = "a" }]"#.to_owned(), "[0].listen: missing"),
        (
            r#"[{ name = "a", listen = "localhost:1" }]"#.to_owned(),
            "[0].listen: \"localhost:1\" is not an address with a port",
        ),
        (
            r#"[{ name = "Ä", listen = "127.0.0.1:0" }]"#.to_owned(),
            "[0].name: \"Ä\" is not a name",
        ),
        (
            r#"[{ name = "default", listen = "127.0.0.1:0" }]"#.to_owned(),
            "[0].name: \"default\" is the name of the listener at tenant_plane.listen",
        ),
        (
            format!(r#"[{{ name = "{}", listen = "127.0.0.1:0" }}]"#, "a".repeat(33)),
            "[0].name: \"aaa",
        ),
        (table(", opens = []"), "[0].opens: must not be an empty list"),
        (
            table(r#", opens = ["admin"]"#),
            "[0].opens: \"admin\" is not one of internal, api_key, jwt",
        ),
        (
            table(", max_connections = 0"),
            "[0].max_connections: 0 is not an integer",
        ),
        (
            table(r#", trusted_proxies = ["0.0.0.0/0"]"#),
            "[0].trusted_proxies: 0.0.0.0/0 is every address",
        ),
        (
            table(", proxy_protocol = true"),
            "[0].proxy_protocol: needs tenant_plane.listeners[0].trusted_proxies beside it",
        ),
        (
            table(r#", tls_cert_file = "/a.crt""#),
            "[0].tls_cert_file: needs tenant_plane.listeners[0].tls_key_file beside it",
        ),
        (
            table(r#", allowed_host = ["a"]"#),
            "[0].allowed_host: unknown key; known ones are name, listen, opens, ",
        ),
        (
            table(r#", max_key_staleness = "1m""#),
            "[0].max_key_staleness: unknown key",
        ),
        (table(", listeners = []"), "[0].listeners: unknown key"),
        (
            r#"[{ name = "a", listen = "127.0.0.1:0" }, { name = "a", listen = "127.0.0.1:0" }]"#.to_owned(),
            "[1].name: is the name of another listener",
        ),
        ("[1]".to_owned(), ": must be a list of tables"),
        ("x".to_owned(), ": must be a list of tables"),
    ] {
        let message = problem(&set(&list, &[])).message;
        assert!(
            message.starts_with(&format!("tenant_plane.listeners{start}")),
            "{message}"
        );
        assert!(message.ends_with("(flag --set)"), "{message}");
    }
    // All at once.
    let several = problems(&set(
        r#"[{ nam = "a", opens = [] }, { name = "b", listen = "x", tls_key_file = "/b.key" }]"#,
        &[],
    ));
    let keys: Vec<_> = several
        .list
        .iter()
        .map(|problem| problem.key.as_deref().unwrap())
        .collect();
    assert_eq!(
        keys,
        [
            "tenant_plane.listeners[0].nam",
            "tenant_plane.listeners[0].name",
            "tenant_plane.listeners[0].listen",
            "tenant_plane.listeners[0].opens",
            "tenant_plane.listeners[1].listen",
            "tenant_plane.listeners[1].tls_key_file",
        ],
        "{several}"
    );
}

#[test]
fn what_is_wrong_with_an_inherited_value_is_said_once() {
    let list = r#"[{ name = "a", listen = "127.0.0.1:0" }, { name = "b", listen = "127.0.0.1:0" }]"#;
    for wrong in [
        "tenant_plane.trusted_networks=10.0.0.1",
        "tenant_plane.tls_cert_file=/a.crt",
        "tenant_plane.proxy_protocol=true",
        "tenant_plane.idle_timeout=1",
    ] {
        let (key, _) = wrong.split_once('=').unwrap();
        assert_eq!(problem(&set(list, &[wrong])).key.as_deref(), Some(key));
    }
    // A table may be what makes it wrong.
    let proxied = [
        "tenant_plane.proxy_protocol=true",
        "tenant_plane.trusted_proxies=10.0.0.1/32",
    ];
    let list = r#"[{ name = "a", listen = "127.0.0.1:0", trusted_proxies = [] }]"#;
    assert_eq!(
        problem(&set(list, &proxied)).key.as_deref(),
        Some("tenant_plane.listeners[0].proxy_protocol")
    );
}

#[test]
fn two_listeners_at_one_address_are_refused() {
    let table = |name: &str, address: &str| format!(r#"{{ name = "{name}", listen = "{address}" }}"#);
    for (list, message) in [
        (
            table("a", "127.0.0.1:8080"),
            "tenant_plane.listeners[0].listen: 127.0.0.1:8080 is tenant_plane.listen already (default.toml (built in))",
        ),
        (
            table("a", "127.0.0.1:8081"),
            "admin_plane.listen: 127.0.0.1:8081 is tenant_plane.listeners[0].listen already (flag --set)",
        ),
        (
            format!("{}, {}", table("a", "[::1]:1"), table("b", "[0::1]:1")),
            "tenant_plane.listeners[1].listen: [::1]:1 is tenant_plane.listeners[0].listen already (flag --set)",
        ),
    ] {
        let found = problem(&set(&format!("[{list}]"), &[])).message;
        assert!(found.starts_with(message), "{found}");
    }
    let any = format!("[{}, {}]", table("a", "127.0.0.1:0"), table("b", "127.0.0.1:0"));
    assert_eq!(
        listeners(&set(&any, &["tenant_plane.listen=127.0.0.1:0"])).len(),
        2
    );
    let settings = load(&set(&format!("[{}]", table("a", "10.0.0.5:1")), &[])).settings;
    let addresses = settings.listeners();
    let keys: Vec<_> = addresses.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "tenant_plane.listen",
            "tenant_plane.listeners[0].listen",
            "admin_plane.listen"
        ]
    );
}

#[test]
fn a_refused_list_is_not_shown() {
    let list = r#"[{ name = "a", listen = "postgres://u:hidden@db/x" }]"#;
    let report = config::check(&set(list, &[]), Purpose::Serve);
    let row = report.keys.iter().find(|row| row.key == "tenant_plane.listeners");
    assert_eq!(row.unwrap().value, Some(json!("<refused>")));
}
