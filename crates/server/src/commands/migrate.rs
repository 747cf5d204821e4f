//! `tenantry migrate`

mod verify;

use anyhow::Context as _;
use config::{Inputs, Purpose, Settings};
use schema::migrate;

use self::verify::verify;
use super::databases::Databases;
use crate::clusters;

/// Migrates both databases.
pub(super) async fn run(inputs: &Inputs) -> anyhow::Result<()> {
    let databases = Databases::running(inputs, Purpose::Migrate).await?;
    let migrated = both(&databases.settings).await;
    databases.close().await.and(migrated)
}

/// Migrates both databases, the control store first, then verifies that tenants can be served on them.
pub(super) async fn both(settings: &Settings) -> anyhow::Result<()> {
    let targets = clusters::targets(settings)?;
    for target in &targets {
        // What could not be hardened is a finding of the verification, with the SQL that closes it.
        migrate(target, clusters::limits(settings))
            .await
            .with_context(|| {
                format!(
                    "cannot migrate the database {} on {}",
                    target.name, target.cluster.host
                )
            })?;
    }
    verify(settings).await?;
    for target in targets {
        tracing::info!(database = %target.name, "migrated");
    }
    Ok(())
}
