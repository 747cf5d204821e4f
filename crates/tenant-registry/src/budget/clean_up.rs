//! A connection whose user went away in the middle: cleaned within a bound, or closed.

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::account::Shared;
use super::checkout;
use super::door::Real;
use super::slots::Seated;
use super::word::Slot;

/// Ends whatever transaction is open, also one of whose BEGIN no reply was read; and since the round trip is paid, takes
/// away what the session may have left for the next request.
const CLEAN: &str = "ROLLBACK; CLOSE ALL; UNLISTEN *; RESET ALL; RESET ROLE; DISCARD TEMP";

/// The permit is held all the while. A query that runs on is not waited for longer than the bound: closing the socket
/// makes the server end it, since every session starts with `client_connection_check_interval`.
pub(super) async fn run(account: Shared<Real>, slot: Slot, mut seated: Seated<PgConnection>) {
    let bound = account.door.settings.clean_up;
    let cleaned = timeout(bound, seated.connection.execute(CLEAN)).await;
    if matches!(cleaned, Ok(Ok(_))) {
        let now = account.door.settings.budget.inner().now();
        checkout::give_back(&account, slot, seated, now);
    } else {
        checkout::give_up(&account, slot, seated);
    }
}
