//! A private PostgreSQL with the control store and the tenants' database, tuned alike for every contender.

mod api_keys;
mod backend_counter;
mod directory;
mod ordinary;
mod tenants;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use crypto::{Envelope, KekId, KeyRing, LocalKeyProvider};
use local_postgres::{Endpoint, EphemeralPostgres, Options};
use schema::{
    Cluster, Database, DatabaseName, Login, MIGRATOR, MigrateLimits, MigrationTarget, SERVICE, migrate,
    random_secret,
};
use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) use api_keys::make_api_key;
pub(crate) use backend_counter::{BackendCounter, Limit};
pub(crate) use directory::Directory;
pub(crate) use ordinary::Ordinary;
pub(crate) use tenants::Tenant;
pub(crate) use tls::Tls;

use crate::{context, progress};

/// PostgreSQL's `max_connections` in most scenarios.
pub(crate) const MAX_CONNECTIONS: u32 = 250;

const LIMITS: MigrateLimits = MigrateLimits {
    deadline: Duration::from_mins(2),
    lock_timeout: Duration::from_secs(10),
};

/// A running server, its two databases, and the tenants that were made so far.
pub(crate) struct World {
    // Before the server in this order: what is connected goes first.
    runtime: Runtime,
    server: EphemeralPostgres,
    cluster: Cluster,
    superuser: Login,
    service: Login,
    control: DatabaseName,
    data: DatabaseName,
    keys: Keys,
    tenants: Mutex<Vec<Tenant>>,
}

/// The key ring, in a file for services of their own processes.
struct Keys {
    file: PathBuf,
    _folder: TempDir,
}

impl Keys {
    fn new() -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder")?;
        let file = folder.path().join("key-ring.json");
        KeyRing::generate(KekId::random()?, None)?.save_new(&file)?;
        Ok(Self {
            file,
            _folder: folder,
        })
    }

    fn envelope(&self) -> anyhow::Result<Envelope> {
        Ok(Envelope::new(Arc::new(LocalKeyProvider::new(KeyRing::load(
            &self.file,
        )?))))
    }
}

impl World {
    /// Starts a server that takes so many connections, and migrates both databases.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub(crate) fn start(max_connections: u32) -> anyhow::Result<Self> {
        // Only for downloaded programs, if none are installed. Ignored by git.
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tenantry/bench-postgres");
        let options = Options::new(root)
            .setting("max_connections", max_connections.to_string())
            .setting("shared_buffers", "256MB");
        let server = EphemeralPostgres::start(&options).context("no PostgreSQL")?;
        let endpoint = server.endpoint();
        let world = Self {
            runtime: context::runtime(1)?,
            cluster: Cluster::new(endpoint.host(), endpoint.port()),
            superuser: Login::new(endpoint.superuser(), endpoint.password().clone()),
            service: Login::new(SERVICE, random_secret()?),
            control: "bench_control".parse()?,
            data: "bench_data".parse()?,
            keys: Keys::new()?,
            tenants: Mutex::default(),
            server,
        };
        world.migrate(&random_secret()?)?;
        progress::say(format_args!(
            "PostgreSQL {} on port {}",
            world.server().major(),
            world.server().port()
        ));
        Ok(world)
    }

    fn migrate(&self, migrator: &SecretString) -> anyhow::Result<()> {
        let databases = [(Database::Control, &self.control), (Database::Data, &self.data)];
        self.runtime.block_on(async {
            for (database, name) in databases {
                let target = MigrationTarget {
                    cluster: self.cluster.clone(),
                    name: name.clone(),
                    database,
                    migrator: migrator.clone(),
                    service: self.service.password.clone(),
                    superuser: Some(self.superuser.clone()),
                };
                migrate(&target, LIMITS)
                    .await
                    .with_context(|| format!("{MIGRATOR} cannot migrate {name}"))?;
            }
            Ok(())
        })
    }

    /// Where the server is.
    pub(crate) fn server(&self) -> &Endpoint {
        self.server.endpoint()
    }

    /// How it is reached.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The tenants' database.
    pub(crate) fn data(&self) -> &str {
        self.data.as_str()
    }

    /// The control store's database.
    pub(crate) fn control(&self) -> &str {
        self.control.as_str()
    }

    /// Password of the service's login.
    pub(crate) fn service_password(&self) -> &SecretString {
        &self.service.password
    }

    /// File of the key ring that seals the tenants' passwords.
    pub(crate) fn key_ring(&self) -> &Path {
        &self.keys.file
    }

    /// How the superuser logs in to a database.
    pub(crate) fn superuser(&self, database: &str) -> PgConnectOptions {
        self.cluster.options(&self.superuser, database)
    }

    /// How an engine's own session logs in, which watches the server: it counts for no limit.
    pub(crate) fn sentinel(&self) -> PgConnectOptions {
        self.superuser(&self.cluster.maintenance_database)
    }

    /// Runs statements of ours as the superuser, one after the other in one message.
    ///
    /// # Errors
    /// When one fails.
    pub(crate) async fn execute(&self, database: &str, sql: String) -> anyhow::Result<()> {
        let mut connection = self.superuser(database).connect().await?;
        connection.execute(AssertSqlSafe(sql)).await?;
        close(connection).await;
        Ok(())
    }

    /// At least this many tenants exist afterwards; returns the first so many, always the same ones.
    ///
    /// # Errors
    /// When one cannot be created.
    pub(crate) fn tenants(&self, count: usize) -> anyhow::Result<Vec<Tenant>> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = count.saturating_sub(tenants.len());
        if missing > 0 {
            let made = self
                .runtime
                .block_on(tenants::create(self, tenants.len(), missing))?;
            tenants.extend(made);
        }
        Ok(tenants[..count].to_vec())
    }
}

/// Says goodbye; the server would find out by itself, a moment later.
pub(crate) async fn close(connection: PgConnection) {
    use sqlx::Connection as _;
    // Closed or broken, it is gone.
    let _ = connection.close().await;
}
