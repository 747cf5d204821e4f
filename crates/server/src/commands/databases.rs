//! The databases that a command works on: the configured ones, or the private PostgreSQL of the dev profile.

use std::path::PathBuf;

use crate::config::{Inputs, Loaded, Purpose, Settings, load};
use crate::dev::{PrivatePostgres, StateDir};
use crate::telemetry;

/// Settings with everything filled in that the dev profile makes itself.
pub(super) struct Databases {
    pub(super) settings: Settings,
    pub(super) state: Option<StateDir>,
    /// The file of the admin token that the dev profile made; `None` where one is configured.
    pub(super) token_file: Option<PathBuf>,
    postgres: Option<PrivatePostgres>,
}

impl Databases {
    /// For the service: it owns the private PostgreSQL.
    pub(super) async fn own(loaded: Loaded) -> anyhow::Result<Self> {
        Self::open(loaded, true).await
    }

    /// For a command: beside a running service it uses that one's PostgreSQL.
    pub(super) async fn use_for(inputs: &Inputs, purpose: Purpose) -> anyhow::Result<Self> {
        let loaded = load(inputs, purpose)?;
        telemetry::init(&loaded.settings.log)?;
        Self::open(loaded, false).await
    }

    async fn open(Loaded { mut settings, .. }: Loaded, own: bool) -> anyhow::Result<Self> {
        let Some(dev) = settings.dev.clone() else {
            return Ok(Self {
                settings,
                state: None,
                token_file: None,
                postgres: None,
            });
        };
        let state = StateDir::open(&dev.state_dir)?;
        let token_file = settings
            .admin_plane
            .token
            .is_none()
            .then(|| state.join("admin-token"));
        state.fill_in(&mut settings)?;
        let postgres = match (dev.private_postgres, own) {
            (false, _) => None,
            (true, true) => Some(PrivatePostgres::start(&state).await?),
            (true, false) => Some(PrivatePostgres::attach_or_start(&state).await?),
        };
        if let Some(postgres) = &postgres {
            postgres.fill_in(&mut settings, &state)?;
        }
        Ok(Self {
            settings,
            state: Some(state),
            token_file,
            postgres,
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
