//! Follower of the control store: keeps live keys and plans up to date, over one connection that listens.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener};
use tokio::time::{Instant, timeout};

use crate::changes::LOGIN_TIMEOUT;
use crate::live_keys::{ChangedKeys, LiveKeys};
use crate::live_plans::{ChangedPlans, LivePlans};
use crate::notices::{ANSWER_TIMEOUT, HEARTBEAT, Reconnect, batch, listen, within};
use crate::plane::ControlPlane;

/// The timeout of loading everything: some seconds for a million keys.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);
/// Interval of removing expired keys.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

impl ControlPlane {
    /// Keeps [`live_keys`](Self::live_keys) and [`live_plans`](Self::live_plans) up to date, over a connection of its own
    /// to the control store. Never ends, and is to run once. `max_staleness` is what keys are
    /// [verified](crate::LiveKeys::verify) with: logs when it has passed.
    pub async fn follow_keys_and_plans(&self, max_staleness: Duration) {
        let (login, limit) = self.listener_login();
        let follower = Follower {
            login,
            limit: limit.min(LOGIN_TIMEOUT),
            keys: self.live_keys().clone(),
            plans: self.live_plans().clone(),
        };
        tokio::join!(
            follower.listen_again(),
            self.live_keys().watch_staleness(max_staleness)
        );
    }
}

struct Follower {
    login: PgConnectOptions,
    /// The timeout of a login.
    limit: Duration,
    keys: LiveKeys,
    plans: LivePlans,
}

impl Follower {
    /// Listens, and again when the connection is lost. Never ends.
    async fn listen_again(&self) -> Infallible {
        let mut reconnect = Reconnect::default();
        loop {
            reconnect.pause().await;
            let Err(error) = self.listen(&mut reconnect).await;
            self.keys.disconnected();
            if reconnect.lost() {
                tracing::warn!(%error, "cannot listen for changes of API keys; known keys stay valid for a while");
            }
        }
    }

    /// Follows the changes of one connection until it is lost.
    async fn listen(&self, reconnect: &mut Reconnect) -> Result<Infallible, sqlx::Error> {
        let [plan, tenant_plan] = ChangedPlans::CHANNELS;
        let channels = [ChangedKeys::CHANNEL, plan, tenant_plan];
        let mut listener = listen(&self.login, self.limit, &channels).await?;
        within(LOAD_TIMEOUT, async {
            self.plans.load(&mut listener).await?;
            self.keys.load(&mut listener).await
        })
        .await?;
        reconnect.worked();
        if reconnect.opened() {
            tracing::info!("listening for changes of API keys again");
        }
        let mut swept = Instant::now();
        loop {
            self.next(&mut listener).await?;
            if swept.elapsed() >= SWEEP_EVERY {
                swept = Instant::now();
                self.keys.remove_expired();
            }
        }
    }

    /// Waits for notices, and applies them; or for a heartbeat.
    async fn next(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        let Ok(first) = timeout(HEARTBEAT, listener.try_recv()).await else {
            return within(ANSWER_TIMEOUT, self.keys.confirm(listener)).await;
        };
        let heard = batch(listener, first)?;
        let (keys, plans) = (ChangedKeys::of(&heard), ChangedPlans::of(&heard));
        within(ANSWER_TIMEOUT, async {
            self.keys.read_notified(listener, keys).await?;
            self.plans.read_again(listener, plans).await?;
            // A stream of notices leaves no pause for heartbeats.
            self.keys.confirm(listener).await
        })
        .await
    }
}
