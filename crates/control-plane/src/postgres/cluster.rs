//! One PostgreSQL endpoint and how to log in there.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::timeout;

use super::authorities::Authorities;
use super::read_back::read_back;

/// A PostgreSQL server or its proxy.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether and how strictly TLS is used.
    pub tls: PgSslMode,
    /// Authorities that are trusted, and no others. Needed by the modes that verify the server's certificate.
    pub authorities: Option<Authorities>,
    /// A database that always exists: cluster-wide work starts there.
    pub maintenance_database: String,
    /// How long one login may take.
    pub connect_timeout: Duration,
}

/// A login and its password.
#[derive(Debug, Clone)]
pub struct Login {
    /// The role's name.
    pub user: String,
    /// Its password.
    pub password: SecretString,
}

impl Login {
    /// This role with this password.
    pub fn new(user: impl Into<String>, password: SecretString) -> Self {
        Self {
            user: user.into(),
            password,
        }
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its `server_version_num`, such as 160004 for 16.4.
    pub version: u32,
    /// When it was started, in microseconds: the same for two addresses of one server.
    pub started: i64,
    /// Connections that are open to logins without privileges.
    pub connections: u32,
}

impl Cluster {
    /// What sqlx needs to log in. Beware: `Debug` of the result shows the password.
    pub fn options(&self, login: &Login, database: &str) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&login.user)
            .password(login.password.expose_secret())
            .database(database)
            .application_name("tenantry")
            .ssl_mode(self.tls)
            // What others have put into a schema of the search path must never be taken for PostgreSQL's own: a
            // superuser would run it with a superuser's rights.
            .options([("search_path", "pg_catalog,pg_temp")]);
        match &self.authorities {
            Some(authorities) => options.ssl_root_cert_from_pem(authorities.pem()),
            None => options,
        }
    }

    /// Logs in once, and says what the server is. A pool would try until its deadline and forget why it failed; this
    /// tells.
    ///
    /// # Errors
    /// Why the login fails.
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
                .ok_or_else(|| sqlx::Error::Protocol("the server tells no version".to_owned()))?,
            started,
            connections: u32::try_from(connections).unwrap_or(0),
        })
    }

    /// Logs in, within the connect timeout, and reads the start-up options back.
    /// Its statements are not logged: ALTER ROLE has the verifier of a password in its text.
    pub(crate) async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
        let options = options.clone().disable_statement_logging();
        let login = async {
            let mut connection = options.connect().await?;
            read_back(&mut connection, &options).await?;
            Ok(connection)
        };
        timeout(self.connect_timeout, login)
            .await
            .map_err(std::io::Error::from)?
    }
}
