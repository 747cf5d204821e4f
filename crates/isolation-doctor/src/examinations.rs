//! The last report, and the decision whether tenants may be served.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::doctor::Doctor;
use crate::finding::Finding;
use crate::report::Report;

/// A report and when it was finished.
#[derive(Debug)]
pub struct Examination {
    /// The report.
    pub report: Report,
    /// When it was finished.
    pub at: Instant,
}

/// A doctor and its last report. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Examinations {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    doctor: Doctor,
    /// Whether tenants may be served.
    serving: AtomicBool,
    /// Whether they may be served regardless of later findings: an examination with a probe was sound.
    proved: AtomicBool,
    last: RwLock<Option<Arc<Examination>>>,
    /// Admits one examination at a time. The value: whether the last probe broke isolation.
    probe_broke_isolation: Mutex<bool>,
}

impl Examinations {
    /// Without an examination so far. With `required`, tenants may not be served before one is sound.
    pub fn new(doctor: Doctor, required: bool) -> Self {
        let shared = Shared {
            doctor,
            serving: AtomicBool::new(!required),
            proved: AtomicBool::new(!required),
            last: RwLock::new(None),
            probe_broke_isolation: Mutex::new(false),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Whether tenants may be served. After a sound examination, findings of later ones do not stop the service: an
    /// operator asked for them and decides. Where a read-only server did not allow the probe, tenants are served on the
    /// catalogs' word until a probe finds otherwise.
    pub fn isolated(&self) -> bool {
        self.shared.serving.load(Ordering::Acquire)
    }

    /// The last examination; `None` before the first.
    pub fn last(&self) -> Option<Arc<Examination>> {
        self.shared
            .last
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Examines now, with the probe. Runs in a task of its own, so that a cancelled caller does not leave the probe's
    /// logins open.
    pub async fn examine(&self) -> Arc<Examination> {
        let this = self.clone();
        match tokio::spawn(async move { this.run().await }).await {
            Ok(examination) => examination,
            // The runtime is shutting down, or the task panicked: not examined is not sound.
            Err(_) => Arc::new(Examination {
                report: Report::new(
                    vec![Finding::new(
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

    /// Examines repeatedly, with this pause after each examination, until one with a probe is sound.
    pub async fn until_sound(&self, pause: Duration) {
        while !self.proved() {
            if self.last().is_some() {
                sleep(pause).await;
            }
            // Another caller may have examined during the pause.
            if !self.proved() {
                self.examine().await;
            }
        }
    }

    fn proved(&self) -> bool {
        self.shared.proved.load(Ordering::Acquire)
    }

    async fn run(&self) -> Arc<Examination> {
        let mut probe_broke_isolation = self.shared.probe_broke_isolation.lock().await;
        let mut report = self.shared.doctor.examine(true).await;
        if self.last().is_none() && !self.proved() {
            // At start-up after a change of the settings, all limits differ until the upkeep sets them a moment later.
            report = report.without("LOGIN_LIMIT");
        }
        if report.probe_broke_isolation() {
            *probe_broke_isolation = true;
        } else if report.probed.is_some() {
            *probe_broke_isolation = false;
        } else if report.awaits_probe() && *probe_broke_isolation {
            report = report.with_failed_probe(
                "the last probe found an error, and the probe cannot run on a read-only server",
            );
        }
        self.log(&report);
        self.decide(&report);
        let examination = Arc::new(Examination {
            report,
            at: Instant::now(),
        });
        *self.shared.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&examination));
        examination
    }

    /// Logs the report, unless it repeats the last one while the service serves and waits for a probe.
    fn log(&self, report: &Report) {
        let last = self.last();
        let repeated = |last: &Examination| last.report.findings == report.findings;
        if !(report.awaits_probe() && report.sound && last.is_some_and(|last| repeated(&last))) {
            report.log();
        }
    }

    fn decide(&self, report: &Report) {
        let Shared { serving, proved, .. } = &*self.shared;
        if proved.load(Ordering::Acquire) {
            return;
        }
        if report.sound {
            proved.store(!report.awaits_probe(), Ordering::Release);
            if !serving.swap(true, Ordering::AcqRel) {
                tracing::info!("isolation verified: serving tenants");
            }
        } else if (report.isolation_is_broken() || !report.awaits_probe())
            && serving.swap(false, Ordering::AcqRel)
        {
            tracing::error!("isolation is broken: no tenant is served until the doctor finds no error");
        }
    }
}
