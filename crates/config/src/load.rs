//! Loading: reads the layers, checks the values and the rules between them, and makes the settings.

use super::declare::Part as _;
use super::loader::Loader;
use super::{Inputs, Origin, Problem, Problems, Profile, Purpose, Report, Settings, rules, sources};

/// Valid settings and their profile.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The profile that was chosen.
    pub profile: Profile,
    /// Every value, checked.
    pub settings: Settings,
}

/// Reads and checks every layer; `purpose` says which keys are required and which files of secrets are read.
///
/// # Errors
/// All [`Problems`] of all layers at once: unknown keys, invalid values, secrets that cannot be read and
/// required keys that are missing.
pub fn load(inputs: &Inputs, purpose: Purpose) -> Result<Loaded, Problems> {
    let problems = |profile, list| Problems { profile, list };
    let (profile, _) = choose_profile(inputs).map_err(|problem| problems(None, vec![problem]))?;
    let (loader, settings) = run(inputs, profile, purpose);
    match settings {
        Some(settings) if loader.problems.is_empty() => Ok(Loaded { profile, settings }),
        _ => Err(problems(Some(profile), loader.problems)),
    }
}

/// What [`load`] finds, as a report that lists the values besides the problems.
pub fn check(inputs: &Inputs, purpose: Purpose) -> Report {
    match choose_profile(inputs) {
        Ok((profile, origin)) => Report::new(&run(inputs, profile, purpose).0, origin),
        Err(problem) => Report::without_profile(problem),
    }
}

/// `--profile`, else `TENANTRY_PROFILE`, else dev, without an origin.
fn choose_profile(inputs: &Inputs) -> Result<(Profile, Option<Origin>), Problem> {
    let (name, origin) = match (&inputs.profile, inputs.environment.profile()) {
        (Some(name), _) => (name.as_str(), Origin::new(Origin::FLAG, "--profile")),
        (None, Some(name)) => (name, Origin::new(Origin::ENVIRONMENT, "TENANTRY_PROFILE")),
        (None, None) => return Ok((Profile::Dev, None)),
    };
    let unknown = format!("{origin}: unknown profile {name:?}: use dev or production");
    let profile = Profile::ALL.into_iter().find(|profile| profile.name() == name);
    let profile = profile.ok_or_else(|| Problem::new(None, unknown))?;
    Ok((profile, Some(origin)))
}

fn run(inputs: &Inputs, profile: Profile, purpose: Purpose) -> (Loader, Option<Settings>) {
    let mut loader = Loader::new(profile, purpose);
    sources::read(&mut loader, inputs);
    let settings = Settings::load("", "", &mut loader);
    rules::check(&mut loader);
    (loader, settings)
}
