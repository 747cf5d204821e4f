//! The attempts, by theme. One line each, with the expected outcome.

#[rustfmt::skip]
mod catalogue;
#[rustfmt::skip]
mod exhaustion;
#[rustfmt::skip]
mod leaks;
#[rustfmt::skip]
mod locks;
#[rustfmt::skip]
mod objects;
#[rustfmt::skip]
mod reach;
#[rustfmt::skip]
mod reads;
#[rustfmt::skip]
mod roles;
#[rustfmt::skip]
mod settings;
#[rustfmt::skip]
mod smuggling;
#[rustfmt::skip]
pub(crate) mod disclosures;
#[rustfmt::skip]
mod writes;

use crate::attempt::Attempt;

pub(crate) use exhaustion::EXHAUSTION;

/// All themes, by their names in `docs/isolation.md`.
pub(crate) const THEMES: &[(&str, &[Attempt])] = &[
    ("reads", reads::READS),
    ("copies", reads::COPIES),
    ("writes", writes::WRITES),
    ("merges", writes::MERGES),
    ("leaks", leaks::LEAKS),
    ("plans", leaks::PLANS),
    ("identities", roles::IDENTITIES),
    ("rights", roles::RIGHTS),
    ("earlier", roles::EARLIER),
    ("settings", settings::SETTINGS),
    ("smuggling", smuggling::SMUGGLING),
    ("creation", objects::CREATION),
    ("alteration", objects::ALTERATION),
    ("locks", locks::LOCKS),
    ("queues", locks::QUEUES),
    ("statistics", catalogue::STATISTICS),
    ("catalogue", catalogue::CATALOGUE),
    ("sessions", reach::SESSIONS),
    ("files", reach::FILES),
    ("databases", reach::DATABASES),
];

/// The attempts of a theme.
pub(crate) fn theme(name: &str) -> &'static [Attempt] {
    let found = THEMES.iter().find(|(theme, _)| *theme == name);
    found.expect("the theme exists").1
}
