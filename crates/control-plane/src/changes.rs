//! Change notices of tenants, from commits to the control store by any replica or operator.

mod listener;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{Stream, stream};
use sqlx::postgres::PgConnectOptions;
use tenant_registry::{Change, TenantNotice};
use tokio::time::sleep;

use self::listener::Listener;
use crate::plane::ControlPlane;
use crate::standing_queries::StandingQueries;

/// The pause between a loss and the first attempt to listen again. Doubles with each attempt, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The end of an outage is noticed within this and one login.
const MAX_PAUSE: Duration = Duration::from_secs(1);
/// The timeout of one login. A slower store would not answer heartbeats in time either, and on a network that drops
/// packets a new attempt succeeds sooner than TCP's retransmission.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(2);

impl ControlPlane {
    /// Changes of tenants, for the registry. The stream never ends. It works while it is polled, over a connection of its
    /// own to the control store.
    ///
    /// [`Change::Resync`] comes first, and again after each lost connection: from there on no change is missed. Then comes
    /// a [`Change::Tenant`] for each changed tenant, read after the change; several changes in quick succession may come
    /// as one. While the store is unreachable nothing comes, and resident pools continue. A half-open connection is
    /// noticed within a second.
    pub fn changes(&self) -> impl Stream<Item = Change> + Send + 'static + use<> {
        let (login, limit) = self.listener_login();
        let changes = Changes {
            login,
            limit: limit.min(LOGIN_TIMEOUT),
            standing_queries: self.standing_queries.clone(),
            listener: None,
            pending: VecDeque::new(),
            pause: Duration::ZERO,
            loss_logged: false,
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
    standing_queries: StandingQueries,
    /// `None` before the first login and after a lost connection.
    listener: Option<Listener>,
    /// Notices that were read and not returned yet.
    pending: VecDeque<TenantNotice>,
    /// The pause before the next attempt to listen.
    pause: Duration,
    /// Whether the current loss was logged: one line each for a loss and its end, however many attempts lie between.
    loss_logged: bool,
}

impl Changes {
    async fn next(&mut self) -> Change {
        loop {
            if let Some(notice) = self.pending.pop_front() {
                return Change::Tenant(notice);
            }
            let Some(listener) = &mut self.listener else {
                self.listener = Some(self.listen().await);
                return Change::Resync;
            };
            match listener.notices().await {
                Ok(notices) => {
                    // The connection worked: after a loss, retry quickly.
                    self.pause = FIRST_PAUSE;
                    self.pending.extend(notices);
                }
                Err(error) => {
                    self.listener = None;
                    self.log_loss(&error);
                }
            }
        }
    }

    /// Retries until it listens.
    async fn listen(&mut self) -> Listener {
        loop {
            sleep(self.pause).await;
            self.pause = (self.pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
            match Listener::open(&self.login, self.limit, &self.standing_queries).await {
                Ok(listener) => {
                    if std::mem::take(&mut self.loss_logged) {
                        tracing::info!("listening for tenant changes again");
                    }
                    return listener;
                }
                Err(error) => self.log_loss(&error),
            }
        }
    }

    fn log_loss(&mut self, error: &sqlx::Error) {
        if !std::mem::replace(&mut self.loss_logged, true) {
            tracing::warn!(%error, "cannot listen for tenant changes; resident pools continue");
        }
    }
}
