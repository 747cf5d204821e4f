//! The ordinary service of `ordinary.rs`, started from its own executable.

use std::path::Path;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Probe, Process, free_address};
use crate::child::GuardedCommand;

/// Starts it over this database; `test_before_acquire` as [`ordinary::pool`].
///
/// # Errors
/// When it does not serve.
pub(crate) async fn start(
    program: &Path,
    connect: &PgConnectOptions,
    connections: u32,
    test_before_acquire: bool,
) -> anyhow::Result<Process> {
    let folder = TempDir::new()?;
    let url = folder.path().join("url");
    private_files::create_new(&url, connect.to_url_lossy().as_str().as_bytes())?;
    let address = free_address().await?;
    let mut arguments = vec![
        address.to_string(),
        url.display().to_string(),
        connections.to_string(),
    ];
    if test_before_acquire {
        arguments.push("--test-before-acquire".to_owned());
    }
    let probe = Probe {
        address,
        path: "/users",
        tenant: Uuid::nil(),
    };
    let command = GuardedCommand::new(program, arguments);
    Process::start(command, folder.path(), address, probe).await
}
