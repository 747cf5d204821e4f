//! TLS handshake of a new connection, under the deadline of its first request.

use std::{io, sync::Arc};

use http::{StatusCode, header};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::Instant};
use tokio_rustls::{TlsAcceptor, rustls, server::TlsStream};

use super::{
    Limits,
    activity::{Activity, Reason},
    prelude::until_first_request,
    socket::Socket,
};
use crate::error::{Code, Problem, render};

/// Content type of a TLS record that begins a handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// How a handshake ended without a stream.
pub(super) enum NoStream {
    /// Closed by us.
    Closed(Reason),
    /// The connection failed, or its peer went away.
    Failed(io::Error),
    /// The two do not agree on TLS: a version, a certificate.
    Refused(rustls::Error, Box<Socket>),
    /// The peer does not speak TLS.
    NotTls,
}

/// Ends at the deadline, and when the connection is asked to close.
pub(super) async fn handshake(
    tls: TlsAcceptor,
    tcp: TcpStream,
    activity: &Arc<Activity>,
    limits: &Limits,
    deadline: Instant,
) -> Result<TlsStream<Socket>, NoStream> {
    let accepted = accept(tls, tcp, Arc::clone(activity), limits);
    until_first_request(activity, deadline, accepted)
        .await
        .unwrap_or_else(|reason| Err(NoStream::Closed(reason)))
}

async fn accept(
    tls: TlsAcceptor,
    tcp: TcpStream,
    activity: Arc<Activity>,
    limits: &Limits,
) -> Result<TlsStream<Socket>, NoStream> {
    let mut first = [0];
    let read = tcp.peek(&mut first).await.map_err(NoStream::Failed)?;
    let mut socket = Socket::new(tcp, activity, limits.linger);
    if read > 0 && first != [HANDSHAKE] {
        // Only HTTP would understand it.
        if first[0].is_ascii_uppercase() {
            let _ = socket.write_all(plain_http().as_bytes()).await;
            let _ = socket.shutdown().await;
        }
        return Err(NoStream::NotTls);
    }
    let accepted = tls.accept(socket).into_fallible().await;
    accepted.map_err(|(error, socket)| {
        match error
            .get_ref()
            .and_then(|cause| cause.downcast_ref::<rustls::Error>())
        {
            Some(cause) => NoStream::Refused(cause.clone(), Box::new(socket)),
            None => NoStream::Failed(error),
        }
    })
}

/// Closes the socket of a refused handshake so that its peer can read the alert, which says why: with TLS 1.3 its first
/// request may be on the way by then.
pub(super) async fn close(ended: NoStream, activity: &Activity, deadline: Instant) {
    if let NoStream::Refused(_, mut socket) = ended {
        let _ = until_first_request(activity, deadline, socket.shutdown()).await;
    }
}

/// The response to a request without TLS.
fn plain_http() -> String {
    let problem = Problem::new(Code::Malformed).detail("this port speaks TLS: call it by https");
    let (mut head, ()) = http::Response::new(()).into_parts();
    let body = render(&problem, &mut head, None);
    let kind = head.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    format!(
        "HTTP/1.1 {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        StatusCode::BAD_REQUEST,
        body.len(),
    )
}
