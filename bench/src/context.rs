//! Lengths of rounds, programs and servers for every scenario.

use std::future::Future;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};

use crate::programs::{Missing, ORDINARY, Program, sibling};
use crate::world::{MAX_CONNECTIONS, Tls, World};

/// Worker threads for what is measured, unless a scenario says otherwise.
const THREADS: usize = 2;

/// PostgreSQL's `max_connections` for the service as a process: a connection for each of a thousand tenants.
const PRODUCTION_CONNECTIONS: u32 = 1_100;

/// How long and with what a scenario runs; the world that it runs in.
pub(crate) struct Context {
    pub(crate) quick: bool,
    seconds: Option<u64>,
    without: Vec<Program>,
    /// The service, where it is not the one that was built beside this executable.
    binary: Option<PathBuf>,
    /// Started by the first scenario that needs it, and shared by all that follow.
    world: OnceLock<World>,
    /// By the first scenario that runs the service as a process, which examines its databases: other scenarios make
    /// logins that it would find.
    production: OnceLock<World>,
    /// By the first scenario that goes over TLS.
    tls: OnceLock<Tls>,
}

impl Context {
    pub(crate) fn new(
        quick: bool,
        seconds: Option<u64>,
        without: Vec<Program>,
        binary: Option<PathBuf>,
    ) -> Self {
        Self {
            quick,
            seconds,
            without,
            binary,
            world: OnceLock::new(),
            production: OnceLock::new(),
            tls: OnceLock::new(),
        }
    }

    /// How many rounds are measured where this many are meant.
    pub(crate) fn rounds(&self, meant: usize) -> usize {
        if self.quick { meant.min(2) } else { meant }
    }

    /// How long a round lasts that is meant to last so many seconds.
    pub(crate) fn round(&self, meant: u64) -> Duration {
        let seconds = self.seconds.unwrap_or(if self.quick { 1 } else { meant });
        Duration::from_secs(seconds)
    }

    /// A number of things that may be fewer in a quick run.
    pub(crate) fn count(&self, meant: usize, quick: usize) -> usize {
        if self.quick { quick } else { meant }
    }

    /// Where the program is; `None` when it is explicitly left out.
    ///
    /// # Errors
    /// When it is wanted and not installed.
    pub(crate) fn program(&self, program: Program) -> anyhow::Result<Option<PathBuf>> {
        if self.without.contains(&program) {
            return Ok(None);
        }
        let beside = self.world.get().map(|world| world.server().bin_dir().to_owned());
        Ok(Some(match program {
            Program::Tenantry => self.tenantry()?,
            other => other.find(beside.as_deref())?,
        }))
    }

    fn tenantry(&self) -> Result<PathBuf, Missing> {
        let named = self.binary.clone().filter(|file| file.is_file());
        let found = match &self.binary {
            Some(_) => named,
            None => sibling(Program::Tenantry.name()),
        };
        found.ok_or(Missing(Program::Tenantry))
    }

    /// The executables of the service and of the one that it is compared with; `None` when the service is explicitly
    /// left out.
    ///
    /// # Errors
    /// When one is not built.
    pub(crate) fn services(&self) -> anyhow::Result<Option<Services>> {
        let Some(tenantry) = self.program(Program::Tenantry)? else {
            return Ok(None);
        };
        let ordinary = sibling(ORDINARY).with_context(|| {
            format!("{ORDINARY} is not beside this executable: cargo build --release -p bench")
        })?;
        Ok(Some(Services { tenantry, ordinary }))
    }

    /// A server for the service as a process.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn production(&self) -> anyhow::Result<&World> {
        started(&self.production, PRODUCTION_CONNECTIONS)
    }

    /// The server and its tenants.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn world(&self) -> anyhow::Result<&World> {
        started(&self.world, MAX_CONNECTIONS)
    }

    /// TLS to the server; `None` when openssl is explicitly left out.
    ///
    /// # Errors
    /// When the server cannot be started, or takes no TLS.
    pub(crate) async fn tls(&self) -> anyhow::Result<Option<Tls>> {
        if let Some(tls) = self.tls.get() {
            return Ok(Some(tls.clone()));
        }
        let Some(openssl) = self.program(Program::Openssl)? else {
            return Ok(None);
        };
        let tls = Tls::start(&openssl, self.world()?).await?;
        Ok(Some(self.tls.get_or_init(|| tls).clone()))
    }

    /// The server, if a scenario has needed one.
    pub(crate) fn started_world(&self) -> Option<&World> {
        self.world.get().or_else(|| self.production.get())
    }
}

/// Executables of services.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) tenantry: PathBuf,
    pub(crate) ordinary: PathBuf,
}

fn started(world: &OnceLock<World>, max_connections: u32) -> anyhow::Result<&World> {
    if let Some(world) = world.get() {
        return Ok(world);
    }
    let started = World::start(max_connections)?;
    Ok(world.get_or_init(|| started))
}

/// Runs it to its end on a runtime of its own, which is gone with all its tasks when this returns.
///
/// # Errors
/// What it returns, and when there is no runtime.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = runtime(THREADS)?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// A runtime with so many worker threads.
///
/// # Errors
/// When its threads cannot be started.
pub(crate) fn runtime(threads: usize) -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("cannot start a runtime")
}
