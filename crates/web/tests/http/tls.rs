//! TLS of a listener, by real handshakes.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::{
    client::TlsStream,
    rustls::{
        Error,
        version::{TLS12, TLS13},
    },
};
use web::listen::{Limits, Tls};

use crate::support::{
    SHORT, SOON, Server,
    certificates::{Authority, connect},
    log,
    raw::{Raw, get},
    until,
};

const LAST: &str = "GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

async fn exchange(stream: &mut TlsStream<TcpStream>, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut read = Vec::new();
    let whole = timeout(SOON, async {
        while !read.ends_with(b"}\n") {
            if stream.read_buf(&mut read).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
        }
        Ok(())
    });
    whole.await.expect("a response in time")?;
    Ok(String::from_utf8(read).unwrap())
}

#[tokio::test]
async fn alpn_chooses_the_version_of_http() {
    let authority = Authority::new();
    let server = Server::start_tls(Limits::default(), &Tls::new(authority.server(None)));

    let stream = connect(&authority.client(&["h2", "http/1.1"], None), server.addr).await;
    let stream = stream.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://localhost/peer").body(()).unwrap();
    let (answer, _) = requests.send_request(request, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);

    for (offered, chosen) in [(&["http/1.1"][..], Some(&b"http/1.1"[..])), (&[], None)] {
        let stream = connect(&authority.client(offered, None), server.addr).await;
        let mut stream = stream.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), chosen);
        let answer = exchange(&mut stream, &get("/hello")).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let strange = connect(&authority.client(&["imap"], None), server.addr).await;
    assert!(strange.is_err(), "no protocol in common");
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    let authority = Authority::new();
    let server = Server::start_tls(Limits::default(), &Tls::new(authority.server(None)));
    for version in [&TLS12, &TLS13] {
        let client = authority.client_of(&[version], &[], None);
        let mut stream = connect(&client, server.addr).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        exchange(&mut stream, LAST).await.unwrap();
    }
}

#[tokio::test]
async fn a_client_without_a_certificate_of_the_authority_gets_nowhere() {
    let (authority, clients, others) = (Authority::new(), Authority::new(), Authority::new());
    let server = Server::start_tls(Limits::default(), &Tls::new(authority.server(Some(&clients))));
    for (certified, served) in [(Some(&clients), true), (Some(&others), false), (None, false)] {
        let client = authority.client(&[], certified);
        // With TLS 1.3 a client learns of its refusal by what it reads.
        let answer = match connect(&client, server.addr).await {
            Ok(mut stream) => exchange(&mut stream, LAST).await,
            Err(error) => Err(error),
        };
        assert_eq!(answer.is_ok(), served, "{answer:?}");
        // It is told why, also while its request is on the way.
        if let Err(error) = answer {
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
            assert!(matches!(cause, Some(Error::AlertReceived(_))), "{error:?}");
        }
    }
    let rejected = || log::count_with("connection rejected", "reason", "TLS handshake failed") >= 2;
    until("the refused ones are logged", rejected).await;
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_cuts_no_open_one() {
    let (former, latter) = (Authority::new(), Authority::new());
    let tls = Tls::new(former.server(None));
    let server = Server::start_tls(Limits::default(), &tls);
    let client = former.client(&[], None);
    let mut open = connect(&client, server.addr).await.unwrap();
    exchange(&mut open, &get("/hello")).await.unwrap();

    tls.replace(latter.server(None));
    let mut new = connect(&latter.client(&["h2"], None), server.addr).await.unwrap();
    assert_eq!(new.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    new.shutdown().await.unwrap();
    // Also not by a resumed session.
    assert!(connect(&client, server.addr).await.is_err());
    for _ in 0..2 {
        let answer = exchange(&mut open, &get("/hello")).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[tokio::test]
async fn a_handshake_that_is_not_completed_is_cut() {
    let limits = Limits {
        first_request: SHORT,
        ..Limits::default()
    };
    let server = Server::start_tls(limits, &Tls::new(Authority::new().server(None)));
    // Nothing, the head of a record, and a record that has begun.
    for sent in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let mut peer = Raw::connect(server.addr).await;
        let began = Instant::now();
        peer.send(sent).await;
        peer.closed().await;
        assert!(began.elapsed() >= SHORT / 2, "not by the limit: {sent:?}");
    }
}

#[tokio::test]
async fn a_handshake_takes_from_the_time_for_the_first_request() {
    let first_request = Duration::from_secs(1);
    let limits = Limits {
        first_request,
        ..Limits::default()
    };
    let authority = Authority::new();
    let server = Server::start_tls(limits, &Tls::new(authority.server(None)));
    let tcp = TcpStream::connect(server.addr).await.unwrap();
    let began = Instant::now();
    tokio::time::sleep(first_request / 2).await;
    let client = authority.client(&[], None);
    let connected = client.connect("localhost".try_into().unwrap(), tcp).await;
    let closed = timeout(SOON, connected.unwrap().read(&mut [0])).await;
    assert!(!matches!(closed.unwrap(), Ok(1)));
    assert!(began.elapsed() < first_request * 3 / 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn waiting_handshakes_make_room_at_the_limit() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let authority = Authority::new();
    let server = Server::start_tls(limits, &Tls::new(authority.server(None)));
    let _silent = [Raw::connect(server.addr).await, Raw::connect(server.addr).await];
    let mut stream = connect(&authority.client(&[], None), server.addr).await.unwrap();
    exchange(&mut stream, LAST).await.unwrap();
}

#[tokio::test]
async fn plain_http_is_told_to_use_tls() {
    let server = Server::start_tls(Limits::default(), &Tls::new(Authority::new().server(None)));
    let mut peer = Raw::connect(server.addr).await;
    peer.send(get("/hello")).await;
    let (_, answer) = peer.closed().await;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("this port speaks TLS"), "{answer}");
    let rejected = || log::count_with("connection rejected", "reason", "plain HTTP") > 0;
    until("it is logged", rejected).await;
    // The preface of HTTP/2 is such text as well; anything else is closed without a word.
    let mut peer = Raw::connect(server.addr).await;
    peer.send(b"\0\0\0\x04\0\0\0\0\0").await;
    assert_eq!(peer.closed().await.1, "");
}

#[tokio::test]
async fn an_idle_connection_ends_with_a_close_notify() {
    let limits = Limits {
        idle: SHORT,
        ..Limits::default()
    };
    let authority = Authority::new();
    let server = Server::start_tls(limits, &Tls::new(authority.server(None)));
    let mut stream = connect(&authority.client(&[], None), server.addr).await.unwrap();
    exchange(&mut stream, &get("/hello")).await.unwrap();
    // Without it rustls reports an unexpected end.
    let read = timeout(SOON, stream.read(&mut [0])).await.unwrap();
    assert_eq!(read.unwrap(), 0);
}

#[tokio::test]
async fn a_large_response_arrives_whole_and_the_drain_waits_for_it() {
    let authority = Authority::new();
    let server = Server::start_tls(Limits::default(), &Tls::new(authority.server(None)));
    let mut stream = connect(&authority.client(&[], None), server.addr).await.unwrap();
    stream.write_all(get("/page").as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while read.is_empty() {
        stream.read_buf(&mut read).await.unwrap();
    }
    server.stop();
    timeout(SOON, stream.read_to_end(&mut read))
        .await
        .unwrap()
        .unwrap();
    assert!(read.ends_with(&vec![b'x'; 100_000]), "{} bytes", read.len());
    assert_eq!(server.drained().await.aborted, 0);
}
