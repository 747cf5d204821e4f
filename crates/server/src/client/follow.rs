//! Operations, watched until they have ended.

use std::time::Duration;

use serde_json::Value;
use tokio::signal::ctrl_c;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{AdminClient, ClientError, Request, id};

/// Where the operations are.
pub(crate) const OPERATIONS: &str = "/admin/v1/operations";

/// The first look comes soon, since most are through within moments; then ever more seldom.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const SELDOM: Duration = Duration::from_secs(1);

/// How long the service may be away meanwhile: as long as a restart takes.
const AWAY: Duration = Duration::from_secs(30);

/// Who is told how far an operation is.
pub(crate) trait Watcher {
    /// This is how it stands.
    fn sees(&mut self, operation: &Value);
    /// It cannot be seen at the moment.
    fn sees_nothing(&mut self, why: &ClientError);
}

impl AdminClient {
    /// Waits until the operation has succeeded, and returns it as it is then. Ctrl-C ends the waiting, not the operation.
    ///
    /// # Errors
    /// When it was superseded, was not through in time, or was lost sight of.
    pub(crate) async fn follow(
        &self,
        operation: Value,
        patience: Duration,
        watcher: &mut impl Watcher,
    ) -> Result<Value, ClientError> {
        let id = id(&operation)?;
        tokio::select! {
            // The signal is heeded before anything is shown that invites it.
            biased;
            Ok(()) = ctrl_c() => Err(ClientError::Interrupted(id)),
            ended = timeout(patience, self.watch(id, operation, watcher)) => {
                ended.unwrap_or(Err(ClientError::Late(id, patience)))
            }
        }
    }

    async fn watch(
        &self,
        id: Uuid,
        mut operation: Value,
        watcher: &mut impl Watcher,
    ) -> Result<Value, ClientError> {
        let mut pause = FIRST_LOOK;
        let mut seen = Instant::now();
        watcher.sees(&operation);
        loop {
            match operation["state"].as_str() {
                Some("succeeded") => return Ok(operation),
                Some("superseded") => return Err(ClientError::Superseded(id)),
                _ => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(SELDOM);
            match self.send(&Request::get(format!("{OPERATIONS}/{id}"))).await {
                Ok(answer) => {
                    operation = answer.body;
                    seen = Instant::now();
                    watcher.sees(&operation);
                }
                Err(error) if error.passes() && seen.elapsed() < AWAY => watcher.sees_nothing(&error),
                Err(error) if error.passes() => {
                    let cause = Box::new(error);
                    return Err(ClientError::LostSight {
                        id,
                        away: AWAY,
                        cause,
                    });
                }
                Err(error) => return Err(error),
            }
        }
    }
}
