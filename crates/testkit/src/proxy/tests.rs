//! The proxy before a server that sends back what it gets.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::Proxy;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(30);
/// Long enough to see that nothing comes.
const A_WHILE: Duration = Duration::from_millis(200);

async fn before_echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Proxy::start("127.0.0.1", port)
}

async fn connect(proxy: &Proxy) -> TcpStream {
    within_long(TcpStream::connect(proxy.address())).await.unwrap()
}

async fn echo(stream: &mut TcpStream, text: &[u8]) -> io::Result<()> {
    stream.write_all(text).await?;
    expect(stream, text).await
}

async fn expect(stream: &mut TcpStream, text: &[u8]) -> io::Result<()> {
    let mut answer = vec![0; text.len()];
    within_long(stream.read_exact(&mut answer)).await?;
    assert_eq!(answer, text);
    Ok(())
}

async fn within_long<F: Future>(future: F) -> F::Output {
    timeout(LONG, future).await.expect("it does not last so long")
}

#[tokio::test]
async fn it_forwards_and_counts_and_ends_as_the_ends_do() {
    let proxy = before_echo().await;
    let mut one = connect(&proxy).await;
    let mut other = connect(&proxy).await;
    echo(&mut one, b"one").await.unwrap();
    echo(&mut other, &vec![7; 1_000_000]).await.unwrap();
    assert_eq!(proxy.accepted(), 2);

    one.shutdown().await.unwrap();
    assert_eq!(within_long(one.read(&mut [0])).await.unwrap(), 0);
    echo(&mut other, b"still here").await.unwrap();
}

#[tokio::test]
async fn a_delay_is_one_of_the_line_each_way() {
    let proxy = before_echo().await;
    let mut stream = connect(&proxy).await;
    echo(&mut stream, b"quick").await.unwrap();
    proxy.delay(A_WHILE);
    let before = Instant::now();
    // More than sixty pieces each way; one after the other they would take twenty-five seconds.
    echo(&mut stream, &vec![7; 1_000_000]).await.unwrap();
    assert!((A_WHILE * 2..LONG / 2).contains(&before.elapsed()));
    proxy.heal();
    echo(&mut stream, b"quick again").await.unwrap();
}

#[tokio::test]
async fn frozen_traffic_continues_when_it_thaws() {
    let proxy = before_echo().await;
    let mut old = connect(&proxy).await;
    echo(&mut old, b"before").await.unwrap();
    proxy.freeze();
    old.write_all(b"frozen").await.unwrap();
    let mut new = connect(&proxy).await;
    new.write_all(b"also").await.unwrap();
    for stream in [&mut old, &mut new] {
        assert!(timeout(A_WHILE, stream.read(&mut [0])).await.is_err());
    }
    proxy.heal();
    expect(&mut old, b"frozen").await.unwrap();
    expect(&mut new, b"also").await.unwrap();
}

#[tokio::test]
async fn a_cut_resets_open_connections_and_admits_new_ones() {
    let proxy = before_echo().await;
    let mut old = connect(&proxy).await;
    echo(&mut old, b"before").await.unwrap();
    proxy.freeze();
    proxy.cut().await;
    let error = within_long(old.read(&mut [0])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    proxy.heal();
    echo(&mut connect(&proxy).await, b"after").await.unwrap();
}

#[tokio::test]
async fn new_connections_are_refused_at_once_and_open_ones_stay() {
    let proxy = before_echo().await;
    let mut old = connect(&proxy).await;
    echo(&mut old, b"before").await.unwrap();
    for _ in 0..3 {
        proxy.refuse().await;
        let error = within_long(TcpStream::connect(proxy.address()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        echo(&mut old, b"meanwhile").await.unwrap();
        proxy.heal();
        echo(&mut connect(&proxy).await, b"after").await.unwrap();
    }
    assert_eq!(proxy.accepted(), 4);
}

#[tokio::test]
async fn a_dropped_proxy_closes_all() {
    let proxy = before_echo().await;
    let address = proxy.address();
    let mut stream = connect(&proxy).await;
    echo(&mut stream, b"before").await.unwrap();
    drop(proxy);
    assert!(within_long(stream.read(&mut [0])).await.is_err());
    within_long(async { while TcpStream::connect(address).await.is_ok() {} }).await;
}

#[tokio::test]
async fn it_delays_the_end_of_a_connection_and_nothing_else() {
    let proxy = before_echo().await;
    let delay = Duration::from_millis(300);
    proxy.delay_parting(delay);
    let mut stream = connect(&proxy).await;
    echo(&mut stream, b"one").await.unwrap();
    let parted = Instant::now();
    stream.write_all(b"X\0\0\0\x04").await.unwrap();
    expect(&mut stream, b"X\0\0\0\x04").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    within_long(stream.read_to_end(&mut rest)).await.unwrap();
    assert!(
        parted.elapsed() >= delay * 2,
        "once for the message, once for the end"
    );
}
