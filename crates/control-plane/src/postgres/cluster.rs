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

    /// Logs in once, and says the server's `server_version_num`, such as 160004 for 16.4. A pool would try until its
    /// deadline and forget why it failed; this tells.
    ///
    /// # Errors
    /// Why the login fails.
    pub async fn try_login(&self, login: &Login, database: &str) -> Result<u32, sqlx::Error> {
        let connection = self.connect(&self.options(login, database)).await?;
        let version = connection.server_version_num();
        connection.close().await?;
        version.ok_or_else(|| sqlx::Error::Protocol("the server tells no version".to_owned()))
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
