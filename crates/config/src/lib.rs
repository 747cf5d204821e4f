//! Configuration in layers, checked as a whole.
//!
//! [figment] merges the layers, later over earlier:
//!
//! 1. `config/default.toml`, compiled in;
//! 2. `config/<profile>.toml`, compiled in;
//! 3. the file of that name in the folder of `--config-dir` or `TENANTRY_CONFIG_DIR`;
//! 4. the environment, `TENANTRY_SECTION__KEY`;
//! 5. flags, as [`Override`]s.
//!
//! An unknown key is a [`Problem`] that names its source and the nearest known key. All problems of all
//! layers are reported at once, as [`Problems`]. A secret never enters the merged tree, so neither a report
//! nor an error of a library can show it.
//!
//! Each key is declared once, as a field of [`Settings`] whose type carries its check.
//!
//! ```
//! use config::{self, Environment, Inputs, Override, Profile, Purpose};
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

mod declare;
mod environment;
mod inputs;
mod issuers;
mod key;
mod keys;
mod kinds;
mod listeners;
mod load;
mod loader;
mod nearest;
mod origin;
mod problem;
mod profile;
mod purpose;
mod report;
mod rules;
mod secret;
mod service_links;
mod settings;
mod sources;
mod tables;

pub use environment::Environment;
pub use inputs::{Inputs, Override};
pub use jwt_verifier::IssuerSettings;
pub use key::Key;
pub use load::{Loaded, check, load};
pub use origin::Origin;
pub use problem::{Problem, Problems};
pub use profile::Profile;
pub use purpose::{Absent, Purpose, present};
pub use report::{Report, Row};
pub use settings::*;
