//! Logins to a PostgreSQL server.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::timeout;

use crate::authorities::Authorities;
use crate::startup_options::verify_startup_options;

/// A PostgreSQL server, or the proxy in front of it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The TLS mode.
    pub tls: PgSslMode,
    /// The only trusted certificate authorities. Modes that verify the server's certificate need them.
    pub authorities: Option<Authorities>,
    /// A database that always exists, for cluster-wide work.
    pub maintenance_database: String,
    /// The time limit of one login.
    pub connect_timeout: Duration,
}

/// A role with LOGIN and its password.
#[derive(Debug, Clone)]
pub struct Login {
    /// The role's name.
    pub user: String,
    /// Its password.
    pub password: SecretString,
}

impl Login {
    /// A login of this role with this password.
    pub fn new(user: impl Into<String>, password: SecretString) -> Self {
        Self {
            user: user.into(),
            password,
        }
    }
}

/// What a server reports about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its `server_version_num`, such as 160004 for 16.4.
    pub version: u32,
    /// Its start time in microseconds since the epoch: the same for two addresses of one server.
    pub started: i64,
    /// The number of connections for logins without privileges.
    pub connections: u32,
}

impl Cluster {
    /// The server at this address, without TLS. The maintenance database is `postgres`, the time limit of a login 30 s.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            tls: PgSslMode::Disable,
            authorities: None,
            maintenance_database: "postgres".to_owned(),
            connect_timeout: Duration::from_secs(30),
        }
    }

    /// sqlx's options for a login. Beware: `Debug` of the result shows the password.
    pub fn options(&self, login: &Login, database: &str) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&login.user)
            .password(login.password.expose_secret())
            .database(database)
            .application_name("tenantry")
            .ssl_mode(self.tls)
            // Objects that others created must not shadow PostgreSQL's own: a superuser would run them with a
            // superuser's rights.
            .options([("search_path", "pg_catalog,pg_temp")]);
        match &self.authorities {
            Some(authorities) => options.ssl_root_cert_from_pem(authorities.pem()),
            None => options,
        }
    }

    /// Logs in once and returns facts about the server. Unlike a pool, which retries until its deadline and loses the
    /// cause, it returns the error of the login.
    ///
    /// # Errors
    /// When the login or a query fails.
    pub async fn try_login(&self, login: &Login, database: &str) -> Result<ServerFacts, sqlx::Error> {
        let mut connection = self.connect(&self.options(login, database)).await?;
        let version = connection.server_version_num();
        // `reserved_connections` is PostgreSQL 16's.
        let asked = sqlx::query_as::<_, (i64, i32)>(
            "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::int8,
                current_setting('max_connections')::int4
                - current_setting('superuser_reserved_connections')::int4
                - coalesce(current_setting('reserved_connections', true), '0')::int4",
        )
        .fetch_one(&mut connection);
        let (started, connections) = timeout(self.connect_timeout, asked)
            .await
            .map_err(std::io::Error::from)??;
        connection.close().await?;
        Ok(ServerFacts {
            version: version
                .ok_or_else(|| sqlx::Error::Protocol("the server reports no version".to_owned()))?,
            started,
            connections: u32::try_from(connections).unwrap_or(0),
        })
    }

    /// Logs in within the connect timeout and verifies the start-up options. Statements are not logged: the text of an
    /// ALTER ROLE contains a password's verifier.
    ///
    /// # Errors
    /// When the login fails or takes too long, and when a start-up option was lost.
    pub async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
        let options = options.clone().disable_statement_logging();
        let login = async {
            let mut connection = options.connect().await?;
            verify_startup_options(&mut connection, &options).await?;
            Ok(connection)
        };
        timeout(self.connect_timeout, login)
            .await
            .map_err(std::io::Error::from)?
    }
}
