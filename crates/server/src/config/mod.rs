//! What the service is told, and by whom.
//!
//! Values come in layers, later over earlier, merged by [figment]:
//!
//! 1. `config/default.toml`, compiled in;
//! 2. `config/<profile>.toml`, compiled in;
//! 3. the file of that name in the folder of `--config-dir` or `TENANTRY_CONFIG_DIR`;
//! 4. the environment, `TENANTRY_SECTION__KEY`;
//! 5. flags, given as [`Override`]s.
//!
//! Nothing is guessed and nothing is ignored: an unknown key is a [`Problem`] that names its source and
//! the nearest known key, and all problems of all layers come at once, as [`Problems`]. A secret never
//! enters the merged tree: it is taken out of its layer first, so neither a report nor an error of a
//! library can show it.
//!
//! ```
//! use server::config::{self, Environment, Inputs, Override, Profile, Purpose};
//!
//! let inputs = Inputs {
//!     environment: Environment::of([("TENANTRY_REGISTRY__MAX_RESIDENT", "200")]),
//!     overrides: vec![Override::from("registry.idle_timeout=5m")],
//!     ..Inputs::default()
//! };
//! let loaded = config::load(&inputs, Purpose::Serve)?;
//! assert_eq!(loaded.profile, Profile::Dev);
//! assert_eq!(loaded.settings.registry.max_resident, 200);
//! assert_eq!(loaded.settings.registry.idle_timeout.as_secs(), 300);
//! # Ok::<(), config::Problems>(())
//! ```

mod environment;
mod gather;
mod inputs;
mod keys;
mod kind;
mod layer;
mod nearest;
mod origin;
mod problem;
mod profile;
mod report;
mod required;
mod rules;
mod secrets;
mod service_links;
mod settings;
mod sources;

pub use environment::Environment;
pub use inputs::{Inputs, Override};
pub use keys::Key;
pub use kind::Kind;
pub use origin::{Origin, OriginKind};
pub use problem::{Problem, Problems};
pub use profile::Profile;
pub use report::{Complaint, Report, Row};
pub use required::{Absent, Purpose, present};
pub use settings::{
    AdminPlaneSettings, ClusterSettings, ControlStoreSettings, DataClusterSettings, DevSettings,
    DoctorSettings, KeySettings, LogFormat, LogSettings, MigrationSettings, NotAVersion, OnRefused,
    PlaneLimits, RegistrySettings, RetentionSettings, ServerVersion, Settings, ShutdownSettings,
    TenantPlaneSettings, TlsMode,
};

use gather::Gathered;

/// Settings that hold, and the profile they hold in.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The profile that was chosen.
    pub profile: Profile,
    /// Every value, checked.
    pub settings: Settings,
}

/// Reads and checks every layer; `purpose` says which keys must not be missing.
///
/// # Errors
/// All [`Problems`] of all layers at once: unknown keys, wrong values, secrets that cannot be read and
/// what `purpose` misses.
pub fn load(inputs: &Inputs, purpose: Purpose) -> Result<Loaded, Problems> {
    let gathered = Gathered::from_inputs(inputs, purpose).map_err(|problem| Problems {
        profile: None,
        list: vec![problem],
    })?;
    let profile = gathered.profile;
    let settings = gathered.into_settings()?;
    Ok(Loaded { profile, settings })
}

/// What [`load`] would say, as a report that also holds when there are problems.
pub fn check(inputs: &Inputs, purpose: Purpose) -> Report {
    match Gathered::from_inputs(inputs, purpose) {
        Ok(gathered) => Report::of(&gathered),
        Err(problem) => Report::without_profile(&problem),
    }
}
