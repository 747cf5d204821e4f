//! Processor time and memory of a process, from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two samples.
const PERIOD: Duration = Duration::from_millis(100);

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time since its start, seconds.
    pub(crate) processor: f64,
    /// Resident set, MiB.
    pub(crate) resident: f64,
}

impl Usage {
    /// Of the process of this number.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("no such process")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).context("no such process")?;
        let ticks = ticks(&stat).context("/proc/…/stat has no times")?;
        #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 ticks")]
        let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(Self {
            processor: seconds,
            resident: resident(&status).context("/proc/…/status has no VmRSS")?,
        })
    }
}

/// Ticks in user mode and in the kernel. The name before them may contain anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// A process that is being watched.
pub(crate) struct Sampler {
    begin: (Instant, Usage),
    pid: u32,
    stop: oneshot::Sender<()>,
    highest: JoinHandle<anyhow::Result<f64>>,
}

/// What a process used while it was watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sampled {
    /// Of one processor, percent.
    pub(crate) processor: f64,
    /// The largest resident set, MiB.
    pub(crate) resident: f64,
}

impl Sampler {
    pub(super) fn start(pid: u32) -> anyhow::Result<Self> {
        let begin = (Instant::now(), Usage::of(pid)?);
        let (stop, mut stopped) = oneshot::channel();
        let highest = tokio::spawn(async move {
            let mut highest: f64 = 0.0;
            let mut period = interval(PERIOD);
            period.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                tokio::select! {
                    _ = period.tick() => highest = highest.max(Usage::of(pid)?.resident),
                    _ = &mut stopped => return Ok(highest),
                }
            }
        });
        Ok(Self {
            begin,
            pid,
            stop,
            highest,
        })
    }

    /// What it used since.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) async fn stop(self) -> anyhow::Result<Sampled> {
        let (began, before) = self.begin;
        let (elapsed, after) = (began.elapsed(), Usage::of(self.pid)?);
        if self.stop.send(()).is_err() {
            bail!("the process has ended");
        }
        let highest = self.highest.await.context("the sampler did not end")??;
        let processor = (after.processor - before.processor) / elapsed.as_secs_f64();
        Ok(Sampled {
            processor: processor * 100.0,
            resident: highest.max(after.resident),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_memory_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 5 0 0 0 120 30 0 0 20 0 3 0 100 1000 50";
        assert_eq!(ticks(stat), Some(150));
        let status = "Name:\ttenantry\nVmHWM:\t 40960 kB\nVmRSS:\t   20480 kB\n";
        assert_eq!(resident(status), Some(20.0));
    }

    #[test]
    fn this_process_has_used_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident > 0.1, "{usage:?}");
    }
}
