//! Logins a second, by `pgbench -C`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use schema::Login;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::child::GuardedCommand;
use crate::world::World;

/// Each transaction, in one message of the simple protocol.
const SCRIPT: &str = "SELECT 1;\n";

/// Time limit beyond the length of the run, for start and end.
const EXTRA_TIME: Duration = Duration::from_secs(30);

/// pgbench, that logs in anew for every `SELECT 1`.
pub(crate) struct Pgbench {
    program: PathBuf,
    scripts: TempDir,
    host: String,
    port: String,
    database: String,
}

impl Pgbench {
    /// Against the tenants' database.
    ///
    /// # Errors
    /// When the script cannot be written.
    pub(crate) fn new(program: PathBuf, world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            program,
            scripts: TempDir::new().context("no temporary folder")?,
            host: world.cluster().host.clone(),
            port: world.cluster().port.to_string(),
            database: world.data().to_owned(),
        })
    }

    /// Transactions a second over this length, each with a login of its own, so many clients each in a thread of its
    /// own: libpq blocks its thread as it logs in. Each session is closed at once.
    ///
    /// # Errors
    /// When it fails, or prints something else than it used to.
    pub(crate) async fn logins(&self, login: &Login, clients: u32, length: Duration) -> anyhow::Result<f64> {
        self.logins_kept(login, clients, Duration::ZERO, length).await
    }

    /// As [`logins`](Self::logins), but each session stays open for a while before it is closed.
    ///
    /// # Errors
    /// When it fails, or prints something else than it used to.
    pub(crate) async fn logins_kept(
        &self,
        login: &Login,
        clients: u32,
        kept: Duration,
        length: Duration,
    ) -> anyhow::Result<f64> {
        let clients = clients.to_string();
        let seconds = length.as_secs().max(1).to_string();
        let script = self.scripts.path().join("script.sql");
        std::fs::write(&script, text(kept)).context("cannot write pgbench's script")?;
        let script = script.to_string_lossy();
        let arguments = [
            "-n",
            "-C",
            "-M",
            "simple",
            "-f",
            &script,
            "-c",
            &clients,
            "-j",
            &clients,
            "-T",
            &seconds,
            "-h",
            &self.host,
            "-p",
            &self.port,
            "-U",
            &login.user,
            &self.database,
        ];
        let printed = GuardedCommand::new(&self.program, arguments)
            .env("PGPASSWORD", login.password.expose_secret())
            .output(length + EXTRA_TIME)
            .await?;
        rate(&printed).with_context(|| format!("pgbench printed no rate: {printed}"))
    }
}

fn text(kept: Duration) -> String {
    match kept.as_millis() {
        0 => SCRIPT.to_owned(),
        milliseconds => format!("{SCRIPT}\\sleep {milliseconds} ms\n"),
    }
}

/// The number of the line `tps = 312.4 (including reconnection times)`.
fn rate(printed: &str) -> Option<f64> {
    let line = printed.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_kept_by_sleeping() {
        assert_eq!(text(Duration::ZERO), "SELECT 1;\n");
        assert_eq!(text(Duration::from_millis(80)), "SELECT 1;\n\\sleep 80 ms\n");
    }

    #[test]
    fn the_rate_is_read() {
        let printed = "average connection time = 3.1 ms\ntps = 312.437610 (including reconnection times)\n";
        assert!((rate(printed).unwrap() - 312.437_61).abs() < 1e-9);
        assert_eq!(rate("tps: 1"), None);
    }
}
