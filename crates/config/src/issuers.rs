//! `tenant_plane.jwt.issuers`: the issuers of JSON Web Tokens, a list of tables.

use std::collections::HashSet;

use figment::error::Kind as Wrong;
use figment::value::{Dict, Value};
use jwt_verifier::{IssuerSettings, SettingsError};

use super::declare::Part;
use super::loader::Loader;
use super::tables::{Tables, problem, unknown};
use super::{Key, Purpose};

/// The key's name in its section. In a file it is usually written as tables, `[[tenant_plane.jwt.issuers]]`.
const NAME: &str = "jwt.issuers";

/// Issuers whose tokens are accepted. Their files are read where the service is to run.
pub(super) struct JwtIssuers;

impl Part for JwtIssuers {
    type Output = Vec<IssuerSettings>;

    fn load(section: &str, _: &str, loader: &mut Loader) -> Option<Self::Output> {
        let key = Key::new(section, NAME);
        let tables = loader.load::<Tables>(&key)?;
        let (_, origin) = loader.get(&key)?;
        let reads_files = loader.purpose == Purpose::Serve;
        let (mut issuers, mut names) = (Vec::new(), HashSet::new());
        let before = loader.problems.len();
        for (index, table) in tables.into_iter().enumerate() {
            let path = format!("{key}[{index}]");
            match read(table, reads_files) {
                Ok(issuer) if names.insert(issuer.issuer.clone()) => issuers.push(issuer),
                Ok(_) => {
                    let twice = problem(&format!("{path}.issuer"), "is configured twice", &origin);
                    loader.problems.push(twice);
                }
                Err((name, why)) => {
                    let path = name.map_or_else(|| path.clone(), |name| format!("{path}.{name}"));
                    loader.problems.push(problem(&path, &why, &origin));
                }
            }
        }
        if loader.problems.len() > before {
            // A URL may have a password in it.
            loader.refuse(&key, &origin);
            return None;
        }
        Some(issuers)
    }
}

/// The issuer, or what is wrong: the name of a key in the table, and the end of a sentence that begins with it.
fn read(table: Dict, reads_files: bool) -> Result<IssuerSettings, (Option<String>, String)> {
    let issuer: IssuerSettings = Value::from(table).deserialize().map_err(wrong_table)?;
    if reads_files {
        issuer.check().map_err(wrong_value)?;
    }
    Ok(issuer)
}

fn wrong_table(error: figment::Error) -> (Option<String>, String) {
    match error.kind {
        Wrong::MissingField(name) => (Some(name.into_owned()), "missing".to_owned()),
        Wrong::UnknownField(name, known) => (Some(name.escape_debug().to_string()), unknown(known)),
        kind => {
            let path = error.path.join(".");
            (Some(path).filter(|path| !path.is_empty()), kind.to_string())
        }
    }
}

fn wrong_value(error: SettingsError) -> (Option<String>, String) {
    match error {
        SettingsError::Invalid { key, why, .. } => (Some(key.to_owned()), why),
        SettingsError::File { key, source, .. } => {
            let why = match std::error::Error::source(&source) {
                Some(cause) => format!("{source}: {cause}"),
                None => source.to_string(),
            };
            (Some(key.to_owned()), why)
        }
        SettingsError::Keys { path, source, .. } => (
            Some("keys_file".to_owned()),
            format!("{}: {source}", path.display()),
        ),
        other => (None, other.to_string()),
    }
}
