//! The ordinary service as a process of its own: `ordinary-service ADDRESS URL-FILE CONNECTIONS
//! [--test-before-acquire]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;

/// Serves until it is killed; `bench` starts and ends it.
#[derive(Debug, Parser)]
struct Arguments {
    /// Address and port to listen on.
    listen: SocketAddr,
    /// File with the database's URL: a password must not stand among the arguments.
    url_file: PathBuf,
    /// Connections of its pool.
    connections: u32,
    /// Has its pool ping each connection before it is used, as sqlx does by default.
    #[arg(long)]
    test_before_acquire: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let url = std::fs::read_to_string(&arguments.url_file).context("cannot read the database's URL")?;
    let connect: PgConnectOptions = url.trim().parse().context("not a database's URL")?;
    let pool = ordinary::pool(connect, arguments.connections, arguments.test_before_acquire);
    let router = ordinary::router(pool);
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    axum::serve(listener, router).await.context("serving failed")
}
