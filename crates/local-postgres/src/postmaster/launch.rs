//! Starting a server on a free port.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::Postmaster;
use super::pid_file::{PidFile, Status};
use crate::account::Account;
use crate::endpoint::HOST;
use crate::error::IoContext;
use crate::installation::Installation;
use crate::{Error, command, log_file, poll};

/// How many ports are tried: one that was free a moment ago may have been taken meanwhile.
const ATTEMPTS: usize = 5;

/// How a server is started.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) installation: &'a Installation,
    pub(crate) account: &'a Account,
    pub(crate) data: &'a Path,
    pub(crate) log: &'a Path,
    /// Names and values as in `postgresql.conf`.
    pub(crate) settings: &'a [(String, String)],
    pub(crate) timeout: Duration,
}

impl Launch<'_> {
    /// Starts the server on a free port and waits until it is ready. `starting` is told each port that is tried.
    pub(crate) fn run(&self, starting: impl FnMut(u16)) -> Result<(Postmaster, u16), Error> {
        self.run_on(free_port, starting)
    }

    fn run_on(
        &self,
        mut pick: impl FnMut() -> io::Result<u16>,
        mut starting: impl FnMut(u16),
    ) -> Result<(Postmaster, u16), Error> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let port = pick().doing("find a free port on", Path::new(HOST))?;
            starting(port);
            match self.start(port) {
                Err(Error::StartFailed { tail, .. }) if left > 0 && port_was_taken(&tail) => {
                    tracing::debug!(port, "the port was taken meanwhile; trying another");
                }
                outcome => return outcome.map(|postmaster| (postmaster, port)),
            }
        }
    }

    fn start(&self, port: u16) -> Result<Postmaster, Error> {
        let log = log_file::open_new(self.log)?;
        let mut child = self.spawn(port, log)?;
        let tail = || log_file::tail(self.log);
        let ready = poll::until(self.timeout, || {
            if let Some(status) = child.try_wait().doing("wait for", self.data)? {
                return Err(Error::StartFailed {
                    status,
                    log: self.log.to_owned(),
                    tail: tail(),
                });
            }
            let file = PidFile::read(self.data)?;
            Ok(file.filter(|file| file.pid == child.id() && file.status == Status::Ready))
        });
        let mut postmaster = Postmaster::child(child);
        match ready {
            Ok(Some(_)) => Ok(postmaster),
            Ok(None) => {
                postmaster.stop(Duration::ZERO)?;
                Err(Error::StartTimeout {
                    timeout: self.timeout,
                    log: self.log.to_owned(),
                    tail: tail(),
                })
            }
            Err(error) => {
                postmaster.stop(Duration::ZERO)?;
                Err(error)
            }
        }
    }

    fn spawn(&self, port: u16, log: File) -> Result<Child, Error> {
        let program = self.installation.program("postgres");
        let mut command = command::program(&program, self.account);
        command.arg("-D").arg(self.data);
        for (name, value) in self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // The last one wins, so that these hold: reachable from this machine only, by password only, and the log
        // where we read it.
        command.arg("-c").arg(format!("listen_addresses={HOST}"));
        command.arg("-c").arg(format!("port={port}"));
        command.args([
            "-c",
            "unix_socket_directories=",
            "-c",
            "logging_collector=off",
            "-c",
            "log_destination=stderr",
        ]);
        command
            .stdout(Stdio::from(log.try_clone().doing("open", self.log)?))
            .stderr(Stdio::from(log));
        // Ctrl-C goes to the terminal's foreground group. The server is stopped by us, in order, not by the terminal.
        command.process_group(0);
        command::spawn(&mut command).doing("run", &program)
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// `strerror(EADDRINUSE)`, in the language that the server is made to speak.
fn port_was_taken(tail: &str) -> bool {
    tail.contains("Address already in use")
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::Duration;

    use super::{ATTEMPTS, Launch, free_port};
    use crate::account::Account;
    use crate::initdb::Initdb;
    use crate::obtain::obtain;
    use crate::scratch::Scratch;
    use crate::{Error, Options, password};

    #[test]
    fn a_port_that_was_taken_meanwhile_is_given_up_for_another() {
        let timeout = Duration::from_mins(1);
        let account = Account::choose(&[]).unwrap();
        let scratch = Scratch::new(&account, timeout).unwrap();
        let data = scratch.path().join("data");
        let installation = obtain(&Options::new("unused"), &account, None, &data).unwrap();
        let password = password::generate().unwrap();
        Initdb {
            installation: &installation,
            account: &account,
            password: &password,
            timeout,
            durable: false,
        }
        .run(&data)
        .unwrap();
        let log = scratch.path().join("log");
        let launch = Launch {
            installation: &installation,
            account: &account,
            data: &data,
            log: &log,
            settings: &[],
            timeout,
        };

        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = taken.local_addr().map(|address| (taken, address.port())).unwrap();
        let mut tried = Vec::new();
        let refused = launch
            .run_on(|| Ok(taken.1), |port| tried.push(port))
            .unwrap_err();
        assert!(matches!(refused, Error::StartFailed { .. }), "{refused}");
        assert_eq!(tried, [taken.1; ATTEMPTS]);

        let mut first = Some(taken.1);
        let pick = || first.take().map_or_else(free_port, Ok);
        let (mut postmaster, port) = launch.run_on(pick, |_| {}).unwrap();
        assert_ne!(port, taken.1);
        postmaster.stop(timeout).unwrap();
        scratch.remove().unwrap();
    }
}
