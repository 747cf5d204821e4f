//! The list of all keys, from the declaration of the settings.

use std::sync::LazyLock;

use super::declare::Part as _;
use super::loader::Loader;
use super::{Key, Profile, Purpose, Settings};

static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut loader = Loader::new(Profile::Dev, Purpose::Client);
    loader.lists_keys = true;
    Settings::load("", "", &mut loader);
    loader.keys
});

impl Key {
    /// Every key, in the order of `default.toml`.
    pub fn all() -> &'static [Self] {
        &KEYS
    }

    /// The key of a dotted path such as `registry.idle_timeout`.
    pub fn find(path: &str) -> Option<&'static Self> {
        let (section, name) = path.split_once('.')?;
        Self::all()
            .iter()
            .find(|key| key.section == section && key.name == name)
    }
}
