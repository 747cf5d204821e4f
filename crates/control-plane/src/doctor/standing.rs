//! The last report, and whether tenants may be served after it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::{Doctor, Report};

/// A report and when it was made.
#[derive(Debug)]
pub struct Examination {
    /// What was found.
    pub report: Report,
    /// When it was through.
    pub at: Instant,
}

/// A doctor and its last report, for all who want to know. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Examinations {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    doctor: Doctor,
    /// Whether tenants may be served.
    open: AtomicBool,
    last: RwLock<Option<Arc<Examination>>>,
    /// One examination at a time.
    turn: Mutex<()>,
}

impl Examinations {
    /// None was made yet. Where one is `required`, tenants may not be served before one is sound.
    pub fn new(doctor: Doctor, required: bool) -> Self {
        let shared = Shared {
            doctor,
            open: AtomicBool::new(!required),
            last: RwLock::new(None),
            turn: Mutex::new(()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Whether tenants may be served. Once they may, an examination that finds something does not stop it: it is made
    /// for an operator, who decides.
    pub fn isolated(&self) -> bool {
        self.shared.open.load(Ordering::Acquire)
    }

    /// The last one; `None` before the first.
    pub fn last(&self) -> Option<Arc<Examination>> {
        self.shared
            .last
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Examines now, by catalogs and by attack. In a task of its own: whoever goes away does not leave the probe's
    /// logins open.
    pub async fn examine(&self) -> Arc<Examination> {
        let this = self.clone();
        match tokio::spawn(async move { this.run().await }).await {
            Ok(examination) => examination,
            // The runtime is going down, or it panicked: what was not examined is not sound.
            Err(_) => Arc::new(Examination {
                report: Report::new(
                    vec![super::Finding::new(
                        "NOT_EXAMINED",
                        "",
                        "the examination",
                        "it was interrupted",
                    )],
                    Vec::new(),
                    None,
                    Duration::ZERO,
                ),
                at: Instant::now(),
            }),
        }
    }

    /// Examines again and again, with this pause after each, until tenants may be served.
    pub async fn until_sound(&self, pause: Duration) {
        while !self.isolated() {
            if self.last().is_some() {
                sleep(pause).await;
            }
            // Somebody else may have had it examined meanwhile.
            if !self.isolated() {
                self.examine().await;
            }
        }
    }

    async fn run(&self) -> Arc<Examination> {
        let _turn = self.shared.turn.lock().await;
        let report = self.shared.doctor.examine(true).await;
        report.log();
        let sound = report.sound;
        let examination = Arc::new(Examination {
            report,
            at: Instant::now(),
        });
        *self.shared.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&examination));
        if sound && !self.shared.open.swap(true, Ordering::AcqRel) {
            tracing::info!("tenants are kept apart: they are served from now on");
        }
        examination
    }
}
