//! Asks the server, on one connection beside the cap, which backends it still has; and how many it may have at all.
//!
//! A closed socket is not a freed place: the server's backend notices a moment later, and one whose network went silent
//! does not notice at all. So a permit comes back when the server does not list its backend any more. One that stays is
//! handed to the task that ends backends, on a connection of its own.

mod bypass;
mod facts;
mod watch;

use std::collections::HashSet;
use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

use self::facts::Facts;
pub(crate) use self::watch::Watch;
use super::Inner;
use crate::pooling::explain_pooling;
use crate::probe::ConnectFailure;

/// How long the server may take to answer. A longer silence is an outage.
const ANSWER: Duration = Duration::from_millis(500);
/// How long the sentinel's own login may take.
const LOGIN: Duration = Duration::from_secs(1);
/// Between two attempts to log in.
const AGAIN: Duration = Duration::from_millis(250);
/// Between two looks while nothing is watched: so soon a restart of the server is noticed.
const IDLE: Duration = Duration::from_millis(500);
/// Between two looks at backends that are still there, the first and the longest.
const SOONEST: Duration = Duration::from_millis(1);
const LATEST: Duration = Duration::from_millis(50);

/// What the sentinel is asked to do.
pub(crate) enum Task {
    /// Say when this backend is gone.
    Watch(Watch),
    /// The configured cap is this from now on.
    Cap(Option<u32>),
}

struct Sentinel {
    budget: Weak<Inner>,
    watches: Vec<Watch>,
    configured: Option<u32>,
    facts: Option<Facts>,
    outage: bool,
}

/// Runs until the budget is gone.
pub(crate) async fn run(budget: Weak<Inner>, mut tasks: UnboundedReceiver<Task>) {
    let Some(inner) = budget.upgrade() else { return };
    let settings = inner.settings.sentinel.clone();
    let mut sentinel = Sentinel {
        budget,
        watches: Vec::new(),
        configured: inner.settings.max_connections,
        facts: None,
        outage: false,
    };
    drop(inner);
    let connect = settings.connect.clone().application_name("tenantry sentinel");
    loop {
        let login = async {
            let mut connection = connect.connect().await?;
            let facts = Facts::ask(&mut connection).await?;
            let alive = watch::all(&mut connection).await?;
            Ok::<_, sqlx::Error>((connection, facts, alive))
        };
        let failure = match timeout(LOGIN, login).await {
            Ok(Ok((connection, facts, alive))) => {
                if !sentinel.connected(facts, &alive) {
                    return;
                }
                match sentinel.look_after(connection, &mut tasks).await {
                    Some(failure) => failure,
                    None => return,
                }
            }
            Ok(Err(error)) => error,
            Err(elapsed) => sqlx::Error::Io(elapsed.into()),
        };
        if !sentinel.lost(failure) {
            return;
        }
        sleep(AGAIN).await;
    }
}

impl Sentinel {
    /// The server answers, and has these backends. False when the budget is gone.
    fn connected(&mut self, facts: Facts, alive: &HashSet<i32>) -> bool {
        let Some(inner) = self.budget.upgrade() else {
            return false;
        };
        inner.server_version.store(facts.version, Ordering::Relaxed);
        let restarted = self
            .facts
            .as_ref()
            .is_some_and(|before| before.started != facts.started);
        let returned = self.facts.replace(facts).is_some();
        if self.outage {
            tracing::info!(budget = %inner.settings.name, restarted, "the server answers again");
        }
        self.outage = false;
        inner.with(|core| {
            core.set_outage(None);
            if returned {
                core.returned(alive, restarted, inner.now());
            }
        });
        self.set_cap(&inner);
        true
    }

    fn set_cap(&self, inner: &Inner) {
        let Some(facts) = &self.facts else { return };
        let allowed = facts.allowed.saturating_sub(inner.settings.reserve).max(1);
        let cap = self.configured.unwrap_or(allowed).min(allowed);
        if let Some(configured) = self.configured
            && configured > allowed
        {
            tracing::warn!(budget = %inner.settings.name, configured, allowed, "the server allows fewer connections");
        }
        inner.with(|core| core.set_target(cap, inner.now()));
        inner.known.send_replace(true);
    }

    /// The server cannot be asked. False when the budget is gone.
    fn lost(&mut self, failure: sqlx::Error) -> bool {
        let Some(inner) = self.budget.upgrade() else {
            return false;
        };
        let failure = ConnectFailure::from(explain_pooling(failure));
        if !self.outage {
            tracing::warn!(budget = %inner.settings.name, error = %failure.0, "the server cannot be asked for its backends");
        }
        self.outage = true;
        inner.with(|core| core.set_outage(Some(failure)));
        true
    }

    /// Works on this connection until it breaks. `None` when the budget is gone.
    async fn look_after(
        &mut self,
        mut connection: PgConnection,
        tasks: &mut UnboundedReceiver<Task>,
    ) -> Option<sqlx::Error> {
        let mut pause = SOONEST;
        let mut bypass = bypass::Watch::default();
        loop {
            let pause_now = if self.watches.is_empty() { IDLE } else { pause };
            match timeout(pause_now, tasks.recv()).await {
                Ok(None) => return None,
                Ok(Some(task)) => {
                    self.take(task);
                    while let Ok(task) = tasks.try_recv() {
                        self.take(task);
                    }
                    pause = SOONEST;
                }
                Err(_) => pause = (pause * 2).min(LATEST),
            }
            let looking = async {
                self.look(&mut connection).await?;
                bypass.look(&mut connection, self).await
            };
            match timeout(ANSWER, looking).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Some(error),
                Err(elapsed) => return Some(sqlx::Error::Io(elapsed.into())),
            }
        }
    }

    fn take(&mut self, task: Task) {
        match task {
            Task::Watch(watch) => self.watches.push(watch),
            Task::Cap(cap) => {
                self.configured = cap;
                if let Some(inner) = self.budget.upgrade() {
                    self.set_cap(&inner);
                }
            }
        }
    }

    /// One query for all that is watched.
    async fn look(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let backends = watch::listed(connection, &self.watches).await?;
        let Some(inner) = self.budget.upgrade() else {
            return Ok(());
        };
        let closing: Vec<i32> = self.watches.iter().filter_map(Watch::pid).collect();
        let unclear = |watch: &Watch| watch.is_unanswered() || watch.lasts();
        let open = if self.watches.iter().any(unclear) {
            inner.with(|core| core.all_backends())
        } else {
            Vec::new()
        };
        let patience = self
            .facts
            .as_ref()
            .map_or(Duration::from_mins(1), |facts| facts.authentication_timeout);
        let watches = std::mem::take(&mut self.watches);
        for mut watch in watches {
            if watch.is_gone(&backends, &open, &closing, patience) {
                watch.tell();
            } else {
                if let Some(order) = watch.should_be_ended() {
                    inner.end_backend(order);
                }
                self.watches.push(watch);
            }
        }
        Ok(())
    }
}
