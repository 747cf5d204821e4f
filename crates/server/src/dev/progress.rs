//! Progress of the private PostgreSQL's start, on standard error.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicU64, Ordering};

use local_postgres::Step;

/// Prints the steps of a start: a bar for the download on a terminal, a line for each tenth elsewhere.
pub(super) struct ProgressPrinter {
    terminal: bool,
    /// The share of the download that was printed last, in hundredths.
    printed: AtomicU64,
}

impl ProgressPrinter {
    pub(super) fn new() -> Self {
        Self {
            terminal: stderr().is_terminal(),
            printed: AtomicU64::new(u64::MAX),
        }
    }

    pub(super) fn print(&self, step: &Step) {
        match step {
            Step::Found { version, bin_dir } => {
                write(&format!(
                    "  found PostgreSQL {version} in {}\n",
                    bin_dir.display()
                ));
            }
            Step::Downloading {
                version,
                received,
                total,
            } => self.download(version, *received, *total),
            Step::Unpacking => write("  unpacking\n"),
            Step::Initialising { data_directory } => {
                write(&format!("  making a database in {}\n", data_directory.display()));
            }
            Step::Starting { port } => write(&format!("  starting PostgreSQL on 127.0.0.1:{port}\n")),
            Step::Adopted { pid, port } => write(&format!(
                "  taking over the PostgreSQL that an earlier run left behind (pid {pid}, 127.0.0.1:{port})\n"
            )),
            _ => {}
        }
    }

    fn download(&self, version: &str, received: u64, total: Option<u64>) {
        let Some(total) = total.filter(|total| *total > 0) else {
            return;
        };
        let percent = received.saturating_mul(100) / total;
        let share = if self.terminal { percent } else { percent / 10 * 10 };
        if self.printed.swap(share, Ordering::Relaxed) == share {
            return;
        }
        let megabytes = total / 1_000_000;
        if self.terminal {
            let filled = usize::try_from(percent / 4).unwrap_or(0);
            let bar = "█".repeat(filled) + &"·".repeat(25_usize.saturating_sub(filled));
            let end = if received >= total { "\n" } else { "" };
            write(&format!(
                "\r  downloading PostgreSQL {version} ({megabytes} MB) {bar} {percent:>3} %{end}"
            ));
        } else {
            write(&format!(
                "  downloading PostgreSQL {version} ({megabytes} MB): {share} %\n"
            ));
        }
    }
}

fn write(text: &str) {
    let mut stderr = stderr().lock();
    // The start goes on even if standard error is closed.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
