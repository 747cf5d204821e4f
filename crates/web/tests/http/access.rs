//! Exactly one access line a request, whatever becomes of it.

use web::{StackSettings, listen::Limits};

use crate::support::{
    SHORT, Server, client,
    log::{access_line, lines_of},
    raw::Raw,
    server, settings, until,
};

async fn send(server: &Server, path: &str, id: &str) -> u16 {
    let request = client().get(server.url(path)).header("x-request-id", id);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn an_answered_request_has_one_line_that_says_it_all() {
    let server = server();
    assert_eq!(send(&server, "/hello?password=1", "access-hello").await, 200);
    let line = access_line("access-hello").await;
    assert_eq!(line["plane"], "test");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/hello");
    assert_eq!(line["status"], "200");
    assert_eq!(line["outcome"], "answered");
    assert_eq!(line["peer"], "127.0.0.1");
    assert!(line["latency_us"].parse::<u64>().is_ok());
    assert!(!line.contains_key("code") && !line.contains_key("tenant"));
    assert!(!format!("{line:?}").contains("password"));
}

#[tokio::test]
async fn a_secret_in_a_path_is_not_logged() {
    let server = server();
    assert_eq!(
        send(&server, "/x/tnt%5Fkey_pasted/revoke", "access-secret").await,
        404
    );
    assert_eq!(access_line("access-secret").await["path"], "/x/tnt_…/revoke");
}

#[tokio::test]
async fn the_log_has_the_code_that_the_client_got() {
    let server = Server::start(
        Limits::default(),
        StackSettings {
            deadline: SHORT,
            ..settings()
        },
    );
    for (path, status, code) in [
        ("/nowhere", 404, "ROUTE_UNKNOWN"),
        ("/users?x=1", 422, "VALIDATION"),
        ("/panic", 500, "INTERNAL"),
        ("/broken", 500, "INTERNAL"),
        ("/down", 503, "TENANT_DB_DOWN"),
        ("/wait", 504, "DEADLINE_EXCEEDED"),
    ] {
        let id = format!("access-{code}-{}", &path[1..3]);
        assert_eq!(send(&server, path, &id).await, status);
        let line = access_line(&id).await;
        assert_eq!(
            (line["status"].as_str(), line["code"].as_str()),
            (status.to_string().as_str(), code),
            "{path}"
        );
    }
}

/// A database that is down fails every request: each has its access line, and the cause is logged once.
#[tokio::test]
async fn a_cause_that_repeats_is_told_once() {
    let server = server();
    let mut causes = 0;
    for n in 0..20 {
        let id = format!("access-repeated-{n}");
        assert_eq!(send(&server, "/down", &id).await, 503);
        assert_eq!(access_line(&id).await["code"], "TENANT_DB_DOWN");
        let told = lines_of(&id);
        causes += told
            .iter()
            .filter(|line| line.fields.contains_key("cause"))
            .count();
    }
    assert_eq!(causes, 1);
}

#[tokio::test]
async fn the_tenant_is_named_once_it_is_known() {
    assert_eq!(send(&server(), "/tenant", "access-tenant").await, 200);
    assert_eq!(
        access_line("access-tenant").await["tenant"],
        "00000000-0000-0000-0000-000000000007"
    );
}

#[tokio::test]
async fn a_client_that_hangs_up_is_a_line_too_and_its_handler_is_dropped() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    peer.send("GET /wait HTTP/1.1\r\nhost: x\r\nx-request-id: access-hangup\r\n\r\n")
        .await;
    until("the handler has begun", || server.gate.entered() == 1).await;
    assert!(lines_of("access-hangup").is_empty());
    drop(peer);
    let line = access_line("access-hangup").await;
    assert_eq!(
        (line["status"].as_str(), line["outcome"].as_str()),
        ("499", "cancelled")
    );
    assert_eq!(server.gate.left(), 1);
}

#[tokio::test]
async fn a_reset_http2_stream_is_cancelled_too() {
    let server = server();
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let request = client
        .get(server.url("/wait"))
        .header("x-request-id", "access-reset")
        .send();
    let request = tokio::spawn(request);
    until("the handler has begun", || server.gate.entered() == 1).await;
    request.abort();
    let line = access_line("access-reset").await;
    assert_eq!(
        (line["status"].as_str(), line["outcome"].as_str()),
        ("499", "cancelled")
    );
    until("the handler is dropped", || server.gate.left() == 1).await;
    // The connection lives on.
    assert_eq!(
        client.get(server.url("/hello")).send().await.unwrap().status(),
        200
    );
}
