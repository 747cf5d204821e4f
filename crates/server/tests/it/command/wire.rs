//! Requests on the wire, and answers that are not the service's.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use testkit::Proxy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::operator::{Operator, Said, run};
use super::process::command;
use crate::support::until;

const DEADLINE: Duration = Duration::from_mins(1);

/// A scripted service.
struct Fake {
    listener: TcpListener,
    folder: tempfile::TempDir,
}

impl Fake {
    async fn new() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    async fn run(&self, arguments: &[&str]) -> Said {
        let mut command = command(self.folder.path(), arguments);
        command
            .env("TENANTRY_ADMIN_URL", format!("http://{}/below", self.address()))
            .env("TENANTRY_ADMIN_TOKEN", "tnt_admin_of-a-test");
        run(command).await
    }

    /// The next request, and the connection that it came by.
    async fn request(&self) -> (String, TcpStream) {
        let (mut stream, _) = timeout(DEADLINE, self.listener.accept()).await.unwrap().unwrap();
        let mut request = Vec::new();
        // The bodies here end with the one brace there is.
        while !(request.ends_with(b"}") || request.ends_with(b"\r\n\r\n") && is_whole(&request)) {
            let read = timeout(DEADLINE, stream.read_buf(&mut request))
                .await
                .unwrap()
                .unwrap();
            assert!(read > 0, "{request:?}");
        }
        (String::from_utf8(request).unwrap(), stream)
    }
}

fn is_whole(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_lowercase();
    !head.contains("content-length: ") || head.contains("content-length: 0\r\n")
}

async fn answer(mut stream: TcpStream, status: &str, more: &str, body: &str) {
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// The value of a header.
fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = request.lines();
    lines.find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[tokio::test]
async fn a_post_is_sent_again_with_its_key_when_the_connection_breaks_and_no_third_time() {
    let fake = Fake::new().await;
    let keys = async {
        let (first, stream) = fake.request().await;
        drop(stream);
        let (second, stream) = fake.request().await;
        assert_eq!(first, second);
        assert!(
            first.starts_with("POST /below/admin/v1/tenants HTTP/1.1\r\n"),
            "{first}"
        );
        assert_eq!(
            header(&first, "authorization"),
            Some("Bearer tnt_admin_of-a-test")
        );
        assert_eq!(header(&first, "prefer"), Some("respond-async"));
        assert!(first.ends_with(r#"{"name":"acme"}"#), "{first}");
        answer(stream, "201 Created", "", r#"{"name":"acme"}"#).await;
        header(&first, "idempotency-key").unwrap().to_owned()
    };
    let (said, first) = tokio::join!(fake.run(&["tenant", "create", "acme", "--json"]), keys);
    assert_eq!(said.code, Some(0), "{said:?}");

    let broken = async {
        let (request, stream) = fake.request().await;
        drop(stream);
        drop(fake.request().await);
        header(&request, "idempotency-key").unwrap().to_owned()
    };
    let (said, second) = tokio::join!(fake.run(&["tenant", "create", "acme"]), broken);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_perhaps_done(&said, "tenant list");
    // Another invocation is another request.
    assert_ne!(first, second);
}

#[tokio::test]
async fn issuers_are_a_table_with_the_state_of_their_keys() {
    let fake = Fake::new().await;
    let keys = json!({
        "items": [
            {"issuer": "https://login.test/", "source": "https://login.test/keys", "state": "stale", "keys": 2,
             "fetched_at": "2027-01-31T12:00:00Z", "usable_until": "2027-02-01T12:00:00Z", "failure": "status\u{1b}[2J 503"},
            {"issuer": "me", "source": "/etc/keys.pem", "state": "of a later version", "keys": null,
             "fetched_at": null, "usable_until": null, "failure": null, "more": 1},
        ],
        "next_cursor": null,
    });
    let answers = async {
        let (request, stream) = fake.request().await;
        assert!(
            request.starts_with("GET /below/admin/v1/issuers HTTP/1.1"),
            "{request}"
        );
        answer(stream, "200 OK", "", &keys.to_string()).await;
    };
    let (said, ()) = tokio::join!(fake.run(&["issuer", "list"]), answers);
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines: Vec<_> = said.out.lines().collect();
    assert!(lines[0].starts_with("ISSUER ") && lines.len() == 3, "{said:?}");
    for part in [
        "https://login.test/ ",
        " stale ",
        "2027-02-01 12:00:00Z",
        "status\\u{1b}[2J 503",
    ] {
        assert!(lines[1].contains(part), "{part}: {said:?}");
    }
    assert!(
        lines[2].contains(" of a later version ") && lines[2].contains(" -"),
        "{said:?}"
    );
}

#[tokio::test]
async fn an_answer_has_a_time_limit() {
    let fake = Fake::new().await;
    let silent = fake.request();
    let arguments = ["tenant", "list", "--request-timeout", "300ms"];
    let (said, _held) = tokio::join!(fake.run(&arguments), silent);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(
        said.err.contains(&fake.address().to_string()) && said.err.contains("--request-timeout"),
        "{said:?}"
    );
    // A GET changes nothing, and a service that listens need not be started.
    assert!(
        !said.err.contains("is not known") && !said.err.contains("tenantry serve"),
        "{said:?}"
    );
    // The port is closed.
    let address = fake.address();
    let Fake { listener, folder } = fake;
    drop(listener);
    let mut command = command(folder.path(), &["tenant", "list"]);
    command
        .env("TENANTRY_ADMIN_URL", format!("http://{address}"))
        .env("TENANTRY_ADMIN_TOKEN", "x");
    let said = run(command).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(
        said.err.contains("no service answers at") && said.err.contains("tenantry serve"),
        "{said:?}"
    );
}

/// The message says how to find out, and not to start the service.
fn assert_perhaps_done(said: &Said, list: &str) {
    let look = format!("it is not known whether it was done: look with `tenantry {list}`");
    assert!(
        said.err.contains(&look) && !said.err.contains("tenantry serve"),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_change_that_was_sent_and_not_answered_may_have_been_made() {
    let fake = Fake::new().await;
    let id = testkit::unknown_tenant().to_string();
    for (change, list) in [
        (&["tenant", "create", "hung"][..], "tenant list"),
        (&["api-key", "create", &id, "ci"], "api-key list"),
        (&["tenant", "delete", &id, "--yes"], "tenant list"),
    ] {
        let hangs = fake.request();
        let arguments = [change, &["--request-timeout", "500ms"]].concat();
        let (said, (request, _held)) = tokio::join!(fake.run(&arguments), hangs);
        assert!(!request.starts_with("GET "), "{request}");
        assert_eq!(said.code, Some(3), "{said:?}");
        assert_perhaps_done(&said, list);
    }

    // Sent, and the service gone before it could be sent again: the first may have arrived.
    let command = {
        let address = fake.address();
        let mut command = command(fake.folder.path(), &["tenant", "create", "hung"]);
        command
            .env("TENANTRY_ADMIN_URL", format!("http://{address}"))
            .env("TENANTRY_ADMIN_TOKEN", "x");
        command
    };
    let (_keep, dies) = (fake.folder, async {
        let fake = Fake {
            listener: fake.listener,
            folder: tempfile::tempdir().unwrap(),
        };
        let (_, stream) = fake.request().await;
        drop(fake);
        drop(stream);
    });
    let (said, ()) = tokio::join!(run(command), dies);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_perhaps_done(&said, "tenant list");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_web_page_is_no_answer() {
    let fake = Fake::new().await;
    let elsewhere = Fake::new().await;
    for (status, more) in [
        (
            "302 Found",
            format!("location: http://{}/\r\n", elsewhere.address()),
        ),
        ("200 OK", "content-type: text/html\r\n".to_owned()),
        ("502 Bad Gateway", String::new()),
    ] {
        let answers = async {
            let (_, stream) = fake.request().await;
            answer(stream, status, &more, "<html>").await;
        };
        let (said, ()) = tokio::join!(fake.run(&["tenant", "list"]), answers);
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(
            said.err.contains("is not an admin plane") && said.err.contains(&status[..3]),
            "{said:?}"
        );
    }
}

#[tokio::test]
async fn a_tls_alert_on_plain_http_is_explained() {
    let fake = Fake::new().await;
    let answers = async {
        let (_, mut stream) = fake.request().await;
        // As servers that speak TLS alone answer: an alert, "protocol version".
        stream.write_all(b"\x15\x03\x01\x00\x02\x02\x46").await.unwrap();
    };
    let (said, ()) = tokio::join!(fake.run(&["tenant", "list"]), answers);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("its URL begins with https://"), "{said:?}");
}

#[tokio::test]
async fn a_url_of_the_wrong_plane_or_scheme_is_explained() {
    let operator = Operator::new().await;
    let tenant_plane = format!("http://{}", operator.service.tenant_plane);
    let https = format!("https://{}", operator.service.admin_plane);
    for (url, explained) in [
        (
            &tenant_plane,
            "--url takes the admin plane's URL, not the tenant plane's",
        ),
        (&https, "its URL begins with http://"),
    ] {
        let error = operator.fails(3, &["tenant", "list", "--url", url]).await;
        assert!(error.contains(url) && error.contains(explained), "{error}");
    }
    // The certificate's check comes before the request: the change was not made.
    let error = operator
        .fails(3, &["tenant", "create", "acme", "--url", &https])
        .await;
    assert!(!error.contains("is not known"), "{error}");
}

#[tokio::test]
async fn a_change_may_have_been_made_if_a_gateway_timed_out() {
    let fake = Fake::new().await;
    let answers = async {
        let (_, stream) = fake.request().await;
        answer(stream, "504 Gateway Timeout", "", "<html>").await;
    };
    let (said, ()) = tokio::join!(fake.run(&["tenant", "create", "acme"]), answers);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_perhaps_done(&said, "tenant list");
}

#[tokio::test]
async fn an_operation_is_watched_over_a_restart_of_the_service() {
    let fake = Fake::new().await;
    let id = testkit::unknown_tenant();
    let moment = "2027-01-31T12:00:00Z";
    let operation = |state: &str| {
        json!({
            "id": id.to_string(), "tenant_id": id.to_string(), "kind": "suspend", "state": state,
            "progress": {"step": null, "steps_done": 0, "steps_total": 3, "rows_removed": 0},
            "attempts": 0, "last_error": null, "next_attempt_at": null, "actor": "ops",
            "created_at": moment, "updated_at": moment, "finished_at": null,
        })
        .to_string()
    };
    let tenant = json!({
        "id": id.to_string(), "name": "acme", "external_id": null, "state": "suspended", "metadata": {},
        "max_connections": null, "reserved_connections": 0, "purge_at": null, "login_refused_at": null,
        "created_at": moment, "updated_at": moment,
    });
    let problem = r#"{"status":503,"code":"SHUTTING_DOWN","title":"This instance is shutting down"}"#;
    let answers = async {
        let (begun, stream) = fake.request().await;
        assert!(
            begun.starts_with(&format!("POST /below/admin/v1/tenants/{id}/suspend ")),
            "{begun}"
        );
        answer(stream, "202 Accepted", "", &operation("running")).await;
        for (status, body) in [
            ("503 Service Unavailable", problem),
            ("502 Bad Gateway", "<html>"),
            ("200 OK", &operation("running")),
            ("200 OK", &operation("succeeded")),
        ] {
            let (look, stream) = fake.request().await;
            assert!(
                look.starts_with(&format!("GET /below/admin/v1/operations/{id} ")),
                "{look}"
            );
            answer(stream, status, "", body).await;
        }
        let (shown, stream) = fake.request().await;
        assert!(
            shown.starts_with(&format!("GET /below/admin/v1/tenants/{id} ")),
            "{shown}"
        );
        answer(stream, "200 OK", "", &tenant.to_string()).await;
    };
    let id = id.to_string();
    let suspend = ["tenant", "suspend", id.as_str()];
    let (said, ()) = tokio::join!(fake.run(&suspend), answers);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("suspended") && said.err.is_empty(), "{said:?}");

    let answers = async {
        let (_, stream) = fake.request().await;
        answer(stream, "202 Accepted", "", &operation("superseded")).await;
    };
    let (said, ()) = tokio::join!(fake.run(&suspend), answers);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("superseded"), "{said:?}");
}

#[tokio::test]
async fn a_key_whose_answer_was_lost_is_created_once_and_reported() {
    let operator = Operator::new().await;
    operator.json(&["tenant", "create", "acme"]).await;
    let admin_plane = operator.service.admin_plane;
    let proxy = Proxy::start(admin_plane.ip().to_string(), admin_plane.port());
    let url = format!("http://{}", proxy.address());
    let keys = async || {
        let list = operator.json(&["api-key", "list", "--tenant", "acme"]).await;
        list["items"].as_array().unwrap().clone()
    };
    // Each answer is so long on its way that it can be lost.
    proxy.delay(Duration::from_secs(1));
    let lost = async {
        until(async || !keys().await.is_empty()).await;
        proxy.cut().await;
        proxy.heal();
    };
    let arguments = ["api-key", "create", "acme", "ci", "--url", &url];
    let (error, ()) = tokio::join!(operator.fails(1, &arguments), lost);
    let keys = keys().await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    let revoke = format!("revoke {}", keys[0]["id"].as_str().unwrap());
    assert!(error.contains(&revoke), "{error}");
}
