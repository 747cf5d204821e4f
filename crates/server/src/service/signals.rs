//! SIGINT and SIGTERM: the first one asks the service to stop, the second one ends the process.

use std::process::exit;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports for a process ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// Cancels the token at the first signal, and exits at the second.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_on_signals(stopping: CancellationToken) -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("stopping; a second signal ends the process at once");
        stopping.cancel();
        either(&mut interrupt, &mut terminate).await;
        tracing::warn!("ended by a second signal");
        exit(INTERRUPTED);
    });
    Ok(())
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
