//! Signal handling: the first SIGINT, SIGTERM or SIGHUP stops the service gracefully, the second one ends the process.
//! SIGHUP has the certificates read again instead, where there are any.

use std::process::exit;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::telemetry;

/// Exit code of a process ended by SIGINT, as shells report it.
const INTERRUPTED: i32 = 130;

/// Cancels the token at the first signal, and exits at the second. With `reload` SIGHUP is none of them, and notifies it.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_on_signals(stopping: CancellationToken, reload: Option<Arc<Notify>>) -> std::io::Result<()> {
    let mut signals = Signals::install(reload)?;
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
    reload: Option<Arc<Notify>>,
}

impl Signals {
    fn install(reload: Option<Arc<Notify>>) -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            reload,
        })
    }

    async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => match &self.reload {
                    Some(reload) => reload.notify_one(),
                    None => return,
                },
            }
        }
    }
}
