//! One connection through the proxy.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Flow, start_up};

/// The most that is read at once, and how many such pieces may be on their way.
const PIECE: usize = 16 * 1024;
const PIECES: usize = 64;

/// PostgreSQL's Terminate message.
const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// Connects to the server and forwards until both sides have ended, or one breaks, or all is cut.
pub(super) async fn run(mut client: TcpStream, upstream: (String, u16), way: Way, cut: CancellationToken) {
    let connected = cut.run_until_cancelled(connect(upstream, way.clone())).await;
    let Some(Ok(mut server)) = connected else {
        return reset(&client);
    };
    let drops_options = way.flow.borrow().drops_options;
    if drops_options {
        let logging_in = start_up::without_options(&mut client, &mut server);
        let Some(Ok(())) = cut.run_until_cancelled(logging_in).await else {
            return reset(&client);
        };
    }
    // Else what is sent in pieces waits for the peer's delayed acknowledgement: 40 ms that are no network's. When it
    // fails the client has gone, which forwarding finds.
    let _ = client.set_nodelay(true);
    let both_ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let both = async {
            tokio::try_join!(
                forward(from_client, to_server, way.clone()),
                forward(from_server, to_client, way.clone())
            )
        };
        matches!(cut.run_until_cancelled(both).await, Some(Ok(_)))
    };
    if !both_ended {
        reset(&client);
        reset(&server);
    }
}

async fn connect(upstream: (String, u16), mut way: Way) -> io::Result<TcpStream> {
    way.thawed().await?;
    let delay = way.delay();
    sleep(delay).await;
    let server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    Ok(server)
}

/// Closing is a reset from here on, and not an end.
fn reset(stream: &TcpStream) {
    // It fails when the other side has closed first, which is as well.
    let _ = stream.set_zero_linger();
}

/// One direction. Reading goes on while pieces are on their way, so that a delay is one of the line and not of
/// each piece after the other.
async fn forward(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut way: Way) -> io::Result<()> {
    let (send, mut arriving) = mpsc::channel(PIECES);
    let mut sending = way.clone();
    let depart = async move {
        loop {
            let mut piece = vec![0; PIECE];
            match from.read(&mut piece).await {
                Ok(0) => {
                    let parting = sending.flow.borrow().parting;
                    sleep(parting).await;
                    return Ok(());
                }
                Ok(length) => piece.truncate(length),
                Err(error) => {
                    // A reset does not come through either.
                    sending.thawed().await?;
                    return Err(error);
                }
            }
            let mut due = Instant::now() + sending.delay();
            if piece == TERMINATE {
                due += sending.flow.borrow().parting;
            }
            if send.send((due, piece)).await.is_err() {
                return Ok(());
            }
        }
    };
    let arrive = async move {
        while let Some((due, piece)) = arriving.recv().await {
            sleep_until(due).await;
            way.thawed().await?;
            to.write_all(&piece).await?;
        }
        way.thawed().await?;
        to.shutdown().await
    };
    tokio::try_join!(depart, arrive).map(drop)
}

/// How bytes go on one connection.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) flow: watch::Receiver<Flow>,
    /// The connection's number, from one.
    pub(super) number: u64,
}

impl Way {
    fn delay(&self) -> Duration {
        self.flow.borrow().delay
    }

    /// Waits until it is not frozen.
    async fn thawed(&mut self) -> io::Result<()> {
        let number = self.number;
        match self.flow.wait_for(|flow| !flow.holds(number)).await {
            Ok(_) => Ok(()),
            Err(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}
