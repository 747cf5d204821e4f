//! `tenantry migrate`

use anyhow::Context as _;
use control_plane::postgres::migrate;

use super::databases::Databases;
use crate::clusters;
use crate::config::{Inputs, Purpose, Settings};

/// Migrates both databases.
pub(super) async fn run(inputs: &Inputs) -> anyhow::Result<()> {
    let databases = Databases::running(inputs, Purpose::Migrate).await?;
    let migrated = both(&databases.settings).await;
    databases.close().await.and(migrated)
}

/// Both databases, the control store first. What could not be hardened is logged as a warning.
pub(super) async fn both(settings: &Settings) -> anyhow::Result<()> {
    for target in clusters::targets(settings)? {
        let database = target.name.to_string();
        let open = migrate(&target, clusters::limits(settings))
            .await
            .with_context(|| {
                format!(
                    "cannot migrate the database {database} on {}",
                    target.cluster.host
                )
            })?;
        for door in open {
            tracing::warn!(%database, "not hardened, since that takes a superuser: {door}");
        }
        tracing::info!(%database, "migrated");
    }
    Ok(())
}
