//! What a start may be told.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "download")]
use crate::Download;
use crate::{Progress, Search, Step};

/// Where root keeps data that an unprivileged account could not reach in its own place.
const SHARED_BASE: &str = "/var/lib/tenantry";

/// How a server is found, initialised, started and stopped.
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) root: PathBuf,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) search: Search,
    pub(crate) start_timeout: Duration,
    pub(crate) stop_timeout: Duration,
    pub(crate) shared_base: PathBuf,
    #[cfg(feature = "download")]
    pub(crate) download: Option<Download>,
    progress: Option<Arc<dyn Progress>>,
}

impl Options {
    /// Options for a server whose data, log, password and downloaded programs lie below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            settings: Vec::new(),
            search: Search::system(),
            start_timeout: Duration::from_mins(1),
            stop_timeout: Duration::from_secs(10),
            shared_base: PathBuf::from(SHARED_BASE),
            #[cfg(feature = "download")]
            download: Some(Download::default()),
            progress: None,
        }
    }

    /// A setting of the server, as in `postgresql.conf`. The addresses, the port and the log's destination are
    /// this crate's and win. Settings are arguments of the server's process, which everybody can see.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Where server programs are looked for; [`Search::system`] unless told.
    pub fn search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// Where programs are downloaded from when none are installed; `None` forbids it. [`Download::default`] unless
    /// told.
    #[cfg(feature = "download")]
    pub fn download(mut self, download: impl Into<Option<Download>>) -> Self {
        self.download = download.into();
        self
    }

    /// Who is told about the steps of a start.
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// How long `initdb` may take, and how long the server may take to become ready; 60 seconds each unless told.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long a fast shutdown may take before an immediate one follows; 10 seconds unless told.
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = timeout;
        self
    }

    /// Where root puts data that the server's account could not reach below the root directory;
    /// `/var/lib/tenantry` unless told.
    pub fn shared_base(mut self, base: impl Into<PathBuf>) -> Self {
        self.shared_base = base.into();
        self
    }

    /// The directory that everything lies below.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn step(&self, step: &Step) {
        tracing::debug!(?step, "private PostgreSQL");
        if let Some(progress) = &self.progress {
            progress.step(step);
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("root", &self.root)
            .field("settings", &self.settings)
            .field("search", &self.search)
            .field("start_timeout", &self.start_timeout)
            .field("stop_timeout", &self.stop_timeout)
            .field("shared_base", &self.shared_base)
            .finish_non_exhaustive()
    }
}
