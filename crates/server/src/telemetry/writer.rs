//! Log writer in a thread of its own.
//!
//! Lines go into a bounded queue, and the thread writes them in batches. When the queue is full, lines are dropped and
//! counted: a slow or stuck reader must not stop the service.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// Capacity in lines: some 8 MB, or two seconds of a busy service's access log.
const QUEUE: usize = 16 * 1024;
/// Pause after the queue is emptied, so that not every line wakes the thread.
const GATHER: Duration = Duration::from_millis(5);
/// Minimum time between two reports of dropped lines.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// The thread of the process's log.
static WORKER: Mutex<Option<WorkerGuard>> = Mutex::new(None);

/// Flushes the log on drop, for a second at most. `main` holds one.
#[derive(Debug)]
pub struct FlushOnDrop;

impl Drop for FlushOnDrop {
    fn drop(&mut self) {
        flush();
    }
}

/// Flushes the log, for a second at most. Later events are lost.
pub(crate) fn flush() {
    drop(WORKER.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// A queue in front of `destination`, which [`flush`] empties.
pub(super) fn queued(destination: impl Write + Send + 'static) -> NonBlocking {
    let (queue, worker) = with_queue(destination, QUEUE, REPORT_EVERY);
    *WORKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(worker);
    queue
}

fn with_queue(
    destination: impl Write + Send + 'static,
    lines: usize,
    report_every: Duration,
) -> (NonBlocking, WorkerGuard) {
    let dropped = Arc::new(OnceLock::new());
    let batches = Batches {
        destination: BufWriter::new(destination),
        dropped: Arc::clone(&dropped),
        reported: 0,
        last_report: None,
        report_every,
    };
    let (queue, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(lines)
        .lossy(true)
        .thread_name("log")
        .finish(batches);
    let _ = dropped.set(queue.error_counter());
    (queue, worker)
}

/// Lines on their way to `destination`.
struct Batches<W: Write> {
    destination: BufWriter<W>,
    dropped: Arc<OnceLock<ErrorCounter>>,
    reported: usize,
    last_report: Option<Instant>,
    report_every: Duration,
}

impl<W: Write> Batches<W> {
    /// Logs how many lines were dropped since the start: the report goes through the queue itself and may be dropped too.
    fn report_dropped(&mut self) {
        let total = self.dropped.get().map_or(0, ErrorCounter::dropped_lines);
        let due = self
            .last_report
            .is_none_or(|last| last.elapsed() >= self.report_every);
        if total == self.reported || !due {
            return;
        }
        metrics::counter!("tenantry.log.dropped_lines").absolute(total as u64);
        self.reported = total;
        self.last_report = Some(Instant::now());
        tracing::warn!(total, "log lines dropped: the log is read too slowly");
    }
}

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.report_dropped();
        self.destination.write(line)
    }

    /// Called by the thread when the queue is empty.
    fn flush(&mut self) -> io::Result<()> {
        self.destination.flush()?;
        self.report_dropped();
        #[expect(
            clippy::disallowed_methods,
            reason = "on a thread of its own, so that lines gather into one write"
        )]
        std::thread::sleep(GATHER);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Logs so many lines.
    fn log(lines: usize) {
        for line in 0..lines {
            tracing::info!(line, "one of many");
        }
    }

    #[test]
    fn logged_lines_are_written_before_the_process_ends() {
        let (reader, writer) = io::pipe().unwrap();
        let (queue, worker) = with_queue(writer, QUEUE, REPORT_EVERY);
        let subscriber =
            tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_writer(queue));
        let read = std::thread::spawn(|| BufReader::new(reader).lines().count());
        tracing::subscriber::with_default(subscriber, || log(5_000));
        drop(worker);
        assert_eq!(read.join().unwrap(), 5_000);
    }

    #[test]
    fn an_unread_log_blocks_no_thread_and_dropped_lines_are_reported() {
        let (reader, writer) = io::pipe().unwrap();
        let (queue, worker) = with_queue(writer, 100, Duration::ZERO);
        let dropped = queue.error_counter();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(queue)
            .finish();
        // For the thread of the log too, which reports.
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log(5_000);
        assert!(dropped.dropped_lines() > 3_000);
        let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
        let reports_all =
            |line: &String| line.ends_with(&format!("too slowly total={}", dropped.dropped_lines()));
        assert!(lines.any(|line| reports_all(&line)));
        drop(worker);
    }
}
