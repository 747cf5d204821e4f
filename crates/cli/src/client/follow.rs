//! Operations, watched until they end.

use std::time::Duration;

use admin_types::Operation;
use tokio::signal::ctrl_c;
use tokio::time::{Instant, sleep, timeout};

use super::{AdminClient, Answer, ClientError, Request};

/// The path of operations.
pub(crate) const OPERATIONS: &str = "/admin/v1/operations";

/// Polls begin with this pause, since most operations end within moments, and slow down.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the service may be unavailable meanwhile: as long as a restart takes.
const AWAY: Duration = Duration::from_secs(30);

/// Shows how far an operation is.
pub(crate) trait Watcher {
    /// The operation as of now.
    fn operation(&mut self, operation: &Operation);
    /// It cannot be seen at the moment.
    fn unavailable(&mut self, why: &ClientError);
}

impl AdminClient {
    /// Waits until the operation in this answer has succeeded, and returns it as it is then. Ctrl-C ends the waiting,
    /// not the operation.
    ///
    /// # Errors
    /// When it was superseded, was not completed in time, or could not be seen for too long.
    pub(crate) async fn follow(
        &self,
        answer: Answer,
        wait_timeout: Duration,
        watcher: &mut impl Watcher,
    ) -> Result<Answer, ClientError> {
        let id = answer.read::<Operation>()?.id;
        tokio::select! {
            // The signal handler is installed before anything is shown that invites Ctrl-C.
            biased;
            Ok(()) = ctrl_c() => Err(ClientError::Interrupted(id)),
            ended = timeout(wait_timeout, self.poll(answer, watcher)) => {
                ended.unwrap_or(Err(ClientError::Late(id, wait_timeout)))
            }
        }
    }

    async fn poll(&self, mut answer: Answer, watcher: &mut impl Watcher) -> Result<Answer, ClientError> {
        let mut pause = FIRST_PAUSE;
        let mut seen = Instant::now();
        loop {
            let operation: Operation = answer.read()?;
            watcher.operation(&operation);
            match &*operation.state {
                Operation::SUCCEEDED => return Ok(answer),
                Operation::SUPERSEDED => return Err(ClientError::Superseded(operation.id)),
                _ => {}
            }
            let request = Request::get(format!("{OPERATIONS}/{}", operation.id));
            answer = loop {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                match self.send(&request).await {
                    Ok(answer) => break answer,
                    Err(error) if error.is_transient() && seen.elapsed() < AWAY => {
                        watcher.unavailable(&error);
                    }
                    Err(error) if error.is_transient() => {
                        return Err(ClientError::LostSight {
                            id: operation.id,
                            away: AWAY,
                            cause: Box::new(error),
                        });
                    }
                    Err(error) => return Err(error),
                }
            };
            seen = Instant::now();
        }
    }
}
