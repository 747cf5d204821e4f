//! Goes on with what was interrupted, and purges whose time is up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::drive::Driver;
use super::upkeep;
use crate::actor::Actor;
use crate::operation::OperationKind;
use crate::plane::ControlPlane;
use crate::store::StoreError;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Purges that are driven at once here, and other operations: few, since whoever waits for an operation drives it
/// himself. Of their own, so that long purges keep nobody waiting.
const PURGES: usize = 1;
const OTHERS: usize = 4;
/// Found by one look.
const MOST: i64 = 32;

/// Drives every operation that nobody works on, whoever started it: also those of a process that was killed. Any number
/// of replicas may run one each.
#[derive(Clone)]
pub struct Reconciler {
    plane: ControlPlane,
}

impl Reconciler {
    /// For this control plane.
    pub fn new(plane: ControlPlane) -> Self {
        Self { plane }
    }

    /// Goes on until it is dropped.
    pub async fn run(self) {
        // Beside each other: ten thousand logins keep no operation waiting.
        tokio::join!(self.drive_due(), Box::pin(upkeep::run(&self.plane)));
    }

    async fn drive_due(&self) {
        let places = Places {
            purges: Arc::new(Semaphore::new(PURGES)),
            others: Arc::new(Semaphore::new(OTHERS)),
        };
        let mut down = false;
        loop {
            match self.look(&places).await {
                Ok(()) => down = false,
                Err(error) if !down => {
                    tracing::warn!(%error, "interrupted operations cannot be looked for");
                    down = true;
                }
                Err(_) => {}
            }
            sleep(EVERY).await;
        }
    }

    async fn look(&self, places: &Places) -> Result<(), StoreError> {
        let actor = Actor::service("reconciler");
        for tenant in self.plane.store.due_for_purge(MOST).await? {
            match self.plane.store.begin_due_purge(&actor, tenant).await {
                Ok(true) => tracing::info!(%tenant, "the grace period is over: purging"),
                Ok(false) => {}
                // The others' time is up all the same.
                Err(error) => tracing::warn!(%tenant, %error, "not purged yet"),
            }
        }
        for (operation, kind) in self.plane.store.due_operations(MOST).await? {
            // Where no place is free, the next look finds it again.
            let Some(place) = places.of(kind) else { continue };
            let driver = Driver::new(&self.plane);
            tokio::spawn(async move {
                driver.drive_if_due(operation).await;
                drop(place);
            });
        }
        Ok(())
    }
}

/// How many operations may be driven at once.
struct Places {
    purges: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

impl Places {
    fn of(&self, kind: OperationKind) -> Option<OwnedSemaphorePermit> {
        let places = match kind {
            OperationKind::Purge => &self.purges,
            _ => &self.others,
        };
        Arc::clone(places).try_acquire_owned().ok()
    }
}
