//! State of a load: the merged tree, the secrets beside it, and the problems found.

use std::collections::BTreeMap;
use std::path::PathBuf;

use figment::util::nest;
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Provider};
use secrecy::SecretString;

use super::declare::Kind;
use super::{Key, Origin, Problem, Profile, Purpose};

/// What the merged tree, and so every report, has in place of a secret.
const REDACTED: &str = "<redacted>";
/// And in place of an invalid value, unless that is a number or a flag.
const REFUSED: &str = "<refused>";

/// What has been read and found so far. Without `Debug`, on purpose.
pub(super) struct Loader {
    /// Whether it lists the declared keys instead of loading a configuration.
    pub(super) lists_keys: bool,
    /// The keys that were loaded.
    pub(super) keys: Vec<Key>,
    pub(super) profile: Profile,
    pub(super) purpose: Purpose,
    /// The files that were read besides those compiled in.
    pub(super) files: Vec<PathBuf>,
    pub(super) problems: Vec<Problem>,
    tree: Figment,
    /// By key: the secrets that layers gave inline.
    secrets: BTreeMap<String, SecretString>,
}

impl Loader {
    pub(super) fn new(profile: Profile, purpose: Purpose) -> Self {
        Self {
            lists_keys: false,
            keys: Vec::new(),
            profile,
            purpose,
            files: Vec::new(),
            problems: Vec::new(),
            tree: Figment::new(),
            secrets: BTreeMap::new(),
        }
    }

    /// Sets a key, over what earlier layers have set. The value of a secret goes beside the tree.
    pub(super) fn set(&mut self, key: &Key, value: Value, origin: &Origin) {
        if !key.is_secret {
            return self.merge(key, value, origin);
        }
        self.merge(key, REDACTED.into(), origin);
        match value {
            _ if origin.kind == Origin::FLAG => {
                let message = format!("{key}: a secret is not taken from {origin}; {}", key.how_to_set());
                self.problems.push(Problem::new(Some(key.to_string()), message));
            }
            Value::String(_, text) if text.is_empty() => self.invalid(key, origin, "must not be empty"),
            Value::String(_, text) => {
                self.secrets.insert(key.to_string(), text.into());
            }
            _ => self.invalid(key, origin, "is not a string: put it in quotes"),
        }
    }

    /// Sets a secret whose value is in a file.
    pub(super) fn set_file(&mut self, key: &Key, path: &str) {
        self.merge(key, REDACTED.into(), &Origin::new(Origin::SECRET_FILE, path));
    }

    fn merge(&mut self, key: &Key, value: Value, origin: &Origin) {
        self.tree = std::mem::take(&mut self.tree).merge(Entry { key, value, origin });
    }

    /// The value of a key and its origin; a secret's is redacted.
    pub(super) fn get(&self, key: &Key) -> Option<(Value, Origin)> {
        let value = self.tree.find_value(&key.to_string()).ok()?;
        let origin = self.tree.get_metadata(value.tag())?.into();
        Some((value, origin))
    }

    /// Whether a key, or anything in a section, is set.
    pub(super) fn sets(&self, section: &str, name: &str) -> bool {
        let path = format!("{section}.{name}");
        self.tree.contains(path.trim_start_matches('.'))
    }

    /// The secret that a layer gave inline. `None` where it was refused.
    pub(super) fn secret(&self, key: &Key) -> Option<SecretString> {
        self.secrets.get(&key.to_string()).cloned()
    }

    /// The checked value of a key. `None` after a problem has been reported.
    pub(super) fn load<K: Kind>(&mut self, key: &Key) -> Option<K::Output> {
        let found = self.get(key);
        self.keys.push(key.clone());
        let Some((mut value, origin)) = found else {
            // In production all of [dev] is refused, and what is missing of it is not asked for.
            if key.section != "dev" || self.profile == Profile::Dev {
                self.problems.push(Problem::missing(key));
            }
            return None;
        };
        if let (Origin::ENVIRONMENT | Origin::FLAG, Some(text)) = (&*origin.kind, value.as_str()) {
            value = K::read(text);
            self.merge(key, value.clone(), &origin);
        }
        K::check(&value)
            .map_err(|reason| {
                self.invalid(key, &origin, &reason);
                // It may hold a secret: a URL with a password where the name of a host goes.
                if !matches!(value, Value::Num(..) | Value::Bool(..)) {
                    self.merge(key, REFUSED.into(), &origin);
                }
            })
            .ok()
    }

    /// Hides a value in which a problem was found: it may hold a secret.
    pub(super) fn refuse(&mut self, key: &Key, origin: &Origin) {
        self.merge(key, REFUSED.into(), origin);
    }

    /// Whether a problem of this key has been reported.
    pub(super) fn is_refused(&self, key: &Key) -> bool {
        let path = key.to_string();
        self.problems
            .iter()
            .any(|problem| problem.key.as_ref() == Some(&path))
    }

    pub(super) fn invalid(&mut self, key: &Key, origin: &Origin, reason: &str) {
        self.problems.push(Problem::invalid(key, origin, reason));
    }
}

/// A key as figment merges it.
struct Entry<'a> {
    key: &'a Key,
    value: Value,
    origin: &'a Origin,
}

impl Provider for Entry<'_> {
    fn metadata(&self) -> Metadata {
        self.origin.into()
    }

    /// The configuration's profile is chosen before the merge; figment's own ones stay unused.
    fn data(&self) -> Result<Map<figment::Profile, Dict>, Error> {
        let tree = nest(&self.key.to_string(), self.value.clone());
        Ok(figment::Profile::Default.collect(tree.into_dict().unwrap_or_default()))
    }
}
