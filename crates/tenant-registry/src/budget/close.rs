//! Closes a connection and waits until the server has let its backend go.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::account::Shared;
use super::core::PipelineId;
use super::door::Real;
use super::sentinel::Watch;
use super::slots::Seated;

/// How long saying goodbye may take. Then the socket is closed without.
const GOODBYE: Duration = Duration::from_millis(500);
/// After so long without the server's word, the permit goes into quarantine.
const CONFIRM: Duration = Duration::from_secs(1);

pub(super) async fn run(account: Shared<Real>, seated: Seated<PgConnection>, pipeline: Option<PipelineId>) {
    let inner = account.door.settings.budget.inner();
    let pid = seated.pid;
    // However it ends, the socket is closed now. What counts is asked next.
    let _ = timeout(GOODBYE, seated.connection.close()).await;
    let (watch, mut gone) = Watch::backend(&account, pid);
    inner.ask_sentinel(super::sentinel::Task::Watch(watch));
    match timeout(CONFIRM, &mut gone).await {
        Ok(Ok(())) => inner.with(|core| core.closed(&account, pipeline, inner.now())),
        // The sentinel ends with the runtime: the permit is nobody's any more.
        Ok(Err(_)) => {}
        Err(_) => {
            inner.with(|core| core.unconfirmed(pipeline, inner.now()));
            if gone.await.is_ok() {
                inner.with(|core| core.confirmed(&account, inner.now()));
            }
        }
    }
}
