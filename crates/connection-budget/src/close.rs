//! Close of a connection, complete when the server no longer lists its backend.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::connector::PostgresAccount;
use super::engine::InFlightId;
use super::sentinel::BackendWatch;
use super::slots::PooledConnection;

/// Timeout of the protocol's Terminate message. After it the socket is closed without.
const TERMINATE_TIMEOUT: Duration = Duration::from_millis(500);
/// Unconfirmed for this long, the permit goes into quarantine.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn run(
    account: PostgresAccount,
    pooled: PooledConnection<PgConnection>,
    in_flight: Option<InFlightId>,
) {
    let inner = account.connector.settings.budget.inner();
    let pid = pooled.pid;
    // The socket is closed in any case; the sentinel confirms that the backend is gone.
    let _ = timeout(TERMINATE_TIMEOUT, pooled.connection.close()).await;
    let (watch, mut gone) = BackendWatch::backend(&account, pid);
    inner.ask_sentinel(super::sentinel::Task::Watch(watch));
    match timeout(CONFIRM_TIMEOUT, &mut gone).await {
        Ok(Ok(())) => inner.with(|core| core.backend_closed(&account, in_flight, inner.now())),
        // The sentinel ends only with the runtime.
        Ok(Err(_)) => {}
        Err(_) => {
            inner.with(|core| core.close_unconfirmed(in_flight, inner.now()));
            if gone.await.is_ok() {
                inner.with(|core| core.quarantine_resolved(&account, inner.now()));
            }
        }
    }
}
