//! Two servers that take turns, each asked by wrk in its own way.

use std::net::SocketAddr;
use std::time::Duration;

use crate::figure::Figure;
use crate::load::{LoadSummary, Wrk};
use crate::process::Process;

/// Connections of wrk.
pub(super) const CLIENTS: u32 = 32;
/// Connections open and statements are prepared before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// One server, and how it is asked.
pub(super) struct Side<'a> {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) wrk: Wrk,
    /// It stands still while it is not asked: what it does in the background is no part of the other one's figures.
    pub(super) process: Option<&'a Process>,
}

/// What a side's rounds came to.
pub(super) struct Rounds {
    /// Requests a second.
    pub(super) rates: Vec<f64>,
    /// Processor time of a request in its process, microseconds.
    pub(super) processor: Vec<f64>,
    pub(super) load: LoadSummary,
    /// Requests, those before the rounds included.
    pub(super) asked: u64,
}

/// Both sides', in pairs.
pub(super) struct Pair {
    name: String,
    pub(super) ours: Rounds,
    pub(super) theirs: Rounds,
}

/// Lets the sides take turns.
///
/// # Errors
/// When a request fails.
pub(super) async fn measure(
    name: &str,
    ours: &Side<'_>,
    theirs: &Side<'_>,
    rounds: usize,
    length: Duration,
) -> anyhow::Result<Pair> {
    let mut pair = Pair {
        name: name.to_owned(),
        ours: Rounds::new(name, ours),
        theirs: Rounds::new(name, theirs),
    };
    theirs.pause()?;
    for (side, seen) in [(ours, &mut pair.ours), (theirs, &mut pair.theirs)] {
        side.resume()?;
        seen.asked += side.wrk.round(side.address, CLIENTS, WARM_UP).await?.answered;
        side.pause()?;
    }
    for _ in 0..rounds {
        pair.ours.push(ours, length).await?;
        pair.theirs.push(theirs, length).await?;
    }
    for side in [ours, theirs] {
        side.resume()?;
    }
    Ok(pair)
}

impl<'a> Side<'a> {
    /// A service of its own process.
    pub(super) fn of(name: &str, process: &'a Process, wrk: Wrk) -> Self {
        Self {
            name: name.to_owned(),
            address: process.address(),
            wrk,
            process: Some(process),
        }
    }

    fn pause(&self) -> anyhow::Result<()> {
        self.process.map_or(Ok(()), Process::pause)
    }

    fn resume(&self) -> anyhow::Result<()> {
        self.process.map_or(Ok(()), Process::resume)
    }
}

impl Rounds {
    fn new(name: &str, side: &Side<'_>) -> Self {
        Self {
            rates: Vec::new(),
            processor: Vec::new(),
            load: LoadSummary::new(format!("{name}: {}", side.name)),
            asked: 0,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    async fn push(&mut self, side: &Side<'_>, length: Duration) -> anyhow::Result<()> {
        side.resume()?;
        let used = || side.process.map(Process::usage).transpose();
        let before = used()?;
        let round = side.wrk.round(side.address, CLIENTS, length).await?;
        if let (Some(before), Some(after)) = (before, used()?) {
            let processor = (after.processor - before.processor) * 1e6;
            self.processor.push(processor / round.answered.max(1) as f64);
        }
        side.pause()?;
        self.rates.push(round.rate());
        self.asked += round.answered;
        self.load.add_wrk(&round);
        Ok(())
    }
}

impl Pair {
    /// Requests a second of the one against the other.
    pub(super) fn figure(&self, other: &str) -> Figure {
        Figure::compared(
            self.name.as_str(),
            "/s",
            &self.ours.rates,
            other,
            &self.theirs.rates,
        )
    }

    /// Processor time of a request, in both processes.
    pub(super) fn processor(&self, other: &str) -> Figure {
        let name = format!("{}: processor time of a request", self.name);
        Figure::compared(name, "µs", &self.ours.processor, other, &self.theirs.processor)
    }
}
