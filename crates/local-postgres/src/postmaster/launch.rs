//! Start of a server on a free port.

use std::fs::File;
use std::io::{self, Seek};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::pid_file::PidFile;
use super::{Postmaster, Process, ServerState};
use crate::endpoint::HOST;
use crate::error::IoContext;
use crate::installation::Installation;
use crate::{Error, Options, Step, command, files, log_file, poll};

/// How many ports are tried: a port that was free a moment ago may be taken meanwhile.
const PORTS: usize = 5;

/// How a server is started.
pub(crate) struct Launch<'a> {
    pub(crate) options: &'a Options,
    pub(crate) installation: &'a Installation,
    pub(crate) data: &'a Path,
    pub(crate) log: &'a Path,
}

impl Launch<'_> {
    /// Starts the server on a free port and waits until it is ready.
    pub(crate) fn run(&self) -> Result<(Postmaster, u16), Error> {
        self.run_on(free_port)
    }

    fn run_on(&self, mut pick: impl FnMut() -> io::Result<u16>) -> Result<(Postmaster, u16), Error> {
        remove_stale_pid_file(self.data)?;
        let log = log_file::rotate(self.log)?;
        let mut left = PORTS;
        loop {
            left -= 1;
            let port = pick().context("find a free port")?;
            self.options.report(&Step::Starting { port });
            match self.start_after_orphans(port, &log) {
                Err(Error::StartFailed { tail, .. }) if left > 0 && port_is_taken(&tail) => {
                    tracing::debug!(port, "the port was taken meanwhile; trying another");
                }
                outcome => return outcome.map(|postmaster| (postmaster, port)),
            }
        }
    }

    /// Starts the server, and tries again while backends of a killed postmaster are still there: PostgreSQL refuses
    /// to start beside them, and each ends as soon as it notices.
    fn start_after_orphans(&self, port: u16, log: &File) -> Result<Postmaster, Error> {
        let timeout = self.options.start_timeout;
        let started = poll::until(timeout, || match self.start(port, log) {
            Err(Error::StartFailed { tail, .. }) if orphans_remain(&tail) => Ok(None),
            outcome => outcome.map(Some),
        })?;
        started.ok_or_else(|| self.timed_out())
    }

    fn start(&self, port: u16, log: &File) -> Result<Postmaster, Error> {
        let child = self.command(port, log)?;
        // Stopped at once unless it becomes ready.
        let mut postmaster = Postmaster::new(Process::Child(child), Duration::ZERO);
        let pid = postmaster.pid();
        let ready = poll::until(self.options.start_timeout, || {
            if let Process::Child(child) = &mut postmaster.process
                && let Some(status) = child.try_wait().context("wait for PostgreSQL")?
            {
                return Err(Error::StartFailed {
                    status,
                    log: self.log.to_owned(),
                    tail: log_file::tail(self.log),
                });
            }
            let file = PidFile::read(self.data)?;
            Ok(file.filter(|file| file.pid == pid && file.ready_port.is_some()))
        })?;
        if ready.is_none() {
            postmaster.stop()?;
            return Err(self.timed_out());
        }
        postmaster.stop_timeout = self.options.stop_timeout;
        Ok(postmaster)
    }

    fn command(&self, port: u16, mut log: &File) -> Result<Child, Error> {
        log.set_len(0).on("empty", self.log)?;
        log.rewind().on("empty", self.log)?;
        let output = || log.try_clone().on("open", self.log);
        let mut command = self.installation.command("postgres");
        command.arg("-D").arg(self.data);
        for (name, value) in &self.options.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // The last value of a setting holds.
        for fixed in [
            format!("listen_addresses={HOST}").as_str(),
            format!("port={port}").as_str(),
            "unix_socket_directories=",
            "logging_collector=off",
            "log_destination=stderr",
        ] {
            command.arg("-c").arg(fixed);
        }
        // Its own process group: Ctrl-C in the terminal must not reach it, because its owner stops it in order.
        command.stdout(output()?).stderr(output()?).process_group(0);
        command::spawn(&mut command).context("run postgres")
    }

    fn timed_out(&self) -> Error {
        Error::StartTimeout {
            timeout: self.options.start_timeout,
            log: self.log.to_owned(),
            tail: log_file::tail(self.log),
        }
    }
}

/// Removes the `postmaster.pid` of a server that has ended if its process id is in use. PostgreSQL itself ignores the
/// file only if the id is free: it cannot tell a server from another process of its account, or from a zombie.
fn remove_stale_pid_file(data: &Path) -> Result<(), Error> {
    let (Some(file), ServerState::Stopped) = (PidFile::read(data)?, ServerState::of(data)?) else {
        return Ok(());
    };
    let pid = i32::try_from(file.pid).ok().and_then(Pid::from_raw);
    if pid.is_some_and(|pid| test_kill_process(pid).is_ok()) {
        tracing::info!(
            pid = file.pid,
            "removing a stale postmaster.pid whose process id is in use"
        );
        files::remove(&PidFile::path(data))?;
    }
    Ok(())
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The text of `EADDRINUSE` in the C locale, which the server is started with.
fn port_is_taken(log: &str) -> bool {
    log.contains("Address already in use")
}

fn orphans_remain(log: &str) -> bool {
    log.contains("pre-existing shared memory block") && log.contains("is still in use")
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{Launch, PORTS, free_port};
    use crate::account::Account;
    use crate::guarded_directory::GuardedDirectory;
    use crate::initdb::initdb;
    use crate::obtain::obtain;
    use crate::{Error, Options, Step, password};

    #[test]
    fn another_port_is_tried_when_the_first_one_is_taken() {
        let account = Account::choose(&[]).unwrap();
        let directory = GuardedDirectory::new(&account).unwrap();
        let data = directory.path().join("data");
        let tried = Arc::new(Mutex::new(Vec::new()));
        let ports = Arc::clone(&tried);
        let options = Options::new("unused").progress(move |step| {
            if let Step::Starting { port } = step {
                ports.lock().unwrap().push(*port);
            }
        });
        let installation = obtain(&options, &account, None, &data).unwrap();
        let password = password::generate().unwrap();
        initdb(
            &installation,
            &data,
            &password,
            &["--no-sync"],
            Duration::from_mins(1),
        )
        .unwrap();
        let launch = Launch {
            options: &options,
            installation: &installation,
            data: &data,
            log: &directory.path().join("log"),
        };

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        let refused = launch.run_on(|| Ok(taken)).unwrap_err();
        assert!(matches!(refused, Error::StartFailed { .. }), "{refused}");
        assert_eq!(*tried.lock().unwrap(), [taken; PORTS]);

        let mut first = Some(taken);
        let (mut postmaster, port) = launch.run_on(|| first.take().map_or_else(free_port, Ok)).unwrap();
        assert_ne!(port, taken);
        postmaster.stop().unwrap();
    }
}
