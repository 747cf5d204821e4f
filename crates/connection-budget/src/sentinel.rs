//! Sentinel: polls the server for its backends and limits, on one connection beside the cap.
//!
//! A closed socket does not free a connection slot: the backend notices a moment later, or never if the connection is
//! half-open. So a permit is free when the server no longer lists the backend. A backend that stays is handed to the
//! terminator.

mod backend_watch;
mod bypass;
mod other_budgets;
mod server_info;

use std::collections::HashSet;
use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

pub(crate) use self::backend_watch::BackendWatch;
use self::other_budgets::OtherBudgets;
use self::server_info::ServerInfo;
use super::budget::Inner;
use pg_session::ConnectFailure;
use pg_session::explain_pooling;

/// Timeout of a query. A slower answer is an outage.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// Timeout of the sentinel's own login.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(1);
/// Pause between two logins.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(250);
/// Poll interval without watched backends, within which a restart of the server is noticed.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);
/// Poll interval with watched backends, doubled from the minimum to the maximum.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(1);
const MAX_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// `application_name` of its connection, by which other budgets find it.
const APPLICATION_NAME: &str = "tenantry sentinel";

/// Requests to the sentinel.
pub(crate) enum Task {
    /// Report when this backend is gone.
    Watch(BackendWatch),
    /// Change the configured cap.
    SetCap(Option<u32>),
}

struct Sentinel {
    budget: Weak<Inner>,
    watches: Vec<BackendWatch>,
    configured: Option<u32>,
    server_info: Option<ServerInfo>,
    other_budgets: OtherBudgets,
    outage: bool,
}

/// Runs until the budget is dropped.
pub(crate) async fn run(budget: Weak<Inner>, mut tasks: UnboundedReceiver<Task>) {
    let Some(inner) = budget.upgrade() else { return };
    let settings = inner.settings.sentinel.clone();
    let mut sentinel = Sentinel {
        budget,
        watches: Vec::new(),
        configured: inner.settings.max_connections,
        server_info: None,
        other_budgets: OtherBudgets::default(),
        outage: false,
    };
    drop(inner);
    let connect = settings.connect.clone().application_name(APPLICATION_NAME);
    loop {
        let login = async {
            let mut connection = connect.connect().await?;
            let server_info = ServerInfo::read(&mut connection).await?;
            let alive = backend_watch::list_all(&mut connection).await?;
            Ok::<_, sqlx::Error>((connection, server_info, alive))
        };
        let failure = match timeout(LOGIN_TIMEOUT, login).await {
            Ok(Ok((connection, server_info, alive))) => {
                if !sentinel.connected(server_info, &alive) {
                    return;
                }
                match sentinel.serve(connection, &mut tasks).await {
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
        sleep(RECONNECT_INTERVAL).await;
    }
}

impl Sentinel {
    /// Records that the server answers and has these backends. False if the budget was dropped.
    fn connected(&mut self, server_info: ServerInfo, alive: &HashSet<i32>) -> bool {
        let Some(inner) = self.budget.upgrade() else {
            return false;
        };
        inner.server_version.store(server_info.version, Ordering::Relaxed);
        let restarted = self
            .server_info
            .as_ref()
            .is_some_and(|before| before.started != server_info.started);
        self.other_budgets.reconnected(server_info.pid);
        let returned = self.server_info.replace(server_info).is_some();
        if self.outage {
            tracing::info!(budget = %inner.settings.name, restarted, "sentinel reconnected");
        }
        self.outage = false;
        inner.with(|core| {
            core.set_outage(None);
            if returned {
                core.server_returned(alive, restarted, inner.now());
            }
        });
        self.set_cap(&inner);
        true
    }

    fn set_cap(&self, inner: &Inner) {
        let Some(server_info) = &self.server_info else {
            return;
        };
        let allowed = server_info.allowed_beside(inner.settings.reserve);
        let cap = self.configured.unwrap_or(allowed).min(allowed);
        if let Some(configured) = self.configured
            && configured > allowed
        {
            tracing::warn!(budget = %inner.settings.name, configured, allowed, "server allows fewer connections than configured");
        }
        inner.with(|core| core.set_target(cap, inner.now()));
        inner.limits_known.send_replace(true);
    }

    /// Records that the server does not answer. False if the budget was dropped.
    fn lost(&mut self, failure: sqlx::Error) -> bool {
        let Some(inner) = self.budget.upgrade() else {
            return false;
        };
        let failure = ConnectFailure::from(explain_pooling(failure));
        if !self.outage {
            tracing::warn!(budget = %inner.settings.name, error = %failure.0, "sentinel cannot query the server; permits of closed connections are kept until it can");
        }
        self.outage = true;
        inner.with(|core| core.set_outage(Some(failure)));
        true
    }

    /// Polls on this connection until it breaks. `None` if the budget was dropped.
    async fn serve(
        &mut self,
        mut connection: PgConnection,
        tasks: &mut UnboundedReceiver<Task>,
    ) -> Option<sqlx::Error> {
        let mut pause = MIN_POLL_INTERVAL;
        let mut bypass = bypass::BypassCheck::default();
        loop {
            let pause_now = if self.watches.is_empty() {
                IDLE_INTERVAL
            } else {
                pause
            };
            match timeout(pause_now, tasks.recv()).await {
                Ok(None) => return None,
                Ok(Some(task)) => {
                    self.accept(task);
                    while let Ok(task) = tasks.try_recv() {
                        self.accept(task);
                    }
                    pause = MIN_POLL_INTERVAL;
                }
                Err(_) => pause = (pause * 2).min(MAX_POLL_INTERVAL),
            }
            let polled = async {
                self.poll_watched(&mut connection).await?;
                bypass.poll(&mut connection, self).await?;
                if self.other_budgets.is_due() {
                    let others = self.other_budgets.list(&mut connection).await?;
                    self.warn_of(others);
                }
                Ok(())
            };
            match timeout(ANSWER_TIMEOUT, polled).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Some(error),
                Err(elapsed) => return Some(sqlx::Error::Io(elapsed.into())),
            }
        }
    }

    fn accept(&mut self, task: Task) {
        match task {
            Task::Watch(watch) => self.watches.push(watch),
            Task::SetCap(cap) => {
                self.configured = cap;
                if let Some(inner) = self.budget.upgrade() {
                    self.set_cap(&inner);
                }
            }
        }
    }

    /// Queries all watched backends at once, and reports those that are gone.
    async fn poll_watched(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let backends = backend_watch::list_watched(connection, &self.watches).await?;
        let Some(inner) = self.budget.upgrade() else {
            return Ok(());
        };
        let closing: Vec<i32> = self.watches.iter().filter_map(BackendWatch::pid).collect();
        let needs_open_backends = |watch: &BackendWatch| watch.is_known_by_login_only() || watch.is_overdue();
        let open = if self.watches.iter().any(needs_open_backends) {
            inner.with(|core| core.all_backends())
        } else {
            Vec::new()
        };
        let authentication_timeout = self
            .server_info
            .as_ref()
            .map_or(Duration::from_mins(1), |server_info| {
                server_info.authentication_timeout
            });
        let watches = std::mem::take(&mut self.watches);
        for mut watch in watches {
            if watch.is_gone(&backends, &open, &closing, authentication_timeout) {
                watch.notify();
            } else {
                if let Some(backend) = watch.backend_to_end() {
                    inner.end_backend(backend);
                }
                self.watches.push(watch);
            }
        }
        Ok(())
    }
}
