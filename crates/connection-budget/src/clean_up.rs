//! Clean-up of connections whose request was dropped in the middle: within a time limit, else they are closed.

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::checkout;
use super::connector::PostgresAccount;
use super::idle_bitmap::Slot;
use super::slots::PooledConnection;

/// Rolls back any open transaction, even one whose `BEGIN` got no reply, and in the same round trip resets the session
/// for the next request.
const CLEAN: &str = "ROLLBACK; CLOSE ALL; UNLISTEN *; RESET ALL; RESET ROLE; DISCARD TEMP";

/// The permit is held meanwhile. A query that outlasts the time limit is ended by closing the socket, since every
/// session starts with `client_connection_check_interval`.
pub(super) async fn run(account: PostgresAccount, slot: Slot, mut pooled: PooledConnection<PgConnection>) {
    let bound = account.connector.settings.clean_up;
    let cleaned = timeout(bound, pooled.connection.execute(CLEAN)).await;
    if matches!(cleaned, Ok(Ok(_))) {
        let now = account.connector.settings.budget.inner().now();
        checkout::give_back(&account, slot, pooled, now);
    } else {
        checkout::discard(&account, slot, pooled);
    }
}
