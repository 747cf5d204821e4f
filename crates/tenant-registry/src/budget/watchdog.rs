//! Watchdog of tenants' sessions: ends those that hold more than their share of what all sessions of the server have in
//! common.
//!
//! PostgreSQL bounds none of it by login: one session that fills the lock table fails everybody's writes and logins
//! (SQLSTATE 53200), and one that locks a database's row in the shared catalogs keeps all new sessions out of it. So the
//! lock table is sampled many times a second, and who holds too much is ended well before it is full.

mod bounds;
mod connection;
mod meters;
mod queue;

use std::collections::HashSet;
use std::sync::Weak;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::bounds::{Bounds, Offence};
use self::connection::WatchdogConnection;
use self::meters::Meters;
use super::Inner;
use super::ending::{Order, within};
use super::settings::WatchdogSettings;
use crate::panics::caught_call;

/// How long the watchdog's login may take, and an answer.
const LOGIN: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);
/// The longest rest after a sample on a server that is slow to answer.
const REST: Duration = Duration::from_millis(100);
/// Between two attempts to log in.
const AGAIN: Duration = Duration::from_millis(250);
/// How often the server's limits are read. The connection's transaction is renewed with it.
const RENEW: Duration = Duration::from_secs(1);
/// So long the right to end a session at once is not tried again after it was missing.
const POWERLESS: Duration = Duration::from_mins(1);
/// Above this share of the lock table (1 of so many) the transaction is not renewed: what it holds may not be had again.
const CALM: u64 = 4;

struct Watchdog {
    budget: Weak<Inner>,
    settings: WatchdogSettings,
    meters: Meters,
    bounds: Bounds,
    renewed: Instant,
    /// Those that were ended at the last sample: a session takes a moment to roll back, and is told of once.
    ended: HashSet<Order>,
    /// Since when the right to end sessions at once is missing.
    powerless: Option<Instant>,
    /// Whether the last connection broke, and none has sampled since.
    lost: bool,
}

/// Runs until the budget is gone; not at all where it has no watchdog.
pub(crate) async fn run(budget: Weak<Inner>) {
    let Some(inner) = budget.upgrade() else { return };
    let Some(settings) = inner.settings.watchdog.clone() else {
        return;
    };
    let name = inner.settings.name.clone();
    let connect = inner.settings.sentinel.connect.clone();
    drop(inner);
    let mut watchdog = Watchdog {
        budget,
        settings,
        meters: Meters::new(&name),
        bounds: Bounds::default(),
        renewed: Instant::now(),
        ended: HashSet::new(),
        powerless: None,
        lost: false,
    };
    let looking = queue::run(
        watchdog.budget.clone(),
        connect.clone(),
        watchdog.meters.notification_queue.clone(),
    );
    tokio::spawn(looking);
    while watchdog.budget.strong_count() > 0 {
        let error = match within(LOGIN, WatchdogConnection::connect(&connect)).await {
            Ok(connection) => match watchdog.run_on(connection).await {
                Some(error) => error,
                None => return,
            },
            Err(error) => error,
        };
        if watchdog.budget.strong_count() == 0 {
            return;
        }
        if !watchdog.lost {
            tracing::warn!(budget = name, %error, "the watchdog cannot sample tenants' sessions");
        }
        watchdog.lost = true;
        sleep(AGAIN).await;
    }
}

impl Watchdog {
    /// Samples on this connection until it breaks. `None` when the budget is gone.
    async fn run_on(&mut self, mut connection: WatchdogConnection) -> Option<sqlx::Error> {
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
            match within(ANSWER, round).await {
                Ok(is_calm) => {
                    if std::mem::take(&mut self.lost) {
                        tracing::info!("the watchdog samples tenants' sessions again");
                    }
                    calm = is_calm;
                }
                // It has undone the transaction. Where even a new one is not to be had, the next sample tries.
                Err(error @ sqlx::Error::Database(_)) => {
                    tracing::debug!(%error, "a sample of tenants' sessions failed");
                    if let Err(error) = within(ANSWER, connection.recover()).await
                        && !matches!(error, sqlx::Error::Database(_))
                    {
                        return Some(error);
                    }
                }
                Err(error) => return Some(error),
            }
            renew = calm && self.renewed.elapsed() >= RENEW;
            // On a server that is slow to answer it rests for as long as it asked, within reason.
            sleep(self.settings.interval.max(began.elapsed().min(REST))).await;
            if self.budget.strong_count() == 0 {
                return None;
            }
        }
    }

    async fn renew(&mut self, connection: &mut WatchdogConnection) -> Result<(), sqlx::Error> {
        let entries = connection.renew().await?;
        self.bounds = Bounds::of(entries, &self.settings);
        self.renewed = Instant::now();
        Ok(())
    }

    /// One sample, and the end of those that hold too much. Says whether the lock table has room.
    async fn sample_and_end(&mut self, connection: &mut WatchdogConnection) -> Result<bool, sqlx::Error> {
        let began = Instant::now();
        let sample = connection.sample(&self.settings.tenant_login).await?;
        self.meters
            .sampled(began.elapsed(), sample.entries, self.bounds.entries);
        let offences = self.bounds.offences(&sample.holdings);
        let calm = offences.is_empty() && sample.entries < self.bounds.entries / CALM;
        let mut ended = HashSet::new();
        for offence in offences {
            let order = (offence.tenant, offence.pid);
            if self.end(connection, &offence).await? {
                ended.insert(order);
            }
        }
        self.ended = ended;
        Ok(calm)
    }

    /// At once where that is to be had, else by way of the task that ends backends. Says whether it is being ended.
    async fn end(
        &mut self,
        connection: &mut WatchdogConnection,
        offence: &Offence,
    ) -> Result<bool, sqlx::Error> {
        let order = (offence.tenant, offence.pid);
        if self.powerless.is_none_or(|since| since.elapsed() >= POWERLESS) {
            let Ok(sql) = caught_call("end_session", || (self.settings.end_session)(offence.tenant)) else {
                return Ok(false);
            };
            match connection.end(sql, offence).await {
                Ok(false) => return Ok(false),
                Ok(true) => {
                    self.report(offence);
                    return Ok(true);
                }
                Err(error @ sqlx::Error::Database(_)) => {
                    // For whatever else it failed, the next sample tries it again.
                    if is_powerless(&error) {
                        self.powerless = Some(Instant::now());
                    }
                    tracing::warn!(%error, "the watchdog cannot end a session at once");
                    connection.recover().await?;
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(inner) = self.budget.upgrade() {
            inner.end_backend(order);
        }
        self.report(offence);
        Ok(true)
    }

    fn report(&self, offence: &Offence) {
        if self.ended.contains(&(offence.tenant, offence.pid)) {
            return;
        }
        self.meters.ended(offence.reason);
        tracing::warn!(
            tenant = %offence.tenant,
            pid = offence.pid,
            reason = offence.reason.as_str(),
            entries = offence.entries,
            tenant_entries = offence.tenant_entries,
            bound = offence.bound,
            lock_table = self.bounds.entries,
            shared_object = offence.shared_object.as_deref(),
            "the watchdog ends a tenant's session"
        );
    }
}

/// The right is missing, or the function or its schema.
fn is_powerless(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| ["42501", "42883", "3F000"].contains(&&*code))
}
