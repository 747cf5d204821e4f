//! Sources of values: TOML, compiled in or of the configuration folder, variables and flags.

use std::fs;
use std::path::Path;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use secrecy::zeroize::Zeroizing;

use super::environment::PREFIX;
use super::loader::Loader;
use super::nearest::nearest;
use super::{Inputs, Key, Origin, Override, Problem};

const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Reads every layer, later over earlier.
pub(super) fn read(loader: &mut Loader, inputs: &Inputs) {
    let profile = loader.profile;
    let built_in = |name| Origin::new(Origin::BUILT_IN, name);
    read_toml(loader, &built_in("default.toml"), DEFAULTS);
    read_toml(loader, &built_in(&profile.file_name()), profile.built_in());
    let variable = Origin::new(Origin::ENVIRONMENT, "TENANTRY_CONFIG_DIR");
    match (&inputs.config_dir, inputs.environment.config_dir()) {
        (Some(folder), _) => read_folder(loader, folder, &Origin::new(Origin::FLAG, "--config-dir")),
        (None, Some(folder)) => read_folder(loader, Path::new(folder), &variable),
        (None, None) => {}
    }
    for (name, text) in inputs.environment.settings() {
        if let Some(text) = text.to_str() {
            read_variable(loader, name, text);
        } else {
            let message = format!("variable {name}: the value is not UTF-8");
            loader.problems.push(Problem::new(None, message));
        }
    }
    for Override(assignment) in &inputs.overrides {
        let origin = Origin::new(Origin::FLAG, "--set");
        if let Some((path, text)) = assignment {
            read_text(loader, path, Key::find(path), text, &origin);
        } else {
            // The text is not shown: it may be a misplaced secret.
            let message = "flag --set: expected section.key=value, as in --set registry.idle_timeout=5m";
            loader.problems.push(Problem::new(None, message.to_owned()));
        }
    }
    mark_secret_files(loader);
}

fn read_toml(loader: &mut Loader, origin: &Origin, text: &str) {
    let sections = match Toml::from_str::<Dict>(text) {
        Ok(sections) => sections,
        Err(error) => {
            // The error's Display quotes the line, which may hold a secret.
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
            let reason = error.message().replace('\n', ", ");
            let message = format!("{origin}: line {line}, column {column}: {reason}");
            return loader.problems.push(Problem::new(None, message));
        }
    };
    for (section, content) in sections {
        match content {
            Value::Dict(_, content) if !content.is_empty() => read_table(loader, &section, content, origin),
            // A section with nothing in it is only a heading.
            Value::Dict(..) if Key::all().iter().any(|key| key.section == section) => {}
            _ => unknown(loader, &section, origin),
        }
    }
}

/// Sets the keys of a section, or of a table within one.
fn read_table(loader: &mut Loader, table: &str, content: Dict, origin: &Origin) {
    for (name, value) in content {
        let path = format!("{table}.{name}");
        let inner = format!("{path}.");
        match (Key::find(&path), value) {
            (Some(key), value) => loader.set(key, value, origin),
            (None, Value::Dict(_, content))
                if Key::all().iter().any(|key| key.to_string().starts_with(&inner)) =>
            {
                read_table(loader, &path, content, origin);
            }
            (None, _) => unknown(loader, &path, origin),
        }
    }
}

fn read_folder(loader: &mut Loader, folder: &Path, origin: &Origin) {
    let file = folder.join(loader.profile.file_name());
    // An empty path is no folder, but would lead to a file of the working directory.
    let read = fs::metadata(folder).and_then(|_| fs::read_to_string(&file));
    match read.map(Zeroizing::new) {
        Ok(text) => {
            read_toml(
                loader,
                &Origin::new(Origin::FILE, file.display().to_string()),
                &text,
            );
            loader.files.push(file);
        }
        // Also where there is no such file: ignoring the folder could start another profile than its owner means.
        Err(error) => {
            let message = format!("{:?}: {error} ({origin})", file.to_string_lossy());
            loader.problems.push(Problem::new(None, message));
        }
    }
}

fn read_variable(loader: &mut Loader, name: &str, text: &str) {
    let key = Key::all().iter().find(|key| key.variable() == name);
    let path = name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase();
    let origin = Origin::new(Origin::ENVIRONMENT, name);
    read_text(loader, &path.replacen("__", ".", 1), key, text, &origin);
}

fn read_text(loader: &mut Loader, path: &str, key: Option<&Key>, text: &str, origin: &Origin) {
    match key {
        Some(key) => loader.set(key, text.into(), origin),
        None => unknown(loader, path, origin),
    }
}

fn unknown(loader: &mut Loader, path: &str, origin: &Origin) {
    let key = path.escape_debug().to_string();
    let meant = match nearest(path) {
        Some(meant) if origin.kind == Origin::ENVIRONMENT => format!("; did you mean {}?", meant.variable()),
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    let message = format!("{origin}: unknown key `{key}`{meant}");
    loader.problems.push(Problem::new(Some(key), message));
}

/// Sets each secret that is given by its `_file` form, so that it is known to be set.
fn mark_secret_files(loader: &mut Loader) {
    for key in Key::all() {
        let Some((value, file)) = key.file_form().and_then(|form| loader.get(&form)) else {
            continue;
        };
        if let Some((_, inline)) = loader.get(key) {
            let message =
                format!("{key}: set directly ({inline}) and as a file ({file}); use one of the two");
            loader.problems.push(Problem::new(Some(key.to_string()), message));
        } else if let Some(path) = value.as_str().filter(|path| !path.is_empty()) {
            loader.set_file(key, path);
        }
    }
}
