//! Signal handling: the first SIGINT, SIGTERM or SIGHUP stops the service gracefully, the second one ends the process.

use std::process::exit;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::telemetry;

/// Exit code of a process ended by SIGINT, as shells report it.
const INTERRUPTED: i32 = 130;

/// Cancels the token at the first signal, and exits at the second.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_on_signals(stopping: CancellationToken) -> std::io::Result<()> {
    let mut signals = Signals::install()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping; a second signal ends the process at once");
        stopping.cancel();
        signals.next().await;
        tracing::warn!("ended by a second signal");
        telemetry::flush();
        exit(INTERRUPTED);
    });
    Ok(())
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// SIGHUP of a closed terminal: a private PostgreSQL must not be left running.
    hang_up: Signal,
}

impl Signals {
    fn install() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
