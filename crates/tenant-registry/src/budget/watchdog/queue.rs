//! Gauge of the server's notification queue.
//!
//! Asking for it also truncates the queue, under a lock that every NOTIFY takes: after a flood that lasts for seconds, and
//! PostgreSQL cannot interrupt it. So it is asked on a connection that nothing else waits for, and seldom.

use std::sync::Weak;
use std::time::Duration;

use metrics::Gauge;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

use super::super::Inner;

/// Pause between two looks.
const EVERY: Duration = Duration::from_secs(10);
/// How long a look may take, its login included.
const ANSWER: Duration = Duration::from_secs(5);

/// Looks until the budget is gone.
pub(super) async fn run(budget: Weak<Inner>, connect: PgConnectOptions, gauge: Gauge) {
    let connect = connect.application_name("tenantry notification queue");
    loop {
        sleep(EVERY).await;
        if budget.strong_count() == 0 {
            return;
        }
        match timeout(ANSWER, usage(&connect)).await {
            Ok(Ok(usage)) => gauge.set(usage),
            Ok(Err(error)) => tracing::debug!(%error, "the notification queue cannot be looked at"),
            Err(_) => tracing::debug!("the notification queue was not looked at in time"),
        }
    }
}

/// The part of the queue that is in use, from 0 to 1.
async fn usage(connect: &PgConnectOptions) -> Result<f64, sqlx::Error> {
    let mut connection = connect.connect().await?;
    let usage = sqlx::query_scalar("SELECT pg_notification_queue_usage()")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(usage)
}
