//! Goes on with what was interrupted, and purges whose time is up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::drive::Driver;
use super::{ChangeError, Transition};
use crate::actor::Actor;
use crate::plane::ControlPlane;
use crate::store::StoreError;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Operations that are driven at once here: few, since whoever waits for an operation drives it himself.
const AT_ONCE: usize = 2;
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
        let driving = Arc::new(Semaphore::new(AT_ONCE));
        let mut down = false;
        loop {
            match self.look(&driving).await {
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

    async fn look(&self, driving: &Arc<Semaphore>) -> Result<(), StoreError> {
        for tenant in self.plane.store.due_for_purge(MOST).await? {
            let actor = Actor::service("reconciler");
            match self
                .plane
                .transition(&actor, tenant, Transition::Purge, None)
                .await
            {
                Ok(_) => tracing::info!(%tenant, "the grace period is over: purging"),
                Err(ChangeError::Store(error)) => return Err(error),
                // Undeleted a moment ago, or purged by another replica.
                Err(error) => tracing::debug!(%tenant, %error, "not purged"),
            }
        }
        for operation in self.plane.store.due_operations(MOST).await? {
            let Ok(place) = Arc::clone(driving).acquire_owned().await else {
                return Ok(());
            };
            let driver = Driver::new(&self.plane);
            tokio::spawn(async move {
                driver.drive(operation).await;
                drop(place);
            });
        }
        Ok(())
    }
}
