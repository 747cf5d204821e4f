//! PgBouncer over the tenants' database, with the same budget.

use std::fmt::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use schema::Login;
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::child::{GuardedCommand, Running};
use crate::world::World;

/// Until it accepts connections.
const START: Duration = Duration::from_secs(10);

/// A running PgBouncer; ends when it is dropped.
pub(crate) struct PgBouncer {
    _running: Running,
    port: u16,
    database: String,
}

impl PgBouncer {
    /// Starts it with a cap over all its connections to the tenants' database. Each tenant is a user with a pool of
    /// its own. It logs in to PostgreSQL with these logins; its own clients, who are connected before anything is
    /// measured, it trusts.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn start(
        program: PathBuf,
        world: &World,
        logins: &[Login],
        cap: u32,
    ) -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder")?;
        let port = free_port().await?;
        let users = logins.iter().fold(String::new(), |mut users, login| {
            let _ = writeln!(users, "\"{}\" \"{}\"", login.user, login.password.expose_secret());
            users
        });
        let users_file = folder.path().join("users.txt");
        let settings = settings(world, &users_file.to_string_lossy(), port, cap);
        let settings_file = folder.path().join("pgbouncer.ini");
        std::fs::write(&users_file, users).context("cannot write PgBouncer's users")?;
        std::fs::write(&settings_file, settings).context("cannot write PgBouncer's settings")?;
        // As root it refuses to run; it reads its files before it changes to this account.
        readable(&folder)?;
        let mut arguments = vec![settings_file.into_os_string()];
        if is_root() {
            arguments.extend(["-u".into(), "postgres".into()]);
        }
        let bouncer = Self {
            _running: GuardedCommand::new(&program, arguments).start()?,
            port,
            database: world.data().to_owned(),
        };
        bouncer.started().await?;
        // It has read its files: the passwords need not lie about any longer.
        drop(folder);
        Ok(bouncer)
    }

    async fn started(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port))
            .await
            .is_err()
        {
            if Instant::now() >= deadline {
                bail!("PgBouncer does not accept connections");
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// How the client of one of its logins reaches it.
    pub(crate) fn options(&self, login: &Login) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(&login.user)
            .database(&self.database)
            .ssl_mode(sqlx::postgres::PgSslMode::Disable)
    }
}

fn settings(world: &World, users: &str, port: u16, cap: u32) -> String {
    let (host, upstream) = (&world.cluster().host, world.cluster().port);
    format!(
        "[databases]\n\
         {database} = host={host} port={upstream} dbname={database}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = trust\n\
         auth_file = {users}\n\
         pool_mode = transaction\n\
         max_client_conn = 4000\n\
         default_pool_size = {cap}\n\
         max_db_connections = {cap}\n\
         server_idle_timeout = 600\n\
         server_check_delay = 30\n\
         query_wait_timeout = 120\n\
         ignore_startup_parameters = extra_float_digits,options\n\
         log_connections = 0\n\
         log_disconnections = 0\n",
        database = world.data(),
    )
}

/// Lets another account enter the folder; what is in it lasts no longer than the run.
fn readable(folder: &TempDir) -> anyhow::Result<()> {
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), mode).context("cannot open PgBouncer's folder")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

async fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("no free port")?;
    Ok(listener.local_addr().context("no address")?.port())
}
