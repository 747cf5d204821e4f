//! The logins of the probe's two tenants, open for the duration of a probe.

use std::io;

use schema::{Cluster, GeneratedPassword, Login, Slot, scram, tenant_login};
use secrecy::SecretString;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

/// The probe's logins while they are open.
pub(super) struct ProbeLogins {
    cluster: Cluster,
    database: String,
    /// Holds the lock that admits one probe to this database, by any instance, until its transaction ends.
    lock: PgConnection,
    service: PgConnection,
    attacker: (Uuid, SecretString),
    victim: (Uuid, SecretString),
}

impl ProbeLogins {
    /// Waits for the lock, then gives both logins a fresh password.
    pub(super) async fn open(
        cluster: &Cluster,
        service: &Login,
        database: &str,
    ) -> Result<Self, sqlx::Error> {
        let options = cluster.options(service, database).options([
            ("lock_timeout", "20000"),
            ("statement_timeout", "25000"),
            // PostgreSQL warns of each session that ends by itself before `close_probe` ends it.
            ("client_min_messages", "error"),
        ]);
        let mut lock = cluster.connect(&options).await?;
        for statement in ["BEGIN", "SELECT doctor.take_turn()"] {
            sqlx::query(statement).execute(&mut lock).await?;
        }
        let mut service = cluster.connect(&options).await?;
        let (attacker, attacker_verifier) = new_password()?;
        let (victim, victim_verifier) = new_password()?;
        let (attacker_id, victim_id): (Uuid, Uuid) =
            sqlx::query_as("SELECT attacker, victim FROM doctor.open_probe($1, $2)")
                .bind(attacker_verifier)
                .bind(victim_verifier)
                .fetch_one(&mut service)
                .await?;
        // Open logins must be closed even if the server becomes read-only meanwhile.
        sqlx::query("SET default_transaction_read_only = off")
            .execute(&mut service)
            .await?;
        Ok(Self {
            cluster: cluster.clone(),
            database: database.to_owned(),
            lock,
            service,
            attacker: (attacker_id, attacker),
            victim: (victim_id, victim),
        })
    }

    /// The attacker's id.
    pub(super) fn attacker_id(&self) -> Uuid {
        self.attacker.0
    }

    /// The victim's id.
    pub(super) fn victim_id(&self) -> Uuid {
        self.victim.0
    }

    /// Opens a session of the attacker.
    pub(super) async fn attacker(&self) -> Result<PgConnection, sqlx::Error> {
        self.session(&self.attacker, &self.database).await
    }

    /// Tries to open a session of the attacker in another database.
    pub(super) async fn attacker_in(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        self.session(&self.attacker, database).await
    }

    /// Opens a session of the victim.
    pub(super) async fn victim(&self) -> Result<PgConnection, sqlx::Error> {
        self.session(&self.victim, &self.database).await
    }

    async fn session(
        &self,
        (tenant, password): &(Uuid, SecretString),
        database: &str,
    ) -> Result<PgConnection, sqlx::Error> {
        let login = Login::new(tenant_login(*tenant, Slot::A), password.clone());
        let options = self.cluster.options(&login, database).options([
            ("statement_timeout", "5000"),
            ("lock_timeout", "500"),
            // Settings that an earlier probe left on the login do not apply.
            ("role", "none"),
            ("row_security", "on"),
            ("default_transaction_read_only", "off"),
        ]);
        self.cluster.connect(&options).await
    }

    /// Ends the logins' sessions, closes the logins, and releases the lock.
    pub(super) async fn close(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT doctor.close_probe()")
            .execute(&mut self.service)
            .await?;
        self.service.close().await?;
        // This also ends the transaction.
        self.lock.close().await
    }
}

/// A fresh password and its verifier.
fn new_password() -> Result<(SecretString, String), sqlx::Error> {
    let password = GeneratedPassword::random().map_err(io::Error::other)?;
    let verifier = scram::of_generated(&password).map_err(io::Error::other)?;
    Ok((password.into_secret(), verifier))
}
