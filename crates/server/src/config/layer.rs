//! One source of values, as figment merges it.

use figment::{
    Error, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{Key, Origin};

/// The known keys that one source sets. Secrets have been taken out.
pub(super) struct Layer {
    pub(super) origin: Origin,
    pub(super) values: Vec<(Key, Value)>,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        self.origin.to_metadata()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut sections: Map<&str, Dict> = Map::new();
        for (key, value) in &self.values {
            sections
                .entry(key.section())
                .or_default()
                .insert(key.name().to_owned(), value.clone());
        }
        let dict = sections
            .into_iter()
            .map(|(name, values)| (name.to_owned(), values.into()))
            .collect();
        // Which profile holds is decided before the merge; figment's own profiles stay unused.
        Ok(Map::from([(Profile::Default, dict)]))
    }
}
