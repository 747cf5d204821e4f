//! The probe's two tenants, and their logins for the length of a probe.

use secrecy::SecretString;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tenant_registry::TenantId;
use uuid::Uuid;

use crate::credentials::GeneratedPassword;
use crate::postgres::{Cluster, Login, Slot, scram, tenant_login};

/// How the ids of all of the doctor's tenants begin, as the migration makes them.
const PREFIX: [u8; 8] = [0xd0, 0xc7, 0xd0, 0xc7, 0xd0, 0xc7, 0x4d, 0x0c];

/// Whether this id is one of the doctor's own: no tenant may be given it.
pub fn is_probe(tenant: TenantId) -> bool {
    tenant.as_uuid().into_bytes().starts_with(&PREFIX)
}

/// The probe's logins, open.
pub(super) struct Logins {
    cluster: Cluster,
    database: String,
    /// Has the turn until its transaction ends: one probe of this database at a time, by whatever instance.
    turn: PgConnection,
    service: PgConnection,
    attacker: (TenantId, SecretString),
    victim: (TenantId, SecretString),
}

impl Logins {
    /// Waits for its turn, then gives both logins a fresh password.
    pub(super) async fn open(
        cluster: &Cluster,
        service: &Login,
        database: &str,
    ) -> Result<Self, sqlx::Error> {
        let options = cluster
            .options(service, database)
            .options([("lock_timeout", "20000"), ("statement_timeout", "25000")]);
        let mut turn = cluster.connect(&options).await?;
        for step in ["BEGIN", "SELECT doctor.take_turn()"] {
            sqlx::query(step).execute(&mut turn).await?;
        }
        let mut service = cluster.connect(&options).await?;
        let (attacker, attacker_verifier) = password()?;
        let (victim, victim_verifier) = password()?;
        let (attacker_id, victim_id): (Uuid, Uuid) =
            sqlx::query_as("SELECT attacker, victim FROM doctor.open_probe($1, $2)")
                .bind(attacker_verifier)
                .bind(victim_verifier)
                .fetch_one(&mut service)
                .await?;
        Ok(Self {
            cluster: cluster.clone(),
            database: database.to_owned(),
            turn,
            service,
            attacker: (attacker_id.into(), attacker),
            victim: (victim_id.into(), victim),
        })
    }

    /// Who attacks.
    pub(super) fn attacker_id(&self) -> TenantId {
        self.attacker.0
    }

    /// Who is attacked.
    pub(super) fn victim_id(&self) -> TenantId {
        self.victim.0
    }

    /// A session of the attacker's.
    pub(super) async fn attacker(&self) -> Result<PgConnection, sqlx::Error> {
        self.session(&self.attacker, &self.database).await
    }

    /// A session of the attacker's in another database, where one is to be had.
    pub(super) async fn attacker_in(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        self.session(&self.attacker, database).await
    }

    /// A session of the victim's.
    pub(super) async fn victim(&self) -> Result<PgConnection, sqlx::Error> {
        self.session(&self.victim, &self.database).await
    }

    async fn session(
        &self,
        (tenant, password): &(TenantId, SecretString),
        database: &str,
    ) -> Result<PgConnection, sqlx::Error> {
        let login = Login::new(tenant_login(*tenant, Slot::A), password.clone());
        let options = self.cluster.options(&login, database).options([
            ("statement_timeout", "5000"),
            ("lock_timeout", "500"),
            // Whatever an earlier probe could leave on the login does not come into this one.
            ("role", "none"),
            ("row_security", "on"),
            ("default_transaction_read_only", "off"),
        ]);
        self.cluster.connect(&options).await
    }

    /// Ends what runs with the logins and closes them, then gives the turn on.
    pub(super) async fn close(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT doctor.close_probe()")
            .execute(&mut self.service)
            .await?;
        self.service.close().await?;
        // Ends the transaction as well.
        self.turn.close().await
    }
}

fn password() -> Result<(SecretString, String), sqlx::Error> {
    let password =
        GeneratedPassword::random().map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    let verifier =
        scram::of_generated(&password).map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    Ok((password.into_secret(), verifier))
}

#[cfg(test)]
mod tests {
    use super::is_probe;

    #[test]
    fn the_doctors_own_tenants_are_told_from_all_others() {
        assert!(is_probe("d0c7d0c7-d0c7-4d0c-8123-456789abcdea".parse().unwrap()));
        assert!(!is_probe("d0c7d0c7-d0c7-4d0d-8123-456789abcdea".parse().unwrap()));
    }
}
