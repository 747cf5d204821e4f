//! A terminal, with a person before it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::until;

/// For a command to end, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// A command at a terminal.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts the command at a terminal with so many columns.
    pub fn start(mut command: Command, columns: u16) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).unwrap();
        let child = command
            .env("TERM", "xterm")
            .stdin(Stdio::from(terminal.try_clone().unwrap()))
            .stdout(Stdio::from(terminal.try_clone().unwrap()))
            .stderr(Stdio::from(terminal))
            .spawn()
            .unwrap();
        // The command holds its ends of the terminal, and with it goes the last of them.
        drop(command);
        let keyboard = File::from(controller);
        let screen = Arc::default();
        watch(keyboard.try_clone().unwrap(), Arc::clone(&screen));
        Self {
            child,
            keyboard,
            screen,
        }
    }

    /// All that was shown so far.
    pub fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits until this is shown.
    pub async fn shows(&self, text: &str) {
        let shown = until(async || self.screen().contains(text));
        let shown = timeout(DEADLINE / 2, shown).await;
        assert!(shown.is_ok(), "{text:?} is not in {:?}", self.screen());
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Ctrl-C, as a shell's terminal passes it on.
    pub fn interrupt(&self) {
        let pid = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Its exit code and all that was shown.
    pub async fn ends(mut self) -> (Option<i32>, String) {
        let ended = timeout(DEADLINE, self.child.wait()).await;
        let code = ended.expect("the command does not end").unwrap().code();
        // The reader lets go of the screen when all is read.
        until(async || Arc::strong_count(&self.screen) == 1).await;
        (code, self.screen())
    }
}

/// Reads until the command has gone from the terminal, which a read tells by failing.
fn watch(mut controller: File, screen: Arc<Mutex<String>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        let mut bytes = Vec::new();
        while let Ok(read @ 1..) = controller.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..read]);
            *screen.lock().unwrap() = String::from_utf8_lossy(&bytes).into_owned();
        }
    });
}
