//! `tenantry serve`

use anyhow::{Context as _, bail};
use cli::output;
use config::{ClusterSettings, Inputs, Purpose, Settings, load, present};
use control_plane::ControlPlane;
use schema::{Cluster, Login, LoginError, MigrateError, SchemaStatus, ServerFacts};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use web::error::in_one_line;

use super::databases::Databases;
use super::migrate;
use crate::app::{self, App};
use crate::clusters;
use crate::descriptors::{self, Caps};
use crate::dev::{self, DemoTenant, RunFile, StartMarker, StateDir};
use crate::reserve;
use crate::service::{self, Listeners, stop_on_signals};
use crate::telemetry::{self, Delivery};

/// Runs the service until a signal.
pub(super) async fn run(inputs: &Inputs) -> anyhow::Result<()> {
    let loaded = load(inputs, Purpose::Serve)?;
    telemetry::init(&loaded.settings.log, Delivery::Queued)?;
    let files = descriptors::raise();
    let listeners = Listeners::bind(&loaded.settings)?;
    let starting = match &loaded.settings.dev {
        Some(dev) => StartMarker::set(&StateDir::open(&dev.state_dir)?)?,
        None => None,
    };
    let stopping = CancellationToken::new();
    // In the dev profile SIGHUP comes from a terminal that is closed, and the private PostgreSQL must not outlive it.
    let reload = listeners.reload().filter(|_| loaded.settings.dev.is_none());
    stop_on_signals(stopping.clone(), reload).context("cannot handle signals")?;

    let Some(databases) = stopping.run_until_cancelled(Databases::own(loaded)).await else {
        // What was being started is stopped when its thread is through with it.
        return Ok(());
    };
    let databases = databases?;
    let served = Box::pin(serve(&databases, listeners, files, starting, stopping)).await;
    // The private PostgreSQL goes last, also when serving failed.
    let closed = databases.close().await;
    served.and(closed)
}

async fn serve(
    databases: &Databases,
    listeners: Listeners,
    files: usize,
    starting: Option<StartMarker>,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    let settings = &databases.settings;
    let Some(app) = stopping
        .run_until_cancelled(prepare(settings, stopping.clone()))
        .await
    else {
        return Ok(());
    };
    let app = app?;
    let addresses = RunFile {
        tenant_plane: listeners.tenant(),
        admin_plane: listeners.admin(),
        tenant_tls: settings.tenant_plane.tls.tls_cert_file.is_some(),
        admin_tls: settings.admin_plane.tls.tls_cert_file.is_some(),
    };
    tracing::info!(tenant_plane = %addresses.tenant_plane, admin_plane = %addresses.admin_plane, "listening");
    let beside = listeners.beside(settings);
    for listener in &beside {
        tracing::info!(
            listener = listener.name,
            address = %listener.address,
            tls = listener.tls,
            opens = listener.opens,
            "listening for tenants as well"
        );
    }
    let _run_file = match &databases.state {
        Some(state) => {
            let guard = addresses.write(state)?;
            drop(starting);
            let banner = dev::Banner {
                addresses,
                beside,
                token_file: databases.token_file.clone(),
                tenants: seeded(settings, &app, state).await?,
                serves: app.examinations.isolated(),
            };
            if let Err(error) = output::line(banner) {
                tracing::warn!(%error, "cannot print the banner");
            }
            Some(guard)
        }
        None => None,
    };
    let settings = fit_below(files, settings.clone(), &app);
    let served = service::run(app, listeners, &settings, stopping);
    match databases.postgres() {
        Some(postgres) => tokio::select! {
            served = served => served,
            never = postgres.watch() => match never {},
        },
        None => served.await,
    }
}

/// The settings with caps that fit below the limit of open files, so that clients do not take what the pools need.
fn fit_below(files: usize, mut settings: Settings, app: &App) -> Settings {
    // 0 before the server has answered, as it has to `check_servers`.
    let pools = app.budget.snapshot().target;
    let caps = Caps::configured(&settings, pools);
    let fits = caps.below(files);
    let plane = &mut settings.tenant_plane;
    let beside = plane.listeners.iter_mut().map(|listener| &mut listener.limits);
    for limits in [&mut plane.limits].into_iter().chain(beside) {
        limits.max_connections = fits.of_listener(limits.max_connections, caps);
    }
    settings.admin_plane.limits.max_connections = fits.admin_plane;
    if fits.pools < pools {
        app.budget.set_max_connections(Some(fits.pools));
    }
    settings
}

/// Everything that has to hold before the first request: databases that are there and fit, keys that open them.
async fn prepare(settings: &Settings, stopping: CancellationToken) -> anyhow::Result<App> {
    // The dev profile migrates by itself where it may; in production that is a step of its own.
    if settings.dev.is_some() && settings.data_cluster.cluster.migrator_password.is_some() {
        match migrate::both(settings).await {
            // Whether anything is missing is looked at below.
            Err(error) if error.downcast_ref().is_some_and(MigrateError::is_read_only) => {
                tracing::warn!(
                    cause = in_one_line(error.as_ref()),
                    "not migrated: PostgreSQL is read-only"
                );
            }
            migrated => migrated?,
        }
    }
    let reserve = check_servers(settings).await?;
    let ring_file = present(settings.keys.ring_file.as_ref(), "keys.ring_file")?;
    let envelope = app::envelope(ring_file).context("keys.ring_file")?;
    let cursors = app::cursor_keys(&envelope).await.context("keys.ring_file")?;
    let app = App::new(settings, envelope, cursors, stopping, reserve)?;
    // The first requests need not wait for it. Where it takes longer, they do, and the log says why.
    let _ = timeout(settings.data_cluster.cluster.connect_timeout, app.budget.ready()).await;
    check_schemas(&app.control_plane).await?;
    app.control_plane.check_keys().await.with_context(|| {
        let file = ring_file.display();
        format!("keys.ring_file: {file} is not the ring that this control store was used with")
    })?;
    if settings.doctor.on_start && !app.examinations.examine().await.report.sound {
        tracing::error!(
            "no tenant is served until the doctor finds no error; it examines again every minute"
        );
    }
    Ok(app)
}

/// The demo tenants, made where they are missing.
async fn seeded(settings: &Settings, app: &App, state: &StateDir) -> anyhow::Result<Vec<DemoTenant>> {
    if settings.dev.as_ref().is_some_and(|dev| dev.seed) {
        dev::seed(&app.control_plane, &app.registry, state).await
    } else {
        Ok(Vec::new())
    }
}

/// Logs in to both, so that a mistake is named with its place, and refuses a data cluster that is too old: no
/// tenant's connection to it would be used. Says how many of its connections are not for tenants.
async fn check_servers(settings: &Settings) -> anyhow::Result<u32> {
    let (control, login) = clusters::control(settings)?;
    let store = try_login("control_store", &control, &login, &settings.control_store.cluster).await?;
    let (data, login) = clusters::data(settings)?;
    let tenants = try_login("data_cluster", &data, &login, &settings.data_cluster.cluster).await?;
    let minimum = settings.data_cluster.min_server_version;
    if tenants.version < minimum {
        let version = |number: u32| format!("{}.{}", number / 10_000, number % 10_000);
        bail!(
            "the data cluster runs PostgreSQL {}; data_cluster.min_server_version is {}",
            version(tenants.version),
            version(minimum)
        );
    }
    Ok(reserve::of(settings, store, tenants))
}

async fn try_login(
    section: &str,
    cluster: &Cluster,
    login: &Login,
    settings: &ClusterSettings,
) -> anyhow::Result<ServerFacts> {
    let database = settings.database.as_str();
    let facts = cluster.try_login(login, database).await;
    facts
        .map_err(|error| LoginError::new(cluster, login, database, error))
        .with_context(|| section.to_owned())
}

/// Refuses to serve over a schema that this binary does not know.
async fn check_schemas(plane: &ControlPlane) -> anyhow::Result<()> {
    let control = plane.store().schema_status().await.context("control_store")?;
    let data = plane.data_schema_status().await.context("data_cluster")?;
    for (name, status) in [("control store", control), ("tenants' database", data)] {
        match status {
            SchemaStatus::Current => {}
            SchemaStatus::Ahead { newest, known } => {
                tracing::warn!(
                    database = name,
                    newest,
                    known,
                    "a newer version has migrated the database"
                );
            }
            SchemaStatus::Behind { missing } => {
                bail!("the {name} lacks {missing} migration(s): run `tenantry migrate` first")
            }
        }
    }
    Ok(())
}
