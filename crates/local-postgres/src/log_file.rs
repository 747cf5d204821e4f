//! The server's log file.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::IoContext;
use crate::{Error, files};

/// How much of a log an error contains.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 20;

/// Opens an empty log and keeps the previous one beside it.
pub(crate) fn rotate(path: &Path) -> Result<File, Error> {
    match fs::rename(path, path.with_extension("log.previous")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).on("rename", path),
        _ => files::open_private(path),
    }
}

/// The last lines of a log, or the reason why it cannot be read.
pub(crate) fn tail(path: &Path) -> String {
    read_tail(path).unwrap_or_else(|error| format!("(cannot be read: {error})"))
}

fn read_tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::{rotate, tail};

    #[test]
    fn the_tail_is_limited_in_lines_and_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("postgres.log");
        let lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
        fs::write(&path, lines.join("\n")).unwrap();
        assert_eq!(tail(&path), lines[80..].join("\n"));
        fs::write(&path, "x".repeat(100_000)).unwrap();
        assert_eq!(tail(&path).len(), 8 * 1024);
        assert!(tail(&directory.path().join("missing")).contains("cannot be read"));
    }

    #[test]
    fn the_previous_log_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("postgres.log");
        for run in ["first", "second", "third"] {
            write!(rotate(&path).unwrap(), "{run}").unwrap();
        }
        assert_eq!(tail(&path), "third");
        assert_eq!(tail(&directory.path().join("postgres.log.previous")), "second");
    }
}
