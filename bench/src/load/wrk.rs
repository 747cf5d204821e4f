//! Closed-loop load over HTTP, by wrk.

mod round;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tempfile::NamedTempFile;
use uuid::Uuid;

pub(crate) use self::round::WrkRound;
use crate::child::GuardedCommand;

/// Time limit beyond the length of the run.
const EXTRA_TIME: Duration = Duration::from_secs(30);
/// A request that takes longer has failed: on a busy machine one may be slow.
const TIMEOUT: &str = "20s";

/// What wrk's script prints at the end, in microseconds, bytes and requests.
const DONE: &str = "\
done = function(summary, latency)
  local errors = summary.errors
  local numbers = {
    summary.requests, summary.duration, summary.bytes, latency.mean, latency.stdev, latency.min, latency.max,
    latency:percentile(99), errors.status, errors.connect, errors.read, errors.write, errors.timeout
  }
  io.write('measured:')
  for _, number in ipairs(numbers) do io.write(string.format(' %.3f', number)) end
  io.write('\\n')
end
";

/// wrk with a script: the same for both sides.
pub(crate) struct Wrk {
    program: PathBuf,
    script: NamedTempFile,
    scheme: &'static str,
    path: String,
    /// Of the first request; those of the others are as long.
    header: String,
}

impl Wrk {
    /// Asks for this path in the names of these tenants, one after the other.
    ///
    /// # Errors
    /// When the script cannot be written.
    pub(crate) fn new(program: &Path, path: &str, tenants: &[Uuid]) -> anyhow::Result<Self> {
        let tenants: Vec<String> = tenants.iter().map(Uuid::to_string).collect();
        Self::with(program, path, "x-tenant-id", &tenants)
    }

    /// Asks for this path by these API keys, one after the other.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn by_keys(program: &Path, path: &str, secrets: &[String]) -> anyhow::Result<Self> {
        let values: Vec<String> = secrets.iter().map(|secret| format!("Bearer {secret}")).collect();
        Self::with(program, path, "authorization", &values)
    }

    fn with(program: &Path, path: &str, header: &str, values: &[String]) -> anyhow::Result<Self> {
        // Readable by this user alone.
        let script = NamedTempFile::new().context("no temporary file")?;
        std::fs::write(script.path(), lua(path, header, values)).context("cannot write wrk's script")?;
        let value = values.first().map(String::as_str).unwrap_or_default();
        Ok(Self {
            program: program.to_owned(),
            script,
            scheme: "http",
            path: path.to_owned(),
            header: format!("{header}: {value}"),
        })
    }

    /// The same by https. wrk checks no certificate.
    pub(crate) fn over_tls(self) -> Self {
        Self {
            scheme: "https",
            ..self
        }
    }

    /// A round of this length from so many clients, in which no request fails.
    ///
    /// # Errors
    /// When it fails, and when a single request does.
    pub(crate) async fn round(
        &self,
        address: SocketAddr,
        clients: u32,
        length: Duration,
    ) -> anyhow::Result<WrkRound> {
        let round = self.any_round(address, clients, length).await?;
        ensure!(
            round.failures() == 0,
            "requests failed: {} refused, {} unanswered",
            round.refused,
            round.unanswered
        );
        Ok(round)
    }

    /// A round of this length from so many clients, whatever becomes of their requests.
    ///
    /// # Errors
    /// When wrk itself fails.
    pub(crate) async fn any_round(
        &self,
        address: SocketAddr,
        clients: u32,
        length: Duration,
    ) -> anyhow::Result<WrkRound> {
        let arguments = [
            "-t".to_owned(),
            "1".to_owned(),
            "-c".to_owned(),
            clients.to_string(),
            "-d".to_owned(),
            format!("{}s", length.as_secs().max(1)),
            "--timeout".to_owned(),
            TIMEOUT.to_owned(),
            "-s".to_owned(),
            self.script.path().to_string_lossy().into_owned(),
            format!("{}://{address}", self.scheme),
        ];
        let printed = GuardedCommand::new(&self.program, arguments)
            .output(length + EXTRA_TIME)
            .await?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {address}\r\n{}\r\n\r\n",
            self.path, self.header
        );
        WrkRound::read(&printed, request.len() as u64)
            .with_context(|| format!("wrk printed no figures: {printed}"))
    }
}

/// Every request made up in advance, so that the script costs next to nothing.
fn lua(path: &str, header: &str, values: &[String]) -> String {
    let requests = values.iter().fold(String::new(), |mut requests, value| {
        let _ = writeln!(
            requests,
            "  requests[#requests + 1] = wrk.format('GET', '{path}', {{['{header}'] = '{value}'}})"
        );
        requests
    });
    format!(
        "local requests, turn = {{}}, 0\n\
         init = function(args)\n{requests}end\n\
         request = function()\n  turn = turn % #requests + 1\n  return requests[turn]\nend\n{DONE}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_a_request_for_each_tenant() {
        let tenants = ["a".to_owned(), "b".to_owned()];
        let script = lua("/users", "x-tenant-id", &tenants);
        assert_eq!(script.matches("wrk.format('GET', '/users'").count(), 2);
        assert!(script.contains("['x-tenant-id'] = 'b'"), "{script}");
    }
}
