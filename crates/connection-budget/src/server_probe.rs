//! Probe of an unresponsive server, without a login and without a permit.
//!
//! PostgreSQL answers an `SSLRequest` with one byte, before it assigns a connection slot
//! (<https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>). So an unreachable database costs
//! other tenants nothing while it is retried.

use std::io;
use std::time::Duration;

use pg_session::ConnectFailure;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::connector::PostgresAccount;

/// Timeout of the answer: short, so that the next attempt soon finds a network that recovers.
const TIMEOUT: Duration = Duration::from_millis(200);

/// The message's length and the code 1234.5679.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Probes the server and reports the outcome to the core.
pub(super) async fn run(account: PostgresAccount) {
    let inner = account.connector.settings.budget.inner();
    let answered = timeout(TIMEOUT, probe(&account.connector.connect())).await;
    let outcome = answered.unwrap_or_else(|elapsed| Err(elapsed.into()));
    let outcome = outcome.map_err(|error| ConnectFailure::from(sqlx::Error::Io(error)));
    inner.with(|core| core.probed(&account, outcome, inner.now()));
}

async fn probe(connect: &PgConnectOptions) -> io::Result<()> {
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
