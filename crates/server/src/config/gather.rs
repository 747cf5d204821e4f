//! Puts the layers one over the other and collects what is wrong with them.

use std::path::PathBuf;

use figment::{Figment, value::Value};

use super::{
    Inputs, Key, Kind, Origin, Problem, Problems, Profile, Purpose, Settings,
    layer::Layer,
    required, rules,
    secrets::{REDACTED, Secrets},
};

/// All layers in one tree, beside the secrets taken out of it and the problems met.
pub(super) struct Gathered {
    pub(super) profile: Profile,
    /// `None`: nobody chose, it is the default.
    pub(super) profile_origin: Option<Origin>,
    /// The files that were read beside those compiled in.
    pub(super) files: Vec<PathBuf>,
    pub(super) problems: Vec<Problem>,
    figment: Figment,
    secrets: Secrets,
}

impl Gathered {
    /// Reads every layer. Fails only where the profile is unknown, since nothing more can be said then.
    pub(super) fn from_inputs(inputs: &Inputs, purpose: Purpose) -> Result<Self, Problem> {
        let (profile, profile_origin) = Profile::choose(inputs)?;
        let mut gathered = Self {
            profile,
            profile_origin,
            files: Vec::new(),
            problems: Vec::new(),
            figment: Figment::new(),
            secrets: Secrets::default(),
        };
        gathered.add_toml(
            &Origin::built_in("default.toml"),
            include_str!("../../../../config/default.toml"),
        );
        gathered.add_toml(&Origin::built_in(profile.file_name()), profile.built_in());
        gathered.add_folder(inputs);
        gathered.add_environment(&inputs.environment);
        gathered.add_overrides(&inputs.overrides);
        gathered.add_secret_files();
        gathered.check_values();
        let broken = rules::broken(&gathered);
        gathered.problems.extend(broken);
        let missing = required::missing(&gathered, purpose);
        gathered.problems.extend(missing);
        Ok(gathered)
    }

    /// The value of `key` and where it came from; of a secret, [`REDACTED`].
    pub(super) fn get(&self, key: Key) -> Option<(Value, Origin)> {
        let value = self.figment.find_value(&key.to_string()).ok()?;
        let origin = Origin::from_metadata(self.figment.get_metadata(value.tag())?)?;
        Some((value, origin))
    }

    /// [`Self::get`] by the dotted path.
    pub(super) fn get_path(&self, path: &str) -> Option<(Value, Origin)> {
        self.get(Key::find(path)?)
    }

    /// The settings, if nothing is wrong.
    pub(super) fn into_settings(mut self) -> Result<Settings, Problems> {
        if self.problems.is_empty() {
            match self.figment.extract::<Settings>() {
                Ok(mut settings) => {
                    settings.take_secrets(&mut self.secrets);
                    return Ok(settings);
                }
                Err(error) => self.problems.push(Problem::Unforeseen {
                    error: Box::new(error),
                }),
            }
        }
        Err(Problems {
            profile: Some(self.profile),
            list: self.problems,
        })
    }

    /// Merges one source's known values, its secrets replaced.
    pub(super) fn add_values(&mut self, origin: Origin, mut values: Vec<(Key, Value)>) {
        for (key, value) in &mut values {
            if key.kind() == Kind::Secret {
                let secret = std::mem::replace(value, REDACTED.into());
                self.problems
                    .extend(self.secrets.take(*key, secret, &origin).err());
            }
        }
        let figment = std::mem::take(&mut self.figment);
        self.figment = figment.merge(Layer { origin, values });
    }

    /// Reads the file of every secret that is given by its `_file` form.
    fn add_secret_files(&mut self) {
        for key in Key::all() {
            let Some(file) = key.file_form() else { continue };
            let Some((Value::String(_, path), origin)) = self.get(file) else {
                continue;
            };
            if path.is_empty() {
                continue;
            }
            if let Some((_, inline)) = self.get(key) {
                self.problems.push(Problem::BothForms {
                    key,
                    inline,
                    file: origin,
                });
                continue;
            }
            let path = PathBuf::from(path);
            self.problems
                .extend(self.secrets.read(key, file, &path, &origin).err());
            let values = vec![(key, REDACTED.into())];
            let figment = std::mem::take(&mut self.figment);
            self.figment = figment.merge(Layer {
                origin: Origin::secret_file(&path),
                values,
            });
        }
    }

    fn check_values(&mut self) {
        for key in Key::all() {
            let Some((value, origin)) = self.get(key) else {
                continue;
            };
            if let Err(reason) = key.kind().check(&value) {
                self.problems.push(Problem::Invalid { key, origin, reason });
            }
        }
    }
}
