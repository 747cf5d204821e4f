//! Number of the tenants' backends, as the server counts them.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::{ConnectOptions as _, Row as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{World, close};

/// Between two samples.
const PAUSE: Duration = Duration::from_millis(5);

/// The tenants' sessions alone: neither the superuser's nor the service's. The list is a little ahead of the truth
/// when a session ends, and never behind when one begins. By the function of which `pg_stat_activity` is a view, since
/// that one joins all roles: a tenth of a core at this pace.
const COUNT: &str = "SELECT count(*) FROM pg_catalog.pg_stat_get_activity(NULL) AS backend
     WHERE pg_catalog.pg_get_userbyid(backend.usesysid) LIKE 'tn\\_%'";

/// Polls the server's backends every few milliseconds until it is asked.
pub(crate) struct BackendCounter {
    stop: watch::Sender<bool>,
    sampler: JoinHandle<anyhow::Result<BackendCounts>>,
}

/// Counted backends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BackendCounts {
    /// The most sessions of tenants at once.
    pub(crate) most: i64,
    /// The number of samples.
    pub(crate) samples: u32,
}

impl BackendCounter {
    /// Starts sampling, as a superuser.
    ///
    /// # Errors
    /// When it cannot log in.
    pub(crate) async fn start(world: &World) -> anyhow::Result<Self> {
        let mut connection = world.superuser("postgres").connect().await?;
        let (stop, stopped) = watch::channel(false);
        let sampler = tokio::spawn(async move {
            let mut counts = BackendCounts::default();
            while !*stopped.borrow() {
                let count: i64 = sqlx::query(COUNT).fetch_one(&mut connection).await?.try_get(0)?;
                counts.most = counts.most.max(count);
                counts.samples += 1;
                sleep(PAUSE).await;
            }
            close(connection).await;
            Ok(counts)
        });
        Ok(Self { stop, sampler })
    }

    /// What it saw.
    ///
    /// # Errors
    /// When it could not look.
    pub(crate) async fn stop(self) -> anyhow::Result<BackendCounts> {
        self.stop.send_replace(true);
        self.sampler
            .await
            .context("the counter of backends did not end")?
    }
}

/// Session limit of the tenants' database. Superusers are exempt; one session too many is refused with SQLSTATE 53300.
pub(crate) struct Limit;

impl Limit {
    /// Sets the limit; `None` lifts it.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn set(world: &World, connections: Option<u32>) -> anyhow::Result<()> {
        let limit = connections.map_or(-1, i64::from);
        let sql = format!("ALTER DATABASE {} CONNECTION LIMIT {limit}", world.data());
        world.execute("postgres", sql).await
    }
}

impl World {
    /// Waits until no session of a tenant is left, so that one contender's do not count against the next.
    ///
    /// # Errors
    /// When some are left after half a minute.
    pub(crate) async fn quiet(&self) -> anyhow::Result<()> {
        let mut connection = self.superuser("postgres").connect().await?;
        let samples = 3_000;
        for _ in 0..samples {
            let count: i64 = sqlx::query(COUNT).fetch_one(&mut connection).await?.try_get(0)?;
            if count == 0 {
                close(connection).await;
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("sessions of tenants are left after half a minute")
    }
}
