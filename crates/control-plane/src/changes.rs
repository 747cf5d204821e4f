//! The changes of tenants, as they are committed to the control store by whatever replica or operator.

mod listener;
mod questions;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{Stream, stream};
use sqlx::postgres::PgConnectOptions;
use tenant_registry::{Change, TenantNotice};
use tokio::time::sleep;

use self::listener::Listener;
pub(crate) use self::questions::ListenerQuestions;
use crate::plane::ControlPlane;

/// Between a loss and the first attempt to listen again. Doubles with each attempt, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(100);
/// An outage that is over is noticed within this and one login.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// For one login. A store that takes longer would not answer heartbeats in time either, and on a network that
/// swallows packets an attempt of its own is sooner through than TCP's next try.
const LOGIN: Duration = Duration::from_secs(2);

impl ControlPlane {
    /// What changes of tenants, for the registry: never ends, and stops when it is dropped. It works while it is
    /// polled, over a connection of its own to the control store.
    ///
    /// [`Change::Resync`] comes first, and again after each loss of the connection: from there on nothing is missed.
    /// Then a [`Change::Tenant`] for each tenant that changed, as it was read after the change; several changes in
    /// short order may come as one. While the store cannot be reached nothing comes, and what is resident goes on.
    /// A silent network is noticed within a second.
    pub fn changes(&self) -> impl Stream<Item = Change> + Send + 'static + use<> {
        let (login, limit) = self.listener_login();
        let changes = Changes {
            login,
            limit: limit.min(LOGIN),
            questions: self.listener.clone(),
            listener: None,
            read: VecDeque::new(),
            pause: Duration::ZERO,
            loss_is_told: false,
        };
        stream::unfold(changes, |mut changes| async {
            let change = changes.next().await;
            Some((change, changes))
        })
    }
}

struct Changes {
    login: PgConnectOptions,
    limit: Duration,
    questions: ListenerQuestions,
    /// `None` until it listens, and again after a loss.
    listener: Option<Listener>,
    /// Read and not given out yet.
    read: VecDeque<TenantNotice>,
    /// Before the next attempt to listen.
    pause: Duration,
    /// A loss and a return are one line each in the log, however many attempts lie between.
    loss_is_told: bool,
}

impl Changes {
    async fn next(&mut self) -> Change {
        loop {
            if let Some(notice) = self.read.pop_front() {
                return Change::Tenant(notice);
            }
            let Some(listener) = &mut self.listener else {
                self.listener = Some(self.listen().await);
                return Change::Resync;
            };
            match listener.notices().await {
                Ok(notices) => {
                    // It has answered, so it is worth trying at once when it is lost.
                    self.pause = PAUSE;
                    self.read.extend(notices);
                }
                Err(error) => {
                    self.listener = None;
                    self.tell_loss(&error);
                }
            }
        }
    }

    /// Tries until it listens.
    async fn listen(&mut self) -> Listener {
        loop {
            sleep(self.pause).await;
            self.pause = (self.pause * 2).clamp(PAUSE, LONGEST_PAUSE);
            match Listener::open(&self.login, self.limit, &self.questions).await {
                Ok(listener) => {
                    if std::mem::take(&mut self.loss_is_told) {
                        tracing::info!("changes of tenants are heard again");
                    }
                    return listener;
                }
                Err(error) => self.tell_loss(&error),
            }
        }
    }

    fn tell_loss(&mut self, error: &sqlx::Error) {
        if !std::mem::replace(&mut self.loss_is_told, true) {
            tracing::warn!(%error, "changes of tenants are not heard for now; what is resident goes on");
        }
    }
}
