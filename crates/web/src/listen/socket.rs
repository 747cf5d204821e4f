//! A connection's socket, which reports to [`Activity`] and lingers when it is closed.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::activity::Activity;

/// A socket that lingers when it is shut down.
///
/// If a socket is closed while the peer still sends, the kernel resets the connection, and the peer loses what it has not
/// read yet: it would never see the 413 to its large body. So our side is shut down first, and input is discarded until
/// the peer closes, or for a bounded time (nginx's `lingering_close`).
pub(super) struct Socket {
    tcp: TcpStream,
    activity: Arc<Activity>,
    blocked: bool,
    linger: Duration,
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream, activity: Arc<Activity>, linger: Duration) -> Self {
        Self {
            tcp,
            activity,
            blocked: false,
            linger,
            lingering: None,
        }
    }

    fn report<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() != self.blocked {
            self.blocked = written.is_pending();
            self.activity.set_blocked(self.blocked);
        }
        written
    }

    /// Ready when the peer has closed or failed, or its time is over.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut discarded = [0; 4096];
        loop {
            let over = self
                .lingering
                .as_mut()
                .is_none_or(|lingering| lingering.as_mut().poll(cx).is_ready());
            if over {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut discarded);
            let read = ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.report(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
        self.report(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.tcp).poll_shutdown(cx))?;
            if !self.activity.should_linger() {
                return Poll::Ready(Ok(()));
            }
            self.lingering = Some(Box::pin(sleep(self.linger)));
        }
        self.poll_linger(cx).map(Ok)
    }
}
