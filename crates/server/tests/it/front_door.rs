//! Who gets to the planes' routes at all: hosts, other sites' pages, clients behind proxies.

use testkit::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Service;

const USERS: &str = "/v1/internal/users";

async fn code(client: &Client, path: &str) -> (u16, String) {
    let answer = client.get(path).await;
    let code = answer.body["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_listed_reaches_neither_plane() {
    let service = Service::with(&[
        "tenant_plane.allowed_hosts=tenants.example.org",
        "admin_plane.allowed_hosts=admin.example.org",
    ])
    .await;
    let tenant = service.tenant("acme").await;
    for (client, path, own, others) in [
        (
            service.client(&tenant),
            USERS,
            "tenants.example.org",
            "admin.example.org",
        ),
        (
            service.operator(),
            "/admin/v1/tenants",
            "admin.example.org",
            "tenants.example.org",
        ),
        (
            service.operator(),
            "/livez",
            "admin.example.org:8081",
            "evil.example",
        ),
    ] {
        let foreign = code(&client.clone().header("host", others), path).await;
        assert_eq!(foreign, (421, "HOST_NOT_ALLOWED".to_owned()), "{path}");
        // The address that was called, as probes do.
        for client in [client.clone().header("host", own), client] {
            assert_eq!(code(&client, path).await.0, 200, "{path}");
        }
    }
    assert_eq!(service.registry.stats().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_are_refused_on_both_planes() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    for (client, path) in [
        (service.client(&tenant), USERS),
        (service.operator(), "/admin/v1/tenants"),
        (service.operator(), "/readyz"),
    ] {
        let page = client.clone().header("sec-fetch-site", "cross-site");
        let fetch = page.clone().header("sec-fetch-mode", "cors");
        assert_eq!(code(&fetch, path).await, (403, "CROSS_SITE".to_owned()), "{path}");
        let link = page
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        assert_eq!(code(&link, path).await.0, 200, "{path}");
    }
    assert_eq!(service.registry.stats().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_the_clients_network_decides() {
    let service = Service::with(&[
        "tenant_plane.trusted_networks=192.0.2.0/24",
        "tenant_plane.trusted_proxies=127.0.0.0/8",
    ])
    .await;
    let tenant = service.tenant("acme").await;
    let refused = (403, "NETWORK_NOT_TRUSTED".to_owned());
    for (name, value, served) in [
        ("x-forwarded-for", "192.0.2.7", true),
        ("x-forwarded-for", "192.0.2.7, 127.0.0.9", true),
        ("forwarded", "for=192.0.2.7", true),
        ("x-forwarded-for", "192.0.2.7, 198.51.100.1", false),
        ("x-forwarded-for", "192.0.2.7, nonsense", false),
        ("forwarded", "for=unknown", false),
        ("x-other", "192.0.2.7", false),
    ] {
        let got = code(&service.client(&tenant).header(name, value), USERS).await;
        assert_eq!(
            got,
            if served {
                (200, String::new())
            } else {
                refused.clone()
            },
            "{name}: {value}"
        );
    }
    let spoofed = service.client(&tenant).header("forwarded", "for=192.0.2.7");
    let spoofed = spoofed.header("x-forwarded-for", "198.51.100.1");
    assert_eq!(code(&spoofed, USERS).await, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_origin_does_not_open_the_internal_routes() {
    let service = Service::with(&["tenant_plane.cors_allowed_origins=https://app.example.org"]).await;
    let tenant = service.tenant("acme").await;
    let page = service
        .client(&tenant)
        .header("origin", "https://app.example.org");
    let answer = page.get(USERS).await;
    assert_eq!(
        answer.headers["access-control-allow-origin"],
        "https://app.example.org"
    );
    let refused = page.header("sec-fetch-site", "cross-site").get(USERS).await;
    assert_eq!(refused.status, 403);
    let answer = service.operator().header("origin", "https://app.example.org");
    let answer = answer.get("/admin/v1/tenants").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_proxy_protocol_as_well() {
    let service = Service::with(&[
        "tenant_plane.trusted_networks=192.0.2.0/24",
        "tenant_plane.trusted_proxies=127.0.0.0/8",
        "tenant_plane.proxy_protocol=true",
    ])
    .await;
    let tenant = service.tenant("acme").await;
    for (client, status) in [([192, 0, 2, 7], "200"), ([198, 51, 100, 1], "403")] {
        let mut stream = TcpStream::connect(service.tenant_plane).await.unwrap();
        let start = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
        let header = [&start[..], &client, &[10, 0, 0, 1, 0x12, 0x67, 0, 80]].concat();
        let request = format!(
            "GET {USERS} HTTP/1.1\r\nhost: x\r\nx-tenant-id: {}\r\nconnection: close\r\n\r\n",
            tenant.id
        );
        stream
            .write_all(&[header, request.into()].concat())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}
