//! The private PostgreSQL of the dev profile.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use local_postgres::{Endpoint, LocalPostgres, Options};
use secrecy::SecretString;
use tokio::time::sleep;

use super::StateDir;
use super::progress::Terminal;
use crate::config::{ClusterSettings, Settings, TlsMode};

/// Between two looks whether it still runs.
const LOOK: Duration = Duration::from_millis(500);

/// How the private PostgreSQL is found and started.
pub fn options(state: &StateDir) -> Options {
    Options::new(state.join("postgres")).progress(Arc::new(Terminal::new()))
}

/// The private PostgreSQL: ours, or one that another process of ours runs.
pub enum PrivatePostgres {
    /// Stopped with this process.
    Owned(LocalPostgres),
    /// Another process stops it.
    Attached(Endpoint),
}

impl PrivatePostgres {
    /// Starts it, for the service: there is one service to a folder.
    ///
    /// # Errors
    /// When it cannot be found or started, or another process has it.
    pub async fn start(state: &StateDir) -> anyhow::Result<Self> {
        let options = options(state);
        blocking(move || LocalPostgres::start(&options))
            .await
            .map(Self::Owned)
    }

    /// The one that runs, if one does.
    ///
    /// # Errors
    /// When another process owns it and it does not run.
    pub async fn attach(state: &StateDir) -> anyhow::Result<Option<Self>> {
        let options = options(state);
        let endpoint = blocking(move || LocalPostgres::attach(&options)).await?;
        Ok(endpoint.map(Self::Attached))
    }

    /// Where it is reached.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Owned(server) => server.endpoint(),
            Self::Attached(endpoint) => endpoint,
        }
    }

    /// Points both sections at it, with passwords that are made at the first run and kept.
    ///
    /// # Errors
    /// When a password's file cannot be read or made.
    pub fn fill_in(&self, settings: &mut Settings, state: &StateDir) -> anyhow::Result<()> {
        let passwords = (
            state.password("service-password")?,
            state.password("migrator-password")?,
        );
        self.point(&mut settings.control_store.cluster, &passwords);
        self.point(&mut settings.data_cluster.cluster, &passwords);
        Ok(())
    }

    fn point(&self, cluster: &mut ClusterSettings, (service, migrator): &(SecretString, SecretString)) {
        let endpoint = self.endpoint();
        cluster.host = Some(endpoint.host().to_owned());
        cluster.port = endpoint.port();
        cluster.tls = TlsMode::Disable;
        cluster.service_password = Some(service.clone());
        cluster.migrator_password = Some(migrator.clone());
        cluster.bootstrap_user = Some(endpoint.superuser().to_owned());
        cluster.bootstrap_password = Some(endpoint.password().clone());
    }

    /// Watches over it if it is ours, and says in the log when it has ended before it was stopped.
    pub async fn watch(&self) -> Infallible {
        if let Self::Owned(server) = self {
            while server.is_running() {
                sleep(LOOK).await;
            }
            let log = server.log().display();
            tracing::error!(%log, "the private PostgreSQL has ended by itself: stop the service and start it again");
        }
        pending().await
    }

    /// Stops it if it is ours.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self {
            Self::Owned(server) => blocking(move || server.stop()).await,
            Self::Attached(_) => Ok(()),
        }
    }
}

/// `local-postgres` blocks: it waits for processes.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, local_postgres::Error> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(work)
        .await
        .context("the private PostgreSQL")??)
}
