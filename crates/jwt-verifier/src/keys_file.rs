//! Keys in a file, read at the start.

use std::path::PathBuf;
use std::sync::Arc;

use private_files::Readers;

use crate::clock::{Clock, Moment};
use crate::key_set_status::{KeySetSource, KeySetStatus};
use crate::keys::{KeySet, MAX_DOCUMENT_BYTES};
use crate::settings::{IssuerSettings, SettingsError};

#[derive(Debug)]
pub(crate) struct KeysFile {
    pub(crate) keys: Arc<KeySet>,
    path: PathBuf,
    read_at: Moment,
}

impl KeysFile {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or trusted, or has no usable key.
    pub(crate) fn read(settings: &IssuerSettings, clock: &dyn Clock) -> Result<Self, SettingsError> {
        Ok(Self {
            keys: read(settings)?,
            path: settings.keys_file.clone().unwrap_or_default(),
            read_at: Moment::now(clock),
        })
    }

    /// Reads the file, and keeps nothing of it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn check(settings: &IssuerSettings) -> Result<(), SettingsError> {
        read(settings).map(drop)
    }

    pub(crate) fn status(&self, issuer: &str, clock: &dyn Clock) -> KeySetStatus {
        KeySetStatus {
            issuer: issuer.to_owned(),
            source: KeySetSource::File(self.path.clone()),
            keys: Some(self.keys.len()),
            fetched_at: Some(self.read_at.unix),
            age: Some(self.read_at.age(clock)),
            max_stale: None,
            failure: None,
        }
    }
}

fn read(settings: &IssuerSettings) -> Result<Arc<KeySet>, SettingsError> {
    let path = settings.keys_file.clone().unwrap_or_default();
    let issuer = || settings.issuer.clone();
    let document = private_files::read(&path, Readers::Anyone, MAX_DOCUMENT_BYTES);
    let document = document.map_err(|source| SettingsError::File {
        issuer: issuer(),
        key: "keys_file",
        source,
    })?;
    let keys = KeySet::from_file(&settings.issuer, &document).map_err(|source| SettingsError::Keys {
        issuer: issuer(),
        path,
        source,
    })?;
    if keys.len() == 0 {
        return Err(SettingsError::Invalid {
            issuer: issuer(),
            key: "keys_file",
            why: "has no usable key".to_owned(),
        });
    }
    Ok(Arc::new(keys))
}
