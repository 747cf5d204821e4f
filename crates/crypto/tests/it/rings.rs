//! Key rings for tests, by way of real files.

use std::{fs, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto::{Envelope, KeyRing, LocalKeyProvider};

/// Ids of keys whose bytes are all the first letter of the id.
pub(crate) const OLD: &str = "old-2026";
pub(crate) const NEW: &str = "new-2027";

/// An envelope over a ring of the named keys.
pub(crate) fn envelope(ids: &[&str], current: &str) -> Envelope {
    let keys: Vec<_> = ids.iter().map(|id| (*id, [id.as_bytes()[0]; 32])).collect();
    Envelope::new(Arc::new(ring_with(&keys, current)))
}

/// A provider over a ring with exactly these keys.
pub(crate) fn ring_with(keys: &[(&str, [u8; 32])], current: &str) -> LocalKeyProvider {
    let keys: Vec<_> = keys
        .iter()
        .map(|(id, key)| format!(r#"{{"id":"{id}","key":"{}"}}"#, STANDARD.encode(key)))
        .collect();
    let json = format!(
        r#"{{"format":1,"current":"{current}","keys":[{}]}}"#,
        keys.join(",")
    );
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("ring.json");
    write(&path, json.as_bytes(), 0o600);
    LocalKeyProvider::new(KeyRing::load(&path).expect("ring"))
}

/// Writes a file with this mode, whatever the umask.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32) {
    fs::write(path, content).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode set");
    }
    #[cfg(not(unix))]
    let _ = mode;
}
