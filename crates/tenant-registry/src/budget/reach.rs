//! Whether a server that was silent answers again, without a login and without a permit.
//!
//! PostgreSQL answers an `SSLRequest` with one byte, before it gives the connection one of its places
//! (<https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>). So a tenant whose database cannot
//! be reached takes nothing from the others while it is tried again and again.

use std::io;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::account::Shared;
use super::door::Real;
use crate::probe::ConnectFailure;

/// How long the answer may take: short, so that the next attempt finds a network that came back in the middle.
const TIMEOUT: Duration = Duration::from_millis(200);

/// The message's length and the code 1234.5679.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Tries it and tells the core.
pub(super) async fn run(account: Shared<Real>) {
    let inner = account.door.settings.budget.inner();
    let reached = timeout(TIMEOUT, reach(&account.door.connect())).await;
    let outcome = reached.unwrap_or_else(|elapsed| Err(elapsed.into()));
    let outcome = outcome.map_err(|error| ConnectFailure::from(sqlx::Error::Io(error)));
    inner.with(|core| core.reached(&account, outcome, inner.now()));
}

async fn reach(connect: &PgConnectOptions) -> io::Result<()> {
    let (host, port) = (connect.get_host(), connect.get_port());
    #[cfg(unix)]
    if host.starts_with('/') || connect.get_socket().is_some() {
        let folder = connect
            .get_socket()
            .map_or_else(|| std::path::Path::new(host), |path| path.as_path());
        return ask(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?).await;
    }
    ask(TcpStream::connect((host, port)).await?).await
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.write_all(&SSL_REQUEST).await?;
    stream.read_u8().await.map(drop)
}
