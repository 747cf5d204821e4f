//! Gauge of the server's notification queue.
//!
//! The query also truncates the queue, under a lock that every NOTIFY takes: after a flood this takes seconds, and
//! cannot be interrupted. So it runs on a separate connection, and seldom.

use std::sync::Weak;
use std::time::Duration;

use metrics::Gauge;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

use crate::budget::Inner;

/// Pause between two samples.
const INTERVAL: Duration = Duration::from_secs(10);
/// Timeout of a sample, with its login.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Samples until the budget is dropped.
pub(super) async fn run(budget: Weak<Inner>, connect: PgConnectOptions, gauge: Gauge) {
    let connect = connect.application_name("tenantry notification queue");
    loop {
        sleep(INTERVAL).await;
        if budget.strong_count() == 0 {
            return;
        }
        match timeout(TIMEOUT, usage(&connect)).await {
            Ok(Ok(usage)) => gauge.set(usage),
            Ok(Err(error)) => tracing::debug!(%error, "sample of the notification queue failed"),
            Err(_) => tracing::debug!("sample of the notification queue timed out"),
        }
    }
}

/// The used fraction of the queue.
async fn usage(connect: &PgConnectOptions) -> Result<f64, sqlx::Error> {
    let mut connection = connect.connect().await?;
    let usage = sqlx::query_scalar("SELECT pg_notification_queue_usage()")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(usage)
}
