//! Options of a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "download")]
use crate::Download;
use crate::{Search, Step};

type Progress = dyn Fn(&Step) + Send + Sync;

/// How a server is found, initialised, started and stopped.
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) directory: PathBuf,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) search: Search,
    pub(crate) start_timeout: Duration,
    pub(crate) stop_timeout: Duration,
    pub(crate) shared_base: PathBuf,
    #[cfg(feature = "download")]
    pub(crate) download: Option<Download>,
    progress: Option<Arc<Progress>>,
}

impl Options {
    /// Options for a server that keeps data, log, password and downloaded programs in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            settings: Vec::new(),
            search: Search::system(),
            start_timeout: Duration::from_mins(1),
            stop_timeout: Duration::from_secs(10),
            shared_base: PathBuf::from("/var/lib/tenantry"),
            #[cfg(feature = "download")]
            download: Some(Download::default()),
            progress: None,
        }
    }

    /// Adds a setting, as in `postgresql.conf`. This crate's own address, port and log destination take precedence.
    /// Every user of the machine can read settings: they are arguments of the server process.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Where server programs are searched; by default [`Search::system`].
    pub fn search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// Where programs are downloaded from when none are installed; `None` disables downloads.
    #[cfg(feature = "download")]
    pub fn download(mut self, download: impl Into<Option<Download>>) -> Self {
        self.download = download.into();
        self
    }

    /// Reports the steps of a start, in order, on the thread that starts.
    pub fn progress(mut self, report: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(report));
        self
    }

    /// Timeout of `initdb`, and of the server until it is ready; by default 60 seconds each.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Timeout of a fast shutdown, after which an immediate one follows; by default 10 seconds.
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = timeout;
        self
    }

    /// Where root puts data that the server's account could not reach in `directory`; by default
    /// `/var/lib/tenantry`.
    pub fn shared_base(mut self, base: impl Into<PathBuf>) -> Self {
        self.shared_base = base.into();
        self
    }

    pub(crate) fn report(&self, step: &Step) {
        tracing::debug!(?step, "private PostgreSQL");
        if let Some(report) = &self.progress {
            report(step);
        }
    }
}
