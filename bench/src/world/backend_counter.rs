//! Number of the tenants' backends, as the server counts them.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::{ConnectOptions as _, Row as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{World, close};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// The tenants' sessions alone: neither the superuser's nor the service's. The list is a little ahead of the truth
/// when a session ends, and never behind when one begins. By the function of which `pg_stat_activity` is a view, since
/// that one joins all roles that there are: a tenth of a core at this pace.
const COUNT: &str = "SELECT count(*) FROM pg_catalog.pg_stat_get_activity(NULL) AS backend
     WHERE pg_catalog.pg_get_userbyid(backend.usesysid) LIKE 'tn\\_%'";

/// Polls the server's backends every few milliseconds until it is asked.
pub(crate) struct BackendCounter {
    stop: watch::Sender<bool>,
    looking: JoinHandle<anyhow::Result<Seen>>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// The most sessions of tenants at once.
    pub(crate) most: i64,
    /// How often it looked.
    pub(crate) looks: u32,
}

impl BackendCounter {
    /// Begins to look, as a superuser.
    ///
    /// # Errors
    /// When it cannot log in.
    pub(crate) async fn start(world: &World) -> anyhow::Result<Self> {
        let mut connection = world.superuser("postgres").connect().await?;
        let (stop, stopped) = watch::channel(false);
        let looking = tokio::spawn(async move {
            let mut seen = Seen::default();
            while !*stopped.borrow() {
                let count: i64 = sqlx::query(COUNT).fetch_one(&mut connection).await?.try_get(0)?;
                seen.most = seen.most.max(count);
                seen.looks += 1;
                sleep(PAUSE).await;
            }
            close(connection).await;
            Ok(seen)
        });
        Ok(Self { stop, looking })
    }

    /// What it saw.
    ///
    /// # Errors
    /// When it could not look.
    pub(crate) async fn stop(self) -> anyhow::Result<Seen> {
        self.stop.send_replace(true);
        self.looking
            .await
            .context("the counter of backends did not end")?
    }
}

/// The tenants' database takes no more than so many sessions of anybody but superusers: one too many is refused with
/// SQLSTATE 53300.
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
        let looks = 3_000;
        for _ in 0..looks {
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
