//! A key set by URL: fetched by a task, read without waiting.
//!
//! The task fetches at the start and then every `refresh`; after a failure it tries again sooner. A token with an unknown
//! key has the set fetched at once, at most once per `cool_down`, however many such tokens come. All that wait share
//! one fetch.

mod fetch;
mod max_age;
mod target;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ring::digest::{SHA256, digest};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::clock::{Clock, Moment};
use crate::key_set_status::{KeySetSource, KeySetStatus};
use crate::keys::KeySet;
use crate::settings::{IssuerSettings, SettingsError};
use fetch::{Document, FetchError, Fetcher};

/// For how long a token may wait for a fetch.
const WAIT: Duration = Duration::from_secs(2);

/// Pause after the first failure of a fetch. It doubles with each one that follows, up to `cool_down`.
const FIRST_RETRY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct JwksSource {
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug)]
struct Shared {
    issuer: String,
    /// As it may be shown.
    url: String,
    clock: Arc<dyn Clock>,
    refresh: Duration,
    cool_down: Duration,
    max_stale: Duration,
    /// Read for each token, so that it is locked for no longer than a copy takes.
    fetched: RwLock<Option<Fetched>>,
    attempts: watch::Sender<Attempts>,
}

#[derive(Debug, Clone)]
struct Fetched {
    keys: Arc<KeySet>,
    /// The hash of their document.
    sha256: [u8; 32],
    began: Moment,
}

#[derive(Debug, Clone, Default)]
struct Attempts {
    completed: u64,
    /// Whether one runs, or is about to: set by a token, it wakes the task.
    running: bool,
    /// When a token last began one, on the monotonic clock.
    demanded_at: Option<Duration>,
    failure: Option<String>,
}

impl JwksSource {
    /// Starts the task.
    pub(crate) fn new(settings: &IssuerSettings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let fetcher = Fetcher::new(settings)?;
        let shared = Arc::new(Shared {
            issuer: settings.issuer.clone(),
            url: fetcher.shown(),
            clock,
            refresh: settings.refresh,
            cool_down: settings.cool_down,
            max_stale: settings.max_stale,
            fetched: RwLock::default(),
            // The first fetch is about to begin.
            attempts: watch::Sender::new(Attempts {
                running: true,
                ..Attempts::default()
            }),
        });
        let task = tokio::spawn(run(Arc::clone(&shared), fetcher));
        Ok(Self {
            shared,
            _task: AbortOnDropHandle::new(task),
        })
    }

    /// Checks the URL and reads the file of authorities.
    pub(crate) fn check(settings: &IssuerSettings) -> Result<(), SettingsError> {
        Fetcher::new(settings).map(drop)
    }

    /// The keys, unless there are none or they are older than `max_stale`.
    pub(crate) fn keys(&self) -> Option<Arc<KeySet>> {
        let fetched = self.shared.fetched()?;
        (self.shared.age(&fetched) <= self.shared.max_stale).then_some(fetched.keys)
    }

    /// Waits for the fetch that is running, or for one that this begins if the last such one was `cool_down` ago. Returns
    /// at once if it may begin none.
    pub(crate) async fn refetched(&self) {
        let mut attempts = self.shared.attempts.subscribe();
        let now = self.shared.clock.monotonic();
        let mut completed = 0;
        let mut wait = true;
        // One token begins the fetch, and others find it running.
        self.shared.attempts.send_if_modified(|attempts| {
            completed = attempts.completed;
            let cooled = attempts
                .demanded_at
                .is_none_or(|at| now.saturating_sub(at) >= self.shared.cool_down);
            let begin = !attempts.running && cooled;
            wait = attempts.running || begin;
            if begin {
                attempts.running = true;
                attempts.demanded_at = Some(now);
            }
            begin
        });
        if wait {
            // Too late is the same as no new key.
            let _ = timeout(WAIT, attempts.wait_for(|now| now.completed > completed)).await;
        }
    }

    pub(crate) fn status(&self) -> KeySetStatus {
        let fetched = self.shared.fetched();
        KeySetStatus {
            issuer: self.shared.issuer.clone(),
            source: KeySetSource::Url(self.shared.url.clone()),
            keys: self.keys().map(|keys| keys.len()),
            fetched_at: fetched.as_ref().map(|fetched| fetched.began.unix),
            age: fetched.map(|fetched| self.shared.age(&fetched)),
            max_stale: Some(self.shared.max_stale),
            failure: self.shared.attempts.borrow().failure.clone(),
        }
    }
}

impl Shared {
    fn fetched(&self) -> Option<Fetched> {
        self.fetched
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn age(&self, fetched: &Fetched) -> Duration {
        fetched.began.age(&*self.clock)
    }

    /// Publishes a document. The same one again leaves the keys as they are, and the tokens that they verified remembered.
    fn publish(&self, document: &Document, began: Moment) -> Result<(), FetchError> {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, &document.body).as_ref());
        let before = self.fetched();
        let same = before.filter(|before| before.sha256 == sha256);
        let keys = if let Some(same) = same {
            same.keys
        } else {
            let keys = KeySet::from_jwks(&self.issuer, &document.body)?;
            if keys.len() == 0 {
                warn!(
                    issuer = self.issuer,
                    "an issuer has no usable key: all its tokens are refused"
                );
            } else {
                info!(
                    issuer = self.issuer,
                    keys = keys.len(),
                    "an issuer's keys have changed"
                );
            }
            Arc::new(keys)
        };
        *self.fetched.write().unwrap_or_else(PoisonError::into_inner) = Some(Fetched { keys, sha256, began });
        Ok(())
    }

    /// The time until the next fetch, after one that brought this document.
    fn pause(&self, document: &Document) -> Duration {
        let max_age = document.max_age.unwrap_or(self.refresh);
        max_age.max(self.cool_down).min(self.refresh)
    }
}

async fn run(shared: Arc<Shared>, fetcher: Fetcher) {
    let mut retry = FIRST_RETRY;
    let mut attempts = shared.attempts.subscribe();
    loop {
        let began = Moment::now(&*shared.clock);
        let outcome = fetcher.fetch().await;
        let outcome = outcome.and_then(|document| {
            shared.publish(&document, began)?;
            Ok(shared.pause(&document))
        });
        let (pause, failure) = match outcome {
            Ok(pause) => {
                retry = FIRST_RETRY;
                (pause, None)
            }
            Err(error) => {
                let keys_age = shared.fetched().map(|fetched| shared.age(&fetched));
                warn!(
                    issuer = shared.issuer,
                    url = shared.url,
                    keys_age_s = keys_age.map(|age| age.as_secs()),
                    %error,
                    "cannot fetch an issuer's keys"
                );
                let pause = retry.min(shared.cool_down).min(shared.refresh);
                retry = (retry * 2).min(shared.cool_down);
                (pause, Some(error.to_string()))
            }
        };
        shared.attempts.send_modify(|attempts| {
            attempts.completed += 1;
            attempts.running = false;
            attempts.failure = failure;
        });
        // Running out of time is the usual reason to go on.
        let _ = timeout(pause, attempts.wait_for(|attempts| attempts.running)).await;
        shared.attempts.send_if_modified(|attempts| {
            attempts.running = true;
            false
        });
    }
}
