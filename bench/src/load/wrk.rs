//! wrk: clients over HTTP that ask again as soon as they have been answered.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::child::Leashed;

/// Beyond the length of its run.
const PATIENCE: Duration = Duration::from_secs(30);

/// wrk with a script: the same for both sides.
pub(crate) struct Wrk {
    program: PathBuf,
    script: NamedTempFile,
}

impl Wrk {
    /// Asks for this path in the names of these tenants, one after the other, and reports failures as such.
    ///
    /// # Errors
    /// When the script cannot be written.
    pub(crate) fn new(program: PathBuf, path: &str, tenants: &[Uuid]) -> anyhow::Result<Self> {
        let script = NamedTempFile::new().context("no temporary file")?;
        std::fs::write(script.path(), lua(path, tenants)).context("cannot write wrk's script")?;
        Ok(Self { program, script })
    }

    /// Requests a second over this length from so many clients.
    ///
    /// # Errors
    /// When it fails, and when a single request does.
    pub(crate) async fn rate(
        &self,
        address: SocketAddr,
        clients: u32,
        length: Duration,
    ) -> anyhow::Result<f64> {
        let clients = clients.to_string();
        let length_text = format!("{}s", length.as_secs().max(1));
        let script = self.script.path().to_string_lossy();
        let url = format!("http://{address}");
        // A request that takes long on a busy machine is slow and no failure.
        let timeout = "20s";
        let arguments = [
            "-t",
            "1",
            "-c",
            &clients,
            "-d",
            &length_text,
            "--timeout",
            timeout,
            "-s",
            &script,
            &url,
        ];
        let printed = Leashed::new(&self.program, arguments)
            .output(length + PATIENCE)
            .await?;
        if let Some(line) = failures(&printed) {
            anyhow::bail!("requests failed: {line}");
        }
        rate(&printed).with_context(|| format!("wrk printed no rate: {printed}"))
    }
}

/// Every request made up in advance, so that the script costs next to nothing.
fn lua(path: &str, tenants: &[Uuid]) -> String {
    let requests = tenants.iter().fold(String::new(), |mut requests, tenant| {
        let _ = writeln!(
            requests,
            "  requests[#requests + 1] = wrk.format('GET', '{path}', {{['x-tenant-id'] = '{tenant}'}})"
        );
        requests
    });
    format!(
        "local requests, turn = {{}}, 0\n\
         init = function(args)\n{requests}end\n\
         request = function()\n  turn = turn % #requests + 1\n  return requests[turn]\nend\n"
    )
}

/// The number of the line `Requests/sec:  25900.12`.
fn rate(printed: &str) -> Option<f64> {
    let line = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"))?;
    line.trim().parse().ok()
}

/// What wrk says when there were failures.
fn failures(printed: &str) -> Option<&str> {
    let mut lines = printed.lines().map(str::trim);
    lines.find(|line| line.starts_with("Non-2xx") || line.starts_with("Socket errors"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_failures_are_read() {
        let good = "  2 threads and 32 connections\nRequests/sec:  25900.12\nTransfer/sec: 1MB\n";
        assert!((rate(good).unwrap() - 25_900.12).abs() < 1e-9);
        assert_eq!(failures(good), None);
        assert_eq!(
            failures("  Non-2xx or 3xx responses: 3\n"),
            Some("Non-2xx or 3xx responses: 3")
        );
        assert!(failures("  Socket errors: connect 0, read 1, write 0, timeout 0\n").is_some());
    }

    #[test]
    fn the_script_has_a_request_for_each_tenant() {
        let tenants = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let script = lua("/users", &tenants);
        assert_eq!(script.matches("wrk.format('GET', '/users'").count(), 2);
        assert!(script.contains(&tenants[1].to_string()));
    }
}
