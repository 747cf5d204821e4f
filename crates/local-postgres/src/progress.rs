//! What a start is doing, for whoever renders it.

use std::path::PathBuf;

use crate::Version;

/// A step of [`LocalPostgres::start`](crate::LocalPostgres::start) or [`Ephemeral::start`](crate::Ephemeral::start).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Looking for installed server programs.
    Finding,
    /// These programs will be used.
    Found {
        /// What `postgres --version` says.
        version: Version,
        /// Where `postgres`, `initdb` and `pg_ctl` are.
        bin_dir: PathBuf,
    },
    /// None are installed, so they are being downloaded. Comes with every chunk received.
    Downloading {
        /// The exact version asked for, such as `18.3.0`.
        version: String,
        /// Bytes so far.
        received: u64,
        /// Bytes of the whole archive, when the source says so.
        total: Option<u64>,
    },
    /// The download is complete and its checksum right; it is being unpacked.
    Unpacking,
    /// `initdb` is making a data directory.
    Initialising {
        /// The directory that it becomes.
        data_directory: PathBuf,
    },
    /// The server has been started and is not yet ready.
    Starting {
        /// The port that it is going to listen on.
        port: u16,
    },
    /// A server that an earlier process left behind has been taken over.
    Adopted {
        /// The postmaster's process id.
        pid: u32,
        /// The port that it listens on.
        port: u16,
    },
    /// The server accepts connections.
    Ready {
        /// The port that it listens on.
        port: u16,
    },
}

/// Receives the steps of a start, in order, on the thread that starts or downloads.
pub trait Progress: Send + Sync {
    /// Called at the beginning of each step.
    fn step(&self, step: &Step);
}

impl<F: Fn(&Step) + Send + Sync> Progress for F {
    fn step(&self, step: &Step) {
        self(step);
    }
}
