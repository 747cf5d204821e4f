//! Tidying up after a process that cannot do it itself.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Error;
use crate::error::IoContext;

/// What the shell runs; it says itself how.
const SCRIPT: &str = include_str!("leash.sh");

/// The word that tells the shell that nothing is left to do.
const RELEASED: &[u8] = b"released\n";

/// A shell that waits for our end, however it comes: the pipe to it closes when this process is gone, even by
/// SIGKILL or by an exit that drops nothing. Then it stops the server and removes its directory.
#[derive(Debug)]
pub(crate) struct Leash(Child);

impl Leash {
    /// Puts what is going to be below `directory` on the leash.
    pub(crate) fn new(directory: &Path, stop_timeout: Duration) -> Result<Self, Error> {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SCRIPT, "local-postgres-leash"])
            .arg(directory)
            .arg(stop_timeout.as_secs().to_string());
        shell
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Ctrl-C must not end it before it has done its work.
        shell.process_group(0);
        shell.spawn().doing("run", Path::new("/bin/sh")).map(Self)
    }

    /// All has been tidied up: the shell ends without doing anything.
    pub(crate) fn release(mut self) -> Result<(), Error> {
        if let Some(mut pipe) = self.0.stdin.take() {
            pipe.write_all(RELEASED)
                .doing("write to", Path::new("the leash"))?;
        }
        self.0.wait().doing("wait for", Path::new("the leash")).map(drop)
    }
}
