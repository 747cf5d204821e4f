//! Change notices of tenants, from commits to the control store by any replica or operator.

mod listener;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{Stream, stream};
use sqlx::postgres::PgConnectOptions;
use tenant_registry::{Change, TenantNotice};

use self::listener::Listener;
use crate::notices::Reconnect;
use crate::plane::ControlPlane;
use crate::standing_queries::StandingQueries;

/// The timeout of one login. A slower store would not answer heartbeats in time either, and on a network that drops
/// packets a new attempt succeeds sooner than TCP's retransmission.
pub(crate) const LOGIN_TIMEOUT: Duration = Duration::from_secs(2);

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
            reconnect: Reconnect::default(),
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
    reconnect: Reconnect,
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
                    self.reconnect.worked();
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
            self.reconnect.pause().await;
            match Listener::open(&self.login, self.limit, &self.standing_queries).await {
                Ok(listener) => {
                    if self.reconnect.opened() {
                        tracing::info!("listening for tenant changes again");
                    }
                    return listener;
                }
                Err(error) => self.log_loss(&error),
            }
        }
    }

    fn log_loss(&mut self, error: &sqlx::Error) {
        if self.reconnect.lost() {
            tracing::warn!(%error, "cannot listen for tenant changes; resident pools continue");
        }
    }
}
