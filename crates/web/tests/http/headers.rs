//! Headers that every response has, and CORS.

use http::{HeaderMap, Method};
use web::{StackSettings, listen::Limits, middleware::hsts};

use crate::support::{Server, client, server, settings};

const ORIGIN: &str = "https://app.example.org";

fn open() -> Server {
    Server::start(
        Limits::default(),
        StackSettings {
            cors_origins: vec![ORIGIN.parse().unwrap()],
            ..settings()
        },
    )
}

async fn send(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap) {
    let mut request = client().request(method, server.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.headers().clone())
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let server = server();
    for path in ["/hello", "/nowhere", "/panic", "/users?x=1"] {
        let (_, headers) = send(&server, Method::GET, path, &[]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(!headers.contains_key("strict-transport-security"));
    }
    // A page of its own.
    let (_, headers) = send(&server, Method::GET, "/policy", &[]).await;
    assert_eq!(headers["content-security-policy"], "default-src 'self'");
    assert_eq!(headers["cache-control"], "max-age=60");
}

#[tokio::test]
async fn hsts_is_told_where_it_is_configured() {
    assert_eq!(hsts(0), None);
    let settings = StackSettings {
        hsts: hsts(2),
        ..settings()
    };
    let server = Server::start(Limits::default(), settings);
    for path in ["/hello", "/nowhere"] {
        let (_, headers) = send(&server, Method::GET, path, &[]).await;
        assert_eq!(headers["strict-transport-security"], "max-age=172800");
    }
}

#[tokio::test]
async fn without_cors_no_origin_is_allowed() {
    let server = server();
    let (_, headers) = send(&server, Method::GET, "/hello", &[("origin", ORIGIN)]).await;
    assert!(
        headers
            .keys()
            .all(|name| !name.as_str().starts_with("access-control"))
    );
    assert!(!headers.contains_key("vary"));
    let preflight = [("origin", ORIGIN), ("access-control-request-method", "POST")];
    let (status, headers) = send(&server, Method::OPTIONS, "/users", &preflight).await;
    assert_eq!(status, 405);
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn cors_is_for_the_listed_origins_alone() {
    let server = open();
    // Also for what fails, so that the page can read the problem.
    for (path, status) in [
        ("/hello", 200),
        ("/nowhere", 404),
        ("/panic", 500),
        ("/down", 503),
    ] {
        let (got, headers) = send(&server, Method::GET, path, &[("origin", ORIGIN)]).await;
        assert_eq!(got, status);
        assert_eq!(headers["access-control-allow-origin"], ORIGIN, "{path}");
        let read = headers["access-control-expose-headers"].to_str().unwrap();
        for name in [
            "etag",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-request-id",
        ] {
            assert!(read.contains(name), "{read}");
        }
        assert!(headers["vary"].to_str().unwrap().contains("origin"));
        assert!(!headers.contains_key("access-control-allow-credentials"));
    }
    for origin in [
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "null",
        "*",
    ] {
        let (status, headers) = send(&server, Method::GET, "/hello", &[("origin", origin)]).await;
        assert_eq!(status, 200);
        assert!(!headers.contains_key("access-control-allow-origin"), "{origin}");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_without_the_route() {
    let server = open();
    let preflight = |origin| [("origin", origin), ("access-control-request-method", "PATCH")];
    let (status, headers) = send(&server, Method::OPTIONS, "/wait", &preflight(ORIGIN)).await;
    assert_eq!(status, 200);
    assert_eq!(headers["access-control-allow-origin"], ORIGIN);
    assert!(
        headers["access-control-allow-methods"]
            .to_str()
            .unwrap()
            .contains("PATCH")
    );
    assert!(
        headers["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("x-tenant-id")
    );
    let (_, headers) = send(
        &server,
        Method::OPTIONS,
        "/wait",
        &preflight("https://evil.example"),
    )
    .await;
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert_eq!(server.gate.entered(), 0);
}
