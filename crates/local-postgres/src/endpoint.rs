//! Where a running server is reached.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// Where a running server is reached, and as whom. Its `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub(crate) port: u16,
    pub(crate) password: SecretString,
    pub(crate) major: u32,
    pub(crate) pid: u32,
    pub(crate) data_directory: PathBuf,
    pub(crate) bin_dir: PathBuf,
    pub(crate) psql: Option<PathBuf>,
}

/// The address of the loopback interface, the only one that the server listens on.
pub(crate) const HOST: &str = "127.0.0.1";

/// The role that `initdb` makes.
pub(crate) const SUPERUSER: &str = "postgres";

impl Endpoint {
    /// The address, always `127.0.0.1`.
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The role with all rights, always `postgres`.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The password of [`superuser`](Self::superuser): 64 hexadecimal digits.
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// The major version of the data directory, and so of the server.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The postmaster's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The data directory, canonical.
    pub fn data_directory(&self) -> &Path {
        &self.data_directory
    }

    /// Where the server's programs are.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The `psql` beside the server's programs, else the one on the search path, if there is one.
    pub fn psql(&self) -> Option<&Path> {
        self.psql.as_deref()
    }
}
