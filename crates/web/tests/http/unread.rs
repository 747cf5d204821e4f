//! Responses over HTTP/2 that are not read: the peer opens no window, and answers every ping.

use h2::{
    Error, RecvStream,
    client::{Builder, SendRequest},
};
use hyper::body::Bytes;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use web::listen::Limits;

use crate::support::{SHORT, SOON, Server, client, settings};

/// A peer that reads heads and no bodies.
struct Deaf {
    requests: SendRequest<Bytes>,
    /// Dropping one would reset its stream.
    answers: Vec<RecvStream>,
    connection: JoinHandle<Result<(), Error>>,
}

impl Deaf {
    async fn connect(server: &Server, window: u32) -> Self {
        let tcp = TcpStream::connect(server.addr).await.unwrap();
        let mut builder = Builder::new();
        let handshake = builder.initial_window_size(window).handshake(tcp);
        let (requests, connection) = handshake.await.unwrap();
        Self {
            requests: requests.ready().await.unwrap(),
            answers: Vec::new(),
            connection: tokio::spawn(connection),
        }
    }

    async fn ask(&mut self, server: &Server, path: &str) -> Result<http::Response<RecvStream>, Error> {
        let request = http::Request::get(server.url(path)).body(()).unwrap();
        let (answer, _) = self.requests.send_request(request, true)?;
        timeout(SOON, answer).await.expect("an answer in time")
    }

    async fn take(&mut self, server: &Server, pages: usize) {
        for _ in 0..pages {
            let answer = self.ask(server, "/page").await.unwrap();
            self.answers.push(answer.into_body());
        }
    }

    async fn cut(self) {
        let _closed = timeout(SOON, self.connection)
            .await
            .expect("the server closes in time");
    }
}

#[tokio::test]
async fn a_connection_whose_answers_do_not_get_on_is_cut() {
    let limits = Limits {
        stall: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    // With a window of one byte h2 takes all of an answer at once, and no request is under way any more.
    for window in [0, 1] {
        let mut deaf = Deaf::connect(&server, window).await;
        deaf.take(&server, 3).await;
        deaf.cut().await;
    }
}

#[tokio::test]
async fn an_answer_has_its_end_though_others_of_its_connection_get_on() {
    let limits = Limits {
        exchange: 5 * SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let mut deaf = Deaf::connect(&server, 1).await;
    deaf.take(&server, 1).await;
    let beside = async {
        // Each answer but the first is read.
        while let Ok(answer) = deaf.ask(&server, "/hello").await {
            let mut body = answer.into_body();
            while let Some(Ok(bytes)) = body.data().await {
                let _ = body.flow_control().release_capacity(bytes.len());
            }
        }
    };
    timeout(SOON, beside).await.expect("the server closes in time");
}

#[tokio::test]
async fn past_the_listeners_limit_those_go_whose_answers_have_waited_longest() {
    let limits = Limits {
        unread: 1_000_000,
        stall: 2 * SOON,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let mut first = Deaf::connect(&server, 0).await;
    first.take(&server, 6).await;
    let mut second = Deaf::connect(&server, 1).await;
    second.take(&server, 6).await;
    first.cut().await;
    // Who reads is served, however much.
    for _ in 0..20 {
        let page = client().get(server.url("/page")).send().await.unwrap();
        assert_eq!(page.bytes().await.unwrap().len(), 100_000);
    }
    assert!(!second.connection.is_finished());
    let mut third = Deaf::connect(&server, 0).await;
    third.take(&server, 6).await;
    second.cut().await;
    assert_eq!(third.ask(&server, "/hello").await.unwrap().status(), 200);
}
