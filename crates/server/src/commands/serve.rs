//! `tenantry serve`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use control_plane::ControlPlane;
use control_plane::postgres::SchemaStatus;
use tokio_util::sync::CancellationToken;

use super::databases::Databases;
use super::migrate;
use crate::app::{self, App};
use crate::config::{Inputs, Purpose, Settings, load, present};
use crate::dev::{self, RunFile};
use crate::output;
use crate::service::{self, Listeners, stop_on_signals};
use crate::telemetry;

/// Runs the service until a signal.
pub(super) async fn run(inputs: &Inputs) -> anyhow::Result<()> {
    let loaded = load(inputs, Purpose::Serve)?;
    telemetry::init(&loaded.settings.log)?;
    let listeners = Listeners::bind(&loaded.settings)?;
    let stopping = CancellationToken::new();
    stop_on_signals(stopping.clone()).context("cannot handle signals")?;

    let databases = Databases::own(loaded).await?;
    let served = serve(&databases, listeners, stopping).await;
    // The private PostgreSQL goes last, also when serving failed.
    let closed = databases.close().await;
    served.and(closed)
}

async fn serve(
    databases: &Databases,
    listeners: Listeners,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    let settings = &databases.settings;
    // The dev profile migrates by itself where it may; in production that is a step of its own.
    if settings.dev.is_some() && settings.data_cluster.cluster.migrator_password.is_some() {
        migrate::both(settings).await?;
    }
    let ring_file = present(settings.keys.ring_file.as_ref(), "keys.ring_file")?;
    let app = App::new(settings, app::envelope(ring_file)?, stopping.clone())?;
    check_server(&app.control_plane, settings).await?;
    check_schemas(&app.control_plane).await?;

    let addresses = RunFile {
        tenant_plane: listeners.tenant(),
        admin_plane: listeners.admin(),
    };
    tracing::info!(tenant_plane = %addresses.tenant_plane, admin_plane = %addresses.admin_plane, "listening");
    let _run_file = match &databases.state {
        Some(state) => {
            let guard = addresses.write(state)?;
            welcome(settings, &app, &addresses, state.join("admin-token")).await?;
            Some(guard)
        }
        None => None,
    };
    service::run(app, listeners, settings, stopping).await
}

/// Demo tenants and what to do with them.
async fn welcome(
    settings: &Settings,
    app: &App,
    addresses: &RunFile,
    token_file: PathBuf,
) -> anyhow::Result<()> {
    let seed = settings.dev.as_ref().is_some_and(|dev| dev.seed);
    let tenants = if seed {
        dev::seed(&app.control_plane, &app.registry).await?
    } else {
        Vec::new()
    };
    let banner = dev::Banner {
        addresses: addresses.clone(),
        token_file,
        tenants,
    };
    if let Err(error) = output::line(banner) {
        tracing::warn!(%error, "nobody reads standard output");
    }
    Ok(())
}

/// Refuses to serve from a server that is too old: no tenant's connection to it would be used.
async fn check_server(plane: &ControlPlane, settings: &Settings) -> anyhow::Result<()> {
    let (version, min) = (
        plane.data_server_version().await.context("data_cluster")?,
        settings.data_cluster.min_server_version,
    );
    if version < min.as_num() {
        bail!(
            "the data cluster runs PostgreSQL {}.{}; data_cluster.min_server_version is {min}",
            version / 10_000,
            version % 10_000
        );
    }
    Ok(())
}

/// Refuses to serve over a schema that this binary does not know.
async fn check_schemas(plane: &ControlPlane) -> anyhow::Result<()> {
    let control = plane.store().schema_status().await.context("control_store")?;
    let data = plane.data_schema_status().await.context("data_cluster")?;
    for (name, status) in [("control store", control), ("tenants' database", data)] {
        match status {
            SchemaStatus::Current => {}
            SchemaStatus::Ahead => tracing::warn!("a newer version has migrated the {name}"),
            SchemaStatus::Behind { missing } => {
                bail!("the {name} lacks {missing} migration(s): run `tenantry migrate` first")
            }
        }
    }
    Ok(())
}
