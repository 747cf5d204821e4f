//! One `sqlx::PgPool` for each tenant: the plain choice, without a budget over all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pg_session::{
    Checkout, Closed, ConnectFailure, ConnectionState, Parts, PoolSnapshot, Refusal, SessionSettings,
    bounded_pings,
};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Executor as _, Postgres};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::checkout::Checkouts;
use crate::plain_login::PlainLogin;
use crate::probe::Probe;
use crate::{Lease, Reload, TenantPool, TenantSpec};

/// What all plain pools of a registry have in common.
#[derive(Debug, Clone)]
pub struct PlainSettings {
    /// How long a query waits for a connection of its tenant.
    pub acquire_timeout: Duration,
    /// A connection unused for this long is closed.
    pub connection_idle_timeout: Duration,
    /// A connection older than this is closed when it comes back.
    pub max_connection_lifetime: Duration,
    /// A connection unused for this long is pinged before it is used, for a round trip: the server may have been
    /// restarted meanwhile. One in steady use is not.
    pub ping_after_idle: Duration,
    /// What every session starts with.
    pub session: SessionSettings,
}

/// How long the answer to a ping may take.
const PING: Duration = Duration::from_secs(1);

impl Default for PlainSettings {
    fn default() -> Self {
        Self {
            acquire_timeout: Duration::from_secs(5),
            connection_idle_timeout: Duration::from_mins(1),
            max_connection_lifetime: Duration::from_mins(30),
            ping_after_idle: Duration::from_secs(1),
            session: SessionSettings::default(),
        }
    }
}

/// A tenant's `PgPool`.
pub struct PlainPool {
    pool: PgPool,
    probe: Probe,
    login: Arc<PlainLogin>,
    /// The server's version for which the pool's start-up options are.
    options_for: AtomicU32,
    max: u32,
}

impl TenantPool for PlainPool {
    type Settings = PlainSettings;

    fn open(spec: TenantSpec, _reload: Reload, settings: &PlainSettings) -> Self {
        let login = Arc::new(PlainLogin::new(spec.connect, settings.session.clone()));
        let verified = Arc::clone(&login);
        // The return to the pool pings already; a second round trip before each use buys nothing.
        let options = bounded_pings(PgPoolOptions::new(), spec.tenant, settings.ping_after_idle, PING)
            .max_connections(spec.max_connections)
            .min_connections(0)
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(settings.connection_idle_timeout)
            .max_lifetime(settings.max_connection_lifetime)
            .after_connect(move |connection, _| {
                let login = Arc::clone(&verified);
                Box::pin(async move { login.verify(connection).await })
            });
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that opens a tenant's pool"
        )]
        let pool = options.connect_lazy_with(login.options());
        Self {
            pool,
            probe: Probe::new(Arc::clone(&login)),
            login,
            options_for: AtomicU32::new(0),
            max: spec.max_connections,
        }
    }

    async fn close(&self, deadline: Instant) -> Closed {
        // `PgPool::close` keeps idle connections until the last borrowed one is back, so they go first.
        let idle = async {
            while let Some(connection) = self.pool.try_acquire() {
                close_quietly(connection).await;
            }
        };
        // Whether there was time enough shows below.
        let _ = timeout_at(deadline, idle).await;
        if timeout_at(deadline, self.pool.close()).await.is_ok() {
            return Closed::Drained;
        }
        // Goes on without us, so that the last one to come back is not followed by idle ones that stay.
        let pool = self.pool.clone();
        tokio::spawn(async move { pool.close().await });
        Closed::Deadline
    }

    fn snapshot(&self) -> PoolSnapshot {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        let size = self.pool.size();
        // The two are read one after the other, and sqlx's count of idle ones may wrap for a moment.
        PoolSnapshot {
            size,
            idle: idle.min(size),
            // sqlx does not tell.
            closing: 0,
            max: self.max,
            waiting: 0,
            trouble: None,
        }
    }
}

async fn close_quietly(connection: PoolConnection<Postgres>) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a pooled connection did not close cleanly");
    }
}

impl PlainPool {
    /// Sends what the server takes, from the next login on.
    fn heed_version(&self) {
        let version = self.login.server_version();
        if self.options_for.load(Ordering::Relaxed) != version {
            self.options_for.store(version, Ordering::Relaxed);
            self.pool.set_connect_options(self.login.options());
        }
    }

    /// What kept an acquire from a connection: for a `PoolTimedOut` its cause, unless a login works: then the
    /// tenant's own connections were busy.
    async fn explain(&self, error: sqlx::Error) -> Refusal {
        match error {
            sqlx::Error::PoolTimedOut => self.probe.cause().await.map_or(Refusal::PoolBusy, Refusal::from),
            sqlx::Error::PoolClosed => Refusal::Closed,
            error => ConnectFailure::from(error).into(),
        }
    }
}

impl Checkouts for PlainPool {
    type Checkout = PlainCheckout;

    async fn checkout(lease: &Lease<Self>) -> Result<PlainCheckout, Refusal> {
        let acquired = lease.pool.acquire().await;
        lease.heed_version();
        match acquired {
            Ok(connection) => Ok(PlainCheckout {
                connection: Some(connection),
                lease: lease.clone(),
                state: ConnectionState::Clean,
            }),
            Err(error) => Err(lease.explain(error).await),
        }
    }
}

/// How long an unclean connection may take to finish what it runs and roll back, before it is closed.
const CLEAN_UP: Duration = Duration::from_secs(2);

/// A connection of a [`PlainPool`], given back when it is dropped.
pub struct PlainCheckout {
    /// `None` only in `drop`, which takes it out.
    connection: Option<PoolConnection<Postgres>>,
    lease: Lease<PlainPool>,
    state: ConnectionState,
}

impl Checkout for PlainCheckout {
    fn parts(&mut self) -> Option<Parts<'_>> {
        Some(Parts {
            connection: self.connection.as_deref_mut()?,
            state: &mut self.state,
        })
    }
}

impl Drop for PlainCheckout {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            // sqlx gives a connection back in a task, and panics without a runtime: close the socket instead.
            return drop(connection.detach());
        };
        match self.state {
            // As sqlx would, but within a bound: it pings, and on a silent network would wait for ever.
            ConnectionState::Clean => {
                runtime.spawn(timeout(CLEAN_UP, connection.return_to_pool()));
            }
            // The lease goes along, so that the reaper waits for the clean-up as well.
            ConnectionState::Unclean => {
                runtime.spawn(clean_up(connection, self.lease.clone()));
            }
            ConnectionState::Unusable => connection.close_on_drop(),
        }
    }
}

/// Reads what is still to come, ends whatever transaction is open, and gives the connection back; or closes it.
async fn clean_up(mut connection: PoolConnection<Postgres>, _lease: Lease<PlainPool>) {
    let rolled_back = timeout(CLEAN_UP, connection.execute("ROLLBACK")).await;
    if !matches!(rolled_back, Ok(Ok(_))) {
        connection.close_on_drop();
    }
}
