//! HTTP/1.1 requests over connections that are kept and opened as needed, for open-loop load.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer heads are no answer of the service.
const MAX_HEAD: usize = 16 * 1024;

/// A client of one address: each request has a connection to itself. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    address: SocketAddr,
    idle: Arc<Mutex<Vec<TcpStream>>>,
}

impl HttpClient {
    /// Without a connection yet.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            idle: Arc::default(),
        }
    }

    /// The status of the answer to this request, a head without a body. A kept connection that the service has closed is
    /// replaced.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn ask(&self, request: &[u8]) -> io::Result<u16> {
        let kept = self.idle().pop();
        if let Some(stream) = kept
            && let Ok(status) = self.exchange(stream, request).await
        {
            return Ok(status);
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        self.exchange(stream, request).await
    }

    async fn exchange(&self, mut stream: TcpStream, request: &[u8]) -> io::Result<u16> {
        stream.write_all(request).await?;
        let mut read = Vec::with_capacity(4096);
        loop {
            if stream.read_buf(&mut read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, length)) = answer(&read)? {
                while read.len() < length {
                    if stream.read_buf(&mut read).await? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                self.idle().push(stream);
                return Ok(status);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The status of an answer and its length with the head, once the head is complete.
fn answer(read: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(head) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if read.len() > MAX_HEAD {
            Err(io::ErrorKind::InvalidData.into())
        } else {
            Ok(None)
        };
    };
    let text = std::str::from_utf8(&read[..head]).map_err(|_| io::ErrorKind::InvalidData)?;
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let length = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, length)| length.parse::<usize>());
    match (status, length) {
        (Some(status), Ok(length)) => Ok(Some((status, head + 4 + length))),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_length() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(answer(text).unwrap(), Some((503, text.len())));
        assert_eq!(answer(&text[..40]).unwrap(), None);
        assert!(answer(b"nothing of the sort\r\n\r\n").is_err());
    }
}
