//! Listeners of the tenant plane with the ways that they open, and hosts that name a tenant.

use std::net::{SocketAddr, TcpListener};

use config::{Inputs, Purpose, load};
use reqwest::Method;
use serde_json::{Value, json};
use server::dev::{StartMarker, StateDir};
use server::service::Listeners;
use testkit::Answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::jwt::identity_provider::{KeySetServer, SigningKey, claims};
use crate::openapi::check;
use crate::support::{Client, Service};

const USERS: &str = "/v1/users";
const INTERNAL: &str = "/v1/internal/users";

/// Opens all ways, API keys alone, tokens alone, the internal routes alone.
const LISTENERS: &str = r#"tenant_plane.listeners=[
    { name = "keys", listen = "127.0.0.1:0", opens = ["api_key"] },
    { name = "tokens", listen = "127.0.0.1:0", opens = ["jwt"], trusted_networks = [] },
    { name = "inside", listen = "127.0.0.1:0", opens = ["internal"] },
]"#;

/// A client of this listener.
fn at(address: SocketAddr) -> Client {
    Client::new(address).checked_by(check)
}

/// Status, challenge and body, without what differs between any two answers.
fn shown(mut answer: Answer) -> (u16, Option<String>, Value) {
    let challenge = answer.headers.get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    if let Some(body) = answer.body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status.as_u16(), challenge, answer.body)
}

#[tokio::test]
async fn a_listener_opens_its_ways_and_no_other() {
    let signer = SigningKey::ed("1");
    let issuer = KeySetServer::of(&[&signer]);
    let service = Service::with(&[&issuer.setting(), LISTENERS]).await;
    let acme = service.tenant("acme").await;
    let (_, key) = service.api_key(&acme, &["read", "write"]).await;
    let (key, token) = (
        format!("Bearer {key}"),
        format!("Bearer {}", signer.token(&claims(&acme))),
    );
    let id = acme.id.to_string();
    let [keys, tokens, inside] = service.beside[..] else {
        panic!("{:?}", service.beside)
    };
    for (address, internal, by_key, by_token) in [
        (service.tenant_plane, 200, 200, 200),
        (keys, 404, 200, 401),
        (tokens, 404, 401, 200),
        (inside, 200, 404, 404),
    ] {
        for (path, header, value, status) in [
            (INTERNAL, "x-tenant-id", &id, internal),
            (USERS, "authorization", &key, by_key),
            (USERS, "authorization", &token, by_token),
        ] {
            let client = at(address).header(header, value);
            match status {
                200 => drop(client.get(path).await.expect(200)),
                404 => {
                    client.get(path).await.refused(404, "ROUTE_UNKNOWN");
                    client.send(Method::PUT, path).await.refused(404, "ROUTE_UNKNOWN");
                }
                _ => client.get(path).await.refused(401, "UNAUTHENTICATED"),
            }
        }
    }
    // A good credential of a kind that is closed is answered as a made-up one is.
    let made_up = [
        (keys, &token, format!("Bearer {}x", &token[7..])),
        (tokens, &key, "Bearer tnt_key_made-up".to_owned()),
    ];
    for (address, good, bad) in made_up {
        for method in [Method::GET, Method::POST] {
            let answers = [good, &bad].map(|value| at(address).header("authorization", value));
            let [good, bad] = answers
                .each_ref()
                .map(|client| client.send(method.clone(), USERS));
            assert_eq!(shown(good.await), shown(bad.await));
        }
    }
    // All share the tenants' pools.
    assert_eq!(service.registry.stats().opened, 1);

    // Each describes itself to whom it trusts.
    for (address, status) in [(keys, 200), (inside, 200), (tokens, 403)] {
        assert_eq!(at(address).get("/openapi.json").await.status, status);
    }
    // All end with the service.
    let mut open = Vec::new();
    for address in service.beside.clone() {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'H');
        open.push(stream);
    }
    service.stop().await.unwrap();
    for mut stream in open {
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn a_host_names_the_tenant() {
    let service = Service::with(&[
        "tenant_plane.tenant_hosts={tenant}.example.com,{tenant}.bücher.example",
        "tenant_plane.allowed_hosts=*.example.com,*.bücher.example",
    ])
    .await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let unknown = testkit::unknown_tenant();
    let (_, key) = service.api_key(&acme, &["read", "write"]).await;
    let at_host = |host: &str| service.anonymous().header("host", host);
    let holder = |host: &str| at_host(host).header("authorization", &format!("Bearer {key}"));
    let of = |id: &str| format!("{id}.example.com");
    let (own, other) = (acme.id.to_string(), globex.id.to_string());
    let simple = acme.id.as_uuid().simple().to_string();

    // By the host alone, in each of its forms.
    let made = at_host(&of(&own)).post(INTERNAL, &json!({"name": "Ada"})).await;
    let user = made.expect(201);
    for host in [
        of(&own),
        of(&simple),
        of(&own.to_uppercase()),
        format!("{own}.EXAMPLE.com.:8443"),
        format!("{own}.xn--bcher-kva.example"),
    ] {
        for client in [at_host(&host), at_host(&host).header("x-tenant-id", &own)] {
            assert_eq!(
                client.get(INTERNAL).await.expect(200)["items"],
                json!([user]),
                "{host}"
            );
        }
        assert_eq!(
            holder(&host).get(USERS).await.expect(200)["items"],
            json!([user]),
            "{host}"
        );
    }
    assert_eq!(
        at_host(&of(&other)).get(INTERNAL).await.expect(200)["items"],
        json!([])
    );

    // A host that contradicts the header or the key.
    for host in [of(&other), of(&unknown.to_string())] {
        let named = at_host(&host).header("x-tenant-id", &own);
        named.get(INTERNAL).await.refused(403, "TENANT_MISMATCH");
        for client in [holder(&host), holder(&host).header("x-tenant-id", &own)] {
            client.get(USERS).await.refused(403, "TENANT_MISMATCH");
            let post = client.post(USERS, &json!({"name": "Eve"})).await;
            post.refused(403, "TENANT_MISMATCH");
        }
    }
    // Who has no key, or a wrong one, is told nothing of the tenant.
    let strangers = [of(&own), of(&unknown.to_string()), "api.example.com".to_owned()];
    let mut answers = Vec::new();
    for host in &strangers {
        let wrong = at_host(host).header("authorization", "Bearer tnt_key_made-up");
        answers.push((
            shown(at_host(host).get(USERS).await),
            shown(wrong.get(USERS).await),
        ));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0.0, 401);

    // Hosts that name none.
    for host in [
        "api.example.com",
        "acme.example.com",
        &format!("x.{own}.example.com"),
    ] {
        at_host(host)
            .get(INTERNAL)
            .await
            .refused(400, "TENANT_HEADER_MISSING");
        let named = at_host(host).header("x-tenant-id", &own);
        named.get(INTERNAL).await.expect(200);
        holder(host).get(USERS).await.expect(200);
    }
    let missing = at_host(&of(&unknown.to_string()));
    missing.get(INTERNAL).await.refused(404, "TENANT_UNKNOWN");
    let foreign = at_host(&format!("{own}.evil-example.com"));
    foreign.get(INTERNAL).await.refused(421, "HOST_NOT_ALLOWED");
}

#[tokio::test]
async fn beside_a_start_in_the_same_folder_no_other_ports_are_advised() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let inputs = Inputs {
        overrides: vec![
            format!("tenant_plane.listen={}", taken.local_addr().unwrap()).into(),
            "admin_plane.listen=127.0.0.1:0".into(),
            format!("dev.state_dir={}", state.display()).into(),
        ],
        ..Inputs::default()
    };
    let settings = load(&inputs, Purpose::Client).unwrap().settings;
    let refused = || Listeners::bind(&settings).err().unwrap().to_string();
    let starting = StartMarker::set(&StateDir::open(&state).unwrap()).unwrap();
    let told = format!(
        "; a service is starting in this folder already (process {}): wait for it, or stop it",
        std::process::id()
    );
    assert!(refused().ends_with(&told), "{}", refused());
    drop(starting);
    assert!(
        refused().contains("; free the port, or run `tenantry --set "),
        "{}",
        refused()
    );
}

#[tokio::test]
async fn a_taken_port_of_a_listener_is_named_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let list = format!(
        r#"tenant_plane.listeners=[{{ name = "a", listen = "127.0.0.1:0" }}, {{ name = "b", listen = "{address}" }}]"#
    );
    let inputs = Inputs {
        overrides: [
            list.as_str(),
            "tenant_plane.listen=127.0.0.1:0",
            "admin_plane.listen=127.0.0.1:0",
        ]
        .map(Into::into)
        .to_vec(),
        ..Inputs::default()
    };
    let settings = load(&inputs, Purpose::Client).unwrap().settings;
    let error = Listeners::bind(&settings).err().unwrap().to_string();
    let start = format!("tenant_plane.listeners[1].listen: cannot listen on {address}: ");
    assert!(error.starts_with(&start), "{error}");
    assert!(error.ends_with("; free the port, or choose another"), "{error}");
}
