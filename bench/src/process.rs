//! Services under load, each as a process of its own.

mod confinement;
mod ordinary;
mod stderr;
mod tenantry;
mod usage;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

pub(crate) use self::confinement::Confinement;
pub(crate) use self::ordinary::start as ordinary;
pub(crate) use self::stderr::Logged;
use self::stderr::Reader;
pub(crate) use self::tenantry::{
    LIST, LIST_BY_KEY, LogFilter, start as tenantry, start_tls as tenantry_over_tls,
};
pub(crate) use self::usage::{Sampled, Sampler, Usage};
use crate::child::{GuardedCommand, Running};

/// Until it answers: the service examines its databases first.
const START: Duration = Duration::from_mins(2);
/// For one attempt.
const ATTEMPT: Duration = Duration::from_secs(10);

/// A running service; ends when it is dropped.
pub(crate) struct Process {
    running: Running,
    address: SocketAddr,
    pid: u32,
    stderr: Reader,
}

/// A request that is answered with 200 as soon as the service serves.
struct Probe<'a> {
    address: SocketAddr,
    path: &'a str,
    tenant: Uuid,
}

impl Process {
    /// Starts it and waits until it serves.
    async fn start(
        program: GuardedCommand,
        folder: &Path,
        address: SocketAddr,
        probe: Probe<'_>,
    ) -> anyhow::Result<Self> {
        let pid_file = folder.join("pid");
        let (running, stderr) = program.env("GUARD_PID_FILE", &pid_file).start_with_stderr()?;
        let mut process = Self {
            running,
            address,
            pid: 0,
            stderr: Reader::start(stderr),
        };
        let deadline = Instant::now() + START;
        while !probe.succeeds().await {
            if process.running.ended() || Instant::now() >= deadline {
                bail!(
                    "it does not serve; its last words: {}",
                    process.stderr.last_words()
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
        let pid = std::fs::read_to_string(&pid_file).context("no process number")?;
        process.pid = pid.trim().parse().context("no process number")?;
        Ok(process)
    }

    /// Where it serves.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has used of the processor and of memory.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.pid)
            .with_context(|| format!("it has ended; its last words: {}", self.stderr.last_words()))
    }

    /// Watches its memory from now on.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn sample(&self) -> anyhow::Result<Sampler> {
        Sampler::start(self.pid)
    }

    /// Lets it stand still.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(self.pid.cast_signed()).context("no process number")?;
        kill_process(pid, signal)
            .with_context(|| format!("it has ended; its last words: {}", self.stderr.last_words()))
    }

    /// Ends it, waits until it is gone, and returns what it has written to standard error.
    ///
    /// # Errors
    /// When it does not end.
    pub(crate) async fn end(self) -> anyhow::Result<Logged> {
        self.running.end().await?;
        Ok(self.stderr.end().await)
    }
}

impl Probe<'_> {
    async fn succeeds(&self) -> bool {
        matches!(timeout(ATTEMPT, self.status()).await, Ok(Ok(200)))
    }

    async fn status(&self) -> anyhow::Result<u16> {
        let mut stream = TcpStream::connect(self.address).await?;
        let (address, path, tenant) = (self.address, self.path, self.tenant);
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nx-tenant-id: {tenant}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).context("no status")?;
        Ok(status.parse()?)
    }
}

/// An address that is free now.
pub(crate) async fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("no free port")?;
    listener.local_addr().context("no address")
}
