//! HTTP/2 on the same port, by prior knowledge (RFC 9113, section 3.3).

use futures_util::future::join_all;
use reqwest::{Client, Version};
use tokio::{net::TcpStream, time::timeout};
use web::{StackSettings, listen::Limits};

use crate::support::{SHORT, SOON, Server, problem, server, settings, until};

fn client() -> Client {
    Client::builder()
        .http2_prior_knowledge()
        .timeout(SOON)
        .build()
        .unwrap()
}

#[tokio::test]
async fn requests_are_answered() {
    let server = server();
    let response = client().get(server.url("/peer")).send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), "127.0.0.1");
    let response = client().get(server.url("/nowhere")).send().await.unwrap();
    assert_eq!(problem(response).await["code"], "ROUTE_UNKNOWN");
}

#[tokio::test]
async fn streams_run_at_the_same_time_up_to_their_cap() {
    let limits = Limits {
        streams: 3,
        connections: 1,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let client = client();
    // The connection is there, and its settings are known to the client.
    client.get(server.url("/hello")).send().await.unwrap();
    let requests = (0..5).map(|_| client.get(server.url("/wait")).send());
    let requests = tokio::spawn(join_all(requests));
    until("three handlers have begun", || server.gate.entered() == 3).await;
    tokio::time::sleep(SHORT).await;
    assert_eq!(server.gate.entered(), 3);
    server.gate.open();
    for response in requests.await.unwrap() {
        assert_eq!(response.unwrap().text().await.unwrap(), "through");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let limits = Limits {
        idle: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let tcp = TcpStream::connect(server.addr).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(tcp).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get(server.url("/hello")).body(()).unwrap();
    let (answer, _) = requests.send_request(request, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    let closed = timeout(SOON, connection)
        .await
        .expect("the server closes in time");
    closed.unwrap().expect("it says goodbye");
}

#[tokio::test]
async fn a_stream_is_bounded_as_a_whole() {
    let server = Server::start(
        Limits {
            exchange: SHORT,
            ..Limits::default()
        },
        settings(),
    );
    let client = client();
    let error = client.get(server.url("/wait")).send().await.unwrap_err();
    assert!(!error.is_timeout(), "it was the client that gave up: {error}");
    until("the handler is dropped", || server.gate.left() == 1).await;
    assert_eq!(
        client.get(server.url("/hello")).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn a_slow_body_is_a_timeout() {
    let server = Server::start(
        Limits::default(),
        StackSettings {
            body_pause: SHORT,
            ..settings()
        },
    );
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = client()
        .post(server.url("/users"))
        .header("content-type", "application/json");
    let response = request
        .body(reqwest::Body::wrap_stream(never))
        .send()
        .await
        .unwrap();
    assert_eq!(problem(response).await["code"], "REQUEST_TIMEOUT");
}
