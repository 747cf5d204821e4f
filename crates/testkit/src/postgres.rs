//! One PostgreSQL server for a test process, with a migrated pair of databases to copy from.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use local_postgres::{EphemeralPostgres, Options};
use schema::{
    Cluster, Database, DatabaseName, Login, MIGRATOR, MigrateLimits, MigrationTarget, OWNER, SERVICE,
    harden_database, migrate,
};
use secrecy::SecretString;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The server: started by the first test that needs it, stopped by its orphan guard when the process ends.
static SERVER: OnceCell<TestServer> = OnceCell::const_new();

const CONTROL_TEMPLATE: &str = "template_control";
const DATA_TEMPLATE: &str = "template_data";

/// Generous: nothing that tests hold lasts so long.
pub const LIMITS: MigrateLimits = MigrateLimits {
    deadline: Duration::from_mins(2),
    lock_timeout: Duration::from_secs(10),
};

/// A running server and its templates.
pub struct TestServer {
    // Dropping it stops the server.
    server: EphemeralPostgres,
    cluster: Cluster,
    superuser: Login,
    migrator: Login,
    service: Login,
    /// How many pairs were made: part of their names.
    pairs: AtomicU32,
    /// Databases of tests that ended.
    garbage: Mutex<Vec<DatabaseName>>,
}

impl TestServer {
    /// The process's server.
    ///
    /// # Panics
    /// When it cannot be started or migrated: no test can do without it.
    pub async fn get() -> &'static Self {
        SERVER.get_or_init(Self::start).await
    }

    async fn start() -> Self {
        let this = Self::bare().await;
        for (database, name) in [
            (Database::Control, CONTROL_TEMPLATE),
            (Database::Data, DATA_TEMPLATE),
        ] {
            migrate(&this.target(database, name, true), LIMITS)
                .await
                .expect("the templates migrate");
        }
        this
    }

    /// A server of the test's own, as `initdb` leaves it: no role of ours, nothing hardened, no templates. For
    /// what concerns a whole cluster.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn bare() -> Self {
        Self::bare_with(&[]).await
    }

    /// The same with some settings of the test's own.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn bare_with(settings: &[(&str, &str)]) -> Self {
        // Only for downloaded programs, if none are installed. Ignored by git.
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tenantry/test-postgres");
        let mut options = Options::new(root)
            .setting("max_connections", "400")
            // Its workers count against a database's CONNECTION LIMIT, by which the budget of connections is judged.
            .setting("autovacuum", "off")
            .setting("shared_buffers", "64MB");
        for (name, value) in settings {
            options = options.setting(*name, *value);
        }
        let server = tokio::task::spawn_blocking(move || EphemeralPostgres::start(&options))
            .await
            .expect("the start does not panic")
            .unwrap_or_else(|error| panic!("no PostgreSQL for the tests: {error}"));
        let endpoint = server.endpoint();
        Self {
            cluster: Cluster::new(endpoint.host(), endpoint.port()),
            superuser: Login::new(endpoint.superuser(), endpoint.password().clone()),
            migrator: Login::new(MIGRATOR, random_password()),
            service: Login::new(SERVICE, random_password()),
            pairs: AtomicU32::new(0),
            garbage: Mutex::new(Vec::new()),
            server,
        }
    }

    /// The server's log.
    pub fn log_file(&self) -> PathBuf {
        self.server
            .endpoint()
            .data_directory()
            .with_file_name("postgres.log")
    }

    /// What `migrate` needs for a database here, with or without the superuser's help.
    pub fn target(&self, database: Database, name: &str, superuser: bool) -> MigrationTarget {
        MigrationTarget {
            cluster: self.cluster.clone(),
            name: database_name(name),
            database,
            migrator: self.migrator.password.clone(),
            service: self.service.password.clone(),
            superuser: superuser.then(|| self.superuser.clone()),
        }
    }

    /// How the server is reached.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The service's login.
    pub fn service(&self) -> &Login {
        &self.service
    }

    /// The migrator's login.
    pub fn migrator(&self) -> &Login {
        &self.migrator
    }

    /// The superuser's login.
    pub fn superuser_login(&self) -> &Login {
        &self.superuser
    }

    /// A connection that may do everything: for looking behind the scenes, never for what is tested.
    pub async fn superuser(&self, database: &str) -> PgConnection {
        self.connect(&self.superuser, database)
            .await
            .expect("the superuser can log in")
    }

    /// A connection with this login.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn connect(&self, login: &Login, database: &str) -> Result<PgConnection, sqlx::Error> {
        self.cluster.options(login, database).connect().await
    }

    /// A name for a database that no other test has.
    pub fn unused_name(&self, suffix: &str) -> DatabaseName {
        database_name(&format!(
            "test_{}_{suffix}",
            self.pairs.fetch_add(1, Ordering::Relaxed)
        ))
    }

    /// A copy of a template, hardened as every new database is.
    pub(crate) async fn copy(&self, database: Database) -> DatabaseName {
        let (template, suffix) = match database {
            Database::Control => (CONTROL_TEMPLATE, "control"),
            Database::Data => (DATA_TEMPLATE, "data"),
        };
        let name = self.unused_name(suffix);
        let mut maintenance = self.superuser("postgres").await;
        self.sweep(&mut maintenance).await;
        let create = format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}");
        maintenance
            .execute(AssertSqlSafe(create))
            .await
            .expect("a template can be copied");
        let mut inside = self.superuser(name.as_str()).await;
        harden_database(&mut inside, database)
            .await
            .expect("a copy can be hardened");
        for connection in [maintenance, inside] {
            connection.close().await.expect("a connection can be closed");
        }
        name
    }

    /// Has a database dropped when the next one is made.
    pub(crate) fn discard(&self, name: DatabaseName) {
        self.garbage
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(name);
    }

    async fn sweep(&self, maintenance: &mut PgConnection) {
        let garbage = std::mem::take(&mut *self.garbage.lock().unwrap_or_else(PoisonError::into_inner));
        for name in garbage {
            let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
            maintenance
                .execute(drop)
                .await
                .expect("a database of an ended test can be dropped");
        }
    }
}

fn database_name(name: &str) -> DatabaseName {
    name.parse().expect("a test's database name is valid")
}

fn random_password() -> SecretString {
    // Two version 4 UUIDs: 244 random bits.
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into()
}
