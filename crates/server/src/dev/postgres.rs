//! The private PostgreSQL of the dev profile.

use std::sync::Arc;

use anyhow::Context as _;
use local_postgres::{Endpoint, LocalPostgres, Options};
use secrecy::SecretString;

use super::StateDir;
use super::progress::Terminal;
use crate::config::{ClusterSettings, Settings, TlsMode};

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

    /// Uses the running one, or starts it for the length of a command.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn attach_or_start(state: &StateDir) -> anyhow::Result<Self> {
        let attach = options(state);
        match blocking(move || LocalPostgres::attach(&attach)).await? {
            Some(endpoint) => Ok(Self::Attached(endpoint)),
            None => Self::start(state).await,
        }
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
