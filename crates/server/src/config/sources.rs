//! The sources of values, each read into the tree: text of TOML, the folder, variables, flags.

use std::{fs, io, path::PathBuf};

use figment::{
    providers::{Format, Toml},
    value::{Dict, Value},
};
use secrecy::zeroize::Zeroizing;

use super::{
    Environment, Inputs, Key, Origin, Override, Problem, environment::PREFIX, gather::Gathered,
    nearest::nearest,
};

impl Gathered {
    pub(super) fn add_toml(&mut self, origin: &Origin, text: &str) {
        let sections = match Toml::from_str::<Dict>(text) {
            Ok(sections) => sections,
            Err(error) => {
                // The error's Display quotes the line, which may hold a secret.
                let before = text
                    .get(..error.span().map_or(0, |span| span.start))
                    .unwrap_or(text);
                let last_line = before.rsplit('\n').next().unwrap_or(before);
                return self.problems.push(Problem::Syntax {
                    origin: origin.clone(),
                    line: before.matches('\n').count() + 1,
                    column: last_line.chars().count() + 1,
                    message: error.message().replace('\n', ", "),
                });
            }
        };
        let mut values = Vec::new();
        for (section, content) in sections {
            match content {
                Value::Dict(_, content) if !content.is_empty() => {
                    for (name, value) in content {
                        let path = format!("{section}.{name}");
                        match Key::find(&path) {
                            Some(key) => values.push((key, value)),
                            None => self.add_unknown(&path, origin),
                        }
                    }
                }
                // A section with nothing in it is only a heading.
                Value::Dict(..) if Key::all().any(|key| key.section() == section) => {}
                _ => self.add_unknown(&section, origin),
            }
        }
        self.add_values(origin.clone(), values);
    }

    pub(super) fn add_folder(&mut self, inputs: &Inputs) {
        let (folder, origin) = match (&inputs.config_dir, inputs.environment.config_dir()) {
            (Some(folder), _) => (folder.clone(), Origin::flag("--config-dir")),
            (None, Some(folder)) => (PathBuf::from(folder), Origin::variable("TENANTRY_CONFIG_DIR")),
            (None, None) => return,
        };
        let is_folder = fs::metadata(&folder).and_then(|metadata| {
            if metadata.is_dir() {
                Ok(())
            } else {
                Err(io::ErrorKind::NotADirectory.into())
            }
        });
        if let Err(error) = is_folder {
            return self.problems.push(Problem::Unreadable {
                path: folder,
                origin,
                error,
            });
        }
        let path = folder.join(self.profile.file_name());
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => {
                self.add_toml(&Origin::file(&path), &text);
                self.files.push(path);
            }
            // Also where it is not there: whoever names a folder means what is in it, and a service that passes
            // over it would run as something else, such as the dev profile.
            Err(error) => self.problems.push(Problem::Unreadable { path, origin, error }),
        }
    }

    pub(super) fn add_environment(&mut self, environment: &Environment) {
        for variable in environment.settings() {
            match variable {
                Ok((name, text)) => {
                    let path = name
                        .strip_prefix(PREFIX)
                        .unwrap_or(name)
                        .to_lowercase()
                        .replacen("__", ".", 1);
                    self.add_text(&path, Key::of_variable(name), text, Origin::variable(name));
                }
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    pub(super) fn add_overrides(&mut self, overrides: &[Override]) {
        for Override { flag, assignment } in overrides {
            match assignment {
                Some((path, text)) => self.add_text(path, Key::find(path), text, Origin::flag(flag)),
                None => self.problems.push(Problem::Malformed { flag: flag.clone() }),
            }
        }
    }

    fn add_text(&mut self, path: &str, key: Option<Key>, text: &str, origin: Origin) {
        match key {
            Some(key) => self.add_values(origin, vec![(key, key.kind().read(text))]),
            None => self.add_unknown(path, &origin),
        }
    }

    fn add_unknown(&mut self, path: &str, origin: &Origin) {
        let key = path.escape_debug().to_string();
        self.problems.push(Problem::UnknownKey {
            key,
            origin: origin.clone(),
            nearest: nearest(path),
        });
    }
}
