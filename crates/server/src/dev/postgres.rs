//! The private PostgreSQL of the dev profile.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use anyhow::Context as _;
use config::{ClusterSettings, Settings, TlsMode};
use local_postgres::{Endpoint, LocalPostgres, Options};
use secrecy::SecretString;
use tokio::time::sleep;

use super::StateDir;
use super::progress::ProgressPrinter;

/// Interval of the checks whether it still runs.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Options of the private PostgreSQL.
pub fn options(state: &StateDir) -> Options {
    let printer = ProgressPrinter::new();
    Options::new(state.join("postgres"))
        // The doctor warns about PostgreSQL's default, which leaves the watchdog little time.
        .setting("max_locks_per_transaction", "256")
        .progress(move |step| printer.print(step))
}

/// The private PostgreSQL, owned by this process or by another one.
pub enum PrivatePostgres {
    /// This process stops it.
    Owned(LocalPostgres),
    /// Another process stops it.
    Attached(Endpoint),
}

impl PrivatePostgres {
    /// Starts it for this process.
    ///
    /// # Errors
    /// When it cannot be found or started, or another process owns it.
    pub async fn start(state: &StateDir) -> anyhow::Result<Self> {
        let options = options(state);
        blocking(move || LocalPostgres::start(&options))
            .await
            .map(Self::Owned)
    }

    /// The running one, if any.
    ///
    /// # Errors
    /// When another process owns it and it does not run.
    pub async fn attach(state: &StateDir) -> anyhow::Result<Option<Self>> {
        let options = options(state);
        let endpoint = blocking(move || LocalPostgres::attach(&options)).await?;
        Ok(endpoint.map(Self::Attached))
    }

    /// Address and credentials.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Owned(server) => server.endpoint(),
            Self::Attached(endpoint) => endpoint,
        }
    }

    /// Points both database sections at it, with passwords that are made at the first run and kept.
    ///
    /// # Errors
    /// When a password file cannot be read or written.
    pub fn fill_in(&self, settings: &mut Settings, state: &StateDir) -> anyhow::Result<()> {
        let passwords = (
            state.password("service-password")?,
            state.password("migrator-password")?,
        );
        for (section, cluster) in [
            ("control_store", &mut settings.control_store.cluster),
            ("data_cluster", &mut settings.data_cluster.cluster),
        ] {
            warn_of_unused(section, cluster);
            self.point(cluster, &passwords);
        }
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

    /// Logs an error if it is owned and ends before it is stopped.
    pub async fn watch(&self) -> Infallible {
        if let Self::Owned(server) = self {
            while server.is_running() {
                sleep(CHECK_INTERVAL).await;
            }
            let log = server.log().display();
            tracing::error!(%log, "the private PostgreSQL has ended by itself: stop the service and start it again");
        }
        pending().await
    }

    /// Stops it if it is owned.
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

/// Logs the configured keys that name another server, or logins of another server.
fn warn_of_unused(section: &str, cluster: &ClusterSettings) {
    for (name, given) in [
        ("host", cluster.host.is_some()),
        ("service_password", cluster.service_password.is_some()),
        ("migrator_password", cluster.migrator_password.is_some()),
        ("bootstrap_user", cluster.bootstrap_user.is_some()),
        ("bootstrap_password", cluster.bootstrap_password.is_some()),
    ] {
        if given {
            tracing::warn!(
                key = format!("{section}.{name}"),
                "a setting is not used: the dev profile runs a PostgreSQL of its own, unless dev.private_postgres is false"
            );
        }
    }
}

/// Runs a blocking call of `local-postgres`.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, local_postgres::Error> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(work)
        .await
        .context("the private PostgreSQL")??)
}
