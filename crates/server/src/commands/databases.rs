//! Databases of a command: the configured ones, or the private PostgreSQL of the dev profile.

use std::path::PathBuf;

use anyhow::Context as _;
use config::{DevSettings, Inputs, Loaded, Purpose, Settings, load};

use crate::dev::{PrivatePostgres, StateDir, refuse_beside_dev};
use crate::telemetry::{self, Delivery};

/// Settings, completed by what the dev profile generates.
pub(super) struct Databases {
    pub(super) settings: Settings,
    pub(super) state: Option<StateDir>,
    /// File of the admin token that the dev profile generated; `None` if one is configured.
    pub(super) token_file: Option<PathBuf>,
    postgres: Option<PrivatePostgres>,
}

impl Databases {
    /// For the service: in the dev profile generates what is missing and starts the private PostgreSQL.
    pub(super) async fn own(Loaded { mut settings, .. }: Loaded) -> anyhow::Result<Self> {
        let Some(dev) = settings.dev.clone() else {
            return Ok(Self::configured(settings));
        };
        let state = StateDir::open(&dev.state_dir)?;
        let made = settings.admin_plane.token.is_none();
        let token_file = made.then(|| state.join("admin-token"));
        state.fill_in(&mut settings)?;
        let mut postgres = None;
        if dev.private_postgres {
            let started = postgres.insert(PrivatePostgres::start(&state).await?);
            started.fill_in(&mut settings, &state)?;
        }
        Ok(Self {
            settings,
            state: Some(state),
            token_file,
            postgres,
        })
    }

    /// For a command that starts nothing: uses the private PostgreSQL of the service that runs here.
    pub(super) async fn running(inputs: &Inputs, purpose: Purpose) -> anyhow::Result<Self> {
        let Loaded { settings, profile } = load(inputs, purpose)?;
        refuse_beside_dev(profile)?;
        telemetry::init(&settings.log, Delivery::Direct)?;
        let Some(dev) = private(&settings) else {
            return Ok(Self::configured(settings));
        };
        let running = match StateDir::find(&dev.state_dir)? {
            Some(state) => PrivatePostgres::attach(&state)
                .await?
                .map(|postgres| (state, postgres)),
            None => None,
        };
        let (state, postgres) = running.with_context(|| {
            format!(
                "no PostgreSQL runs below {}, and this command starts none. In the dev profile, which holds unless another \
                 one is chosen, `tenantry serve` starts one: run it in this folder. For databases of your own choose \
                 --profile production, or set TENANTRY_PROFILE",
                dev.state_dir.display()
            )
        })?;
        Self::private(settings, state, postgres)
    }

    /// For a command that works in every profile: starts the private PostgreSQL, or uses the configured databases.
    pub(super) async fn reachable(inputs: &Inputs, purpose: Purpose) -> anyhow::Result<Self> {
        let loaded = load(inputs, purpose)?;
        refuse_beside_dev(loaded.profile)?;
        if let Some(dev) = private(&loaded.settings) {
            return Self::running_or_started(loaded, &dev).await;
        }
        telemetry::init(&loaded.settings.log, Delivery::Direct)?;
        Ok(Self::configured(loaded.settings))
    }

    /// For `tenantry db`: uses the private PostgreSQL, and starts it for the duration of the command if necessary.
    pub(super) async fn running_or_started(
        Loaded { settings, .. }: Loaded,
        dev: &DevSettings,
    ) -> anyhow::Result<Self> {
        telemetry::init(&settings.log, Delivery::Direct)?;
        let state = StateDir::open(&dev.state_dir)?;
        let postgres = match PrivatePostgres::attach(&state).await? {
            Some(postgres) => postgres,
            None => PrivatePostgres::start(&state).await?,
        };
        Self::private(settings, state, postgres)
    }

    fn configured(settings: Settings) -> Self {
        Self {
            settings,
            state: None,
            token_file: None,
            postgres: None,
        }
    }

    fn private(mut settings: Settings, state: StateDir, postgres: PrivatePostgres) -> anyhow::Result<Self> {
        postgres.fill_in(&mut settings, &state)?;
        Ok(Self {
            settings,
            state: Some(state),
            token_file: None,
            postgres: Some(postgres),
        })
    }

    /// The private PostgreSQL, if there is one.
    pub(super) fn postgres(&self) -> Option<&PrivatePostgres> {
        self.postgres.as_ref()
    }

    /// Stops the private PostgreSQL if this process started it.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        match self.postgres {
            Some(postgres) => postgres.stop().await,
            None => Ok(()),
        }
    }
}

/// The dev section, if there is a private PostgreSQL.
pub(super) fn private(settings: &Settings) -> Option<DevSettings> {
    settings.dev.clone().filter(|dev| dev.private_postgres)
}
