//! Watchdog: ends tenants' sessions that hold more than their share of the server's shared resources.
//!
//! PostgreSQL has no limit per login: one session that fills the lock table fails all tenants' writes and logins
//! (SQLSTATE 53200), and one that locks a database's row in the shared catalogs blocks all new sessions. So the lock
//! table is sampled many times a second, and sessions above their bounds are ended well before it is full.

mod bounds;
mod connection;
mod login_closer;
mod meters;
mod notification_queue;
mod termination;

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use self::bounds::{Bounds, Holding, Violation};
use self::connection::WatchdogConnection;
use self::meters::Meters;
use super::backend_terminator::{TenantBackend, with_deadline};
use super::budget::Inner;
use super::settings::WatchdogSettings;
use crate::PoolKey;

// Long timeouts: tenants' sessions can keep all processors busy.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest pause after a sample on a slow server.
const MAX_PAUSE: Duration = Duration::from_millis(100);
/// Pause between two logins.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(250);
/// How often the server's limits are read and the connection's transaction is renewed.
const RENEW_INTERVAL: Duration = Duration::from_secs(1);
/// A session still there this many samples after its end is stuck in a statement that cannot be interrupted.
const GRACE_SAMPLES: u32 = 3;
/// The same for an end that was left to the backend terminator, which takes longer.
const TERMINATOR_GRACE_SAMPLES: u32 = 50;
/// Above one in this many entries of the lock table the transaction is kept: its locks may not be available again.
const RENEW_BELOW: u64 = 4;

struct Watchdog {
    budget: Weak<Inner>,
    settings: WatchdogSettings,
    meters: Meters,
    bounds: Bounds,
    renewed: Instant,
    /// Ended sessions that are still listed, with the samples until they count as stuck: a rollback takes a moment.
    ended: HashMap<TenantBackend, u32>,
    /// The tenants whose logins are to be closed, for the login closer.
    closed: watch::Sender<HashSet<PoolKey>>,
    /// When `end_sessions` last failed for lack of privilege.
    unprivileged_since: Option<Instant>,
    /// Whether the connection is lost: no sample has succeeded since.
    lost: bool,
}

/// Runs until the budget is dropped, or not at all without settings.
pub(crate) async fn run(budget: Weak<Inner>) {
    let Some(inner) = budget.upgrade() else { return };
    let Some(settings) = inner.settings.watchdog.clone() else {
        return;
    };
    let name = inner.settings.name.clone();
    let connect = inner.settings.sentinel.connect.clone();
    let (closed, tenants_to_close) = watch::channel(HashSet::new());
    inner.spawn_background(login_closer::run(
        connect.clone(),
        settings.clone(),
        tenants_to_close,
    ));
    let mut watchdog = Watchdog {
        budget,
        settings,
        meters: Meters::new(&name),
        bounds: Bounds::default(),
        renewed: Instant::now(),
        ended: HashMap::new(),
        closed,
        unprivileged_since: None,
        lost: false,
    };
    inner.spawn_background(notification_queue::run(
        watchdog.budget.clone(),
        connect.clone(),
        watchdog.meters.notification_queue.clone(),
    ));
    drop(inner);
    while watchdog.budget.strong_count() > 0 {
        let error = match with_deadline(LOGIN_TIMEOUT, WatchdogConnection::connect(&connect)).await {
            Ok(connection) => match watchdog.sample_until_lost(connection).await {
                Some(error) => error,
                None => return,
            },
            Err(error) => error,
        };
        if watchdog.budget.strong_count() == 0 {
            return;
        }
        if !watchdog.lost {
            tracing::warn!(budget = name, %error, "watchdog cannot sample tenants' sessions; reconnecting");
        }
        watchdog.lost = true;
        sleep(RECONNECT_INTERVAL).await;
    }
}

impl Watchdog {
    /// Samples on this connection until it breaks. `None` if the budget was dropped.
    async fn sample_until_lost(&mut self, mut connection: WatchdogConnection) -> Option<sqlx::Error> {
        let mut calm = true;
        let mut renew = true;
        loop {
            let began = Instant::now();
            let round = async {
                if renew {
                    self.renew(&mut connection).await?;
                }
                self.sample_and_end(&mut connection).await
            };
            match round.await {
                Ok(is_calm) => {
                    if std::mem::take(&mut self.lost) {
                        tracing::info!("watchdog samples tenants' sessions again");
                    }
                    calm = is_calm;
                }
                // The error aborted the transaction. If a new one cannot be started, the next sample retries.
                Err(error @ sqlx::Error::Database(_)) => {
                    tracing::debug!(%error, "sample of tenants' sessions failed");
                    if let Err(error) = with_deadline(ANSWER_TIMEOUT, connection.recover()).await
                        && !matches!(error, sqlx::Error::Database(_))
                    {
                        return Some(error);
                    }
                }
                Err(error) => return Some(error),
            }
            renew = calm && self.renewed.elapsed() >= RENEW_INTERVAL;
            // On a slow server the pause is as long as the sample, up to a limit.
            sleep(self.settings.interval.max(began.elapsed().min(MAX_PAUSE))).await;
            if self.budget.strong_count() == 0 {
                return None;
            }
        }
    }

    async fn renew(&mut self, connection: &mut WatchdogConnection) -> Result<(), sqlx::Error> {
        let entries = with_deadline(ANSWER_TIMEOUT, connection.renew()).await?;
        self.bounds = Bounds::of(entries, &self.settings);
        self.renewed = Instant::now();
        Ok(())
    }

    /// Takes a sample, and ends sessions above their bounds. Returns whether the lock table has room.
    async fn sample_and_end(&mut self, connection: &mut WatchdogConnection) -> Result<bool, sqlx::Error> {
        let began = Instant::now();
        let mut sample =
            with_deadline(ANSWER_TIMEOUT, connection.sample(&self.settings.tenant_login)).await?;
        self.meters
            .sampled(began.elapsed(), sample.entries, self.bounds.entries);
        for holding in &mut sample.holdings {
            if let Some(samples) = self.ended.get_mut(&(holding.tenant, holding.pid)) {
                holding.stuck = *samples == 0;
                *samples = samples.saturating_sub(1);
            }
        }
        let mut violations = self.bounds.violations(&sample.holdings);
        let calm = violations.is_empty() && sample.entries < self.bounds.entries / RENEW_BELOW;
        let closed = self
            .sessions_of_closed_logins(connection, &sample.holdings)
            .await?;
        let orders = sample
            .holdings
            .iter()
            .map(|holding| (holding.tenant, holding.pid));
        let listed: HashSet<TenantBackend> = orders
            .chain(closed.iter().map(|violation| (violation.tenant, violation.pid)))
            .collect();
        self.ended.retain(|order, _| listed.contains(order));
        violations.extend(closed);
        violations.retain(|violation| !self.ended.contains_key(&(violation.tenant, violation.pid)));
        self.end(connection, &violations).await?;
        Ok(calm)
    }

    /// Publishes the tenants whose logins are to be closed, and returns all their sessions.
    async fn sessions_of_closed_logins(
        &self,
        connection: &mut WatchdogConnection,
        holdings: &[Holding],
    ) -> Result<Vec<Violation>, sqlx::Error> {
        let tenants = self.bounds.logins_to_close(holdings);
        self.closed.send_if_modified(|closed| {
            let changed =
                closed.len() != tenants.len() || closed.iter().any(|tenant| !tenants.contains_key(tenant));
            if changed {
                *closed = tenants.keys().copied().collect();
            }
            changed
        });
        if tenants.is_empty() {
            return Ok(Vec::new());
        }
        let sessions =
            with_deadline(ANSWER_TIMEOUT, connection.sessions(&self.settings.tenant_login)).await?;
        let closed = |(tenant, pid)| Some(self.bounds.closed(tenant, pid, *tenants.get(&tenant)?));
        Ok(sessions.into_iter().filter_map(closed).collect())
    }
}
