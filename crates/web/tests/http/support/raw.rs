//! A client that sends what it likes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::SOON;

pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self(TcpStream::connect(addr).await.unwrap())
    }

    /// Sends `bytes`; that the peer no longer listens is not an error.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Reads until the peer closes; how long that took, and what came.
    pub(crate) async fn closed(&mut self) -> (Duration, String) {
        let began = Instant::now();
        let mut read = Vec::new();
        // A reset is a close as well.
        let _ = timeout(SOON, self.0.read_to_end(&mut read))
            .await
            .expect("the peer closes in time");
        (began.elapsed(), String::from_utf8_lossy(&read).into_owned())
    }

    /// Reads the head and body of one response that has a Content-Length.
    pub(crate) async fn response(&mut self) -> String {
        timeout(SOON, self.read_response())
            .await
            .expect("a response in time")
    }

    async fn read_response(&mut self) -> String {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return text.into_owned();
                }
            }
            let count = self.0.read_buf(&mut read).await.unwrap();
            assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&read));
        }
    }
}

/// A GET of `path`.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}
