//! New connections a second.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::ensure;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::figure::Figure;
use crate::load::{NewConnections, closed};
use crate::process::Process;
use crate::progress;
use crate::run::Outcome;

/// Clients, each with one connection at a time.
const CLIENTS: usize = 8;

/// What one kind of connection came to.
#[derive(Default)]
struct Rounds {
    /// Connections a second.
    rates: Vec<f64>,
    /// Processor time of a connection in the service, microseconds.
    processor: Vec<f64>,
    connections: usize,
}

/// New connections of each kind, in turns.
pub(super) struct Connections {
    plain: Rounds,
    full: Rounds,
    resumed: Rounds,
    /// Of those that were to be resumed, those that were.
    sessions: u64,
}

impl Connections {
    /// Lets them take turns. Both services stand still at the end.
    ///
    /// # Errors
    /// When a connection or its request fails.
    pub(super) async fn measure(
        plain: &Process,
        tls: &Process,
        certificate: &CertificateDer<'static>,
        rounds: usize,
        length: Duration,
    ) -> anyhow::Result<Self> {
        let mut in_plain = Rounds::default();
        let mut full = Rounds::default();
        let mut resumed = Rounds::default();
        let sessions = Arc::default();
        plain.pause()?;
        tls.pause()?;
        for round in 0..rounds {
            progress::say(format_args!("    round {}", round + 1));
            let client = || Ok(NewConnections::plain(plain.address()));
            push(&mut in_plain, plain, client, length).await?;
            let client = || NewConnections::over_tls(tls.address(), certificate, None);
            push(&mut full, tls, client, length).await?;
            let client = || NewConnections::over_tls(tls.address(), certificate, Some(&sessions));
            push(&mut resumed, tls, client, length).await?;
        }
        Ok(Self {
            plain: in_plain,
            full,
            resumed,
            sessions: sessions.load(Ordering::Relaxed),
        })
    }

    /// Adds its figures, and how many sessions were resumed.
    pub(super) fn report(&self, outcome: &mut Outcome) {
        for (name, rounds) in [
            ("new connections over TLS, full handshake", &self.full),
            ("new connections over TLS, resumed session", &self.resumed),
        ] {
            let (rates, processor) = (&rounds.rates, &rounds.processor);
            let plain = &self.plain;
            outcome.figures.extend([
                Figure::compared(name, "/s", rates, "plain", &plain.rates),
                Figure::compared(
                    format!("{name}: processor time of one"),
                    "µs",
                    processor,
                    "plain",
                    &plain.processor,
                ),
            ]);
        }
        outcome.notes.push(format!(
            "Of {} connections that were to resume a session, {} did; the first of each client in each round cannot.",
            self.resumed.connections, self.sessions
        ));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a round has far fewer than 2^52 connections"
)]
async fn push(
    rounds: &mut Rounds,
    process: &Process,
    client: impl Fn() -> anyhow::Result<NewConnections>,
    length: Duration,
) -> anyhow::Result<()> {
    let clients = (0..CLIENTS)
        .map(|_| client())
        .collect::<anyhow::Result<Vec<_>>>()?;
    process.resume()?;
    let before = process.usage()?;
    let tally = closed(clients, Duration::ZERO, length).await;
    let after = process.usage()?;
    process.pause()?;
    ensure!(
        tally.errors == 0,
        "{} connections failed: {}",
        tally.errors,
        tally.first_error.unwrap_or_default()
    );
    let made = tally.latencies.len();
    rounds.rates.push(tally.rate());
    rounds
        .processor
        .push((after.processor - before.processor) * 1e6 / made.max(1) as f64);
    rounds.connections += made;
    Ok(())
}
