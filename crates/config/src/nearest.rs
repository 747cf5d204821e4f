//! The known key nearest to an unknown one, by edit distance.

use super::Key;

/// The known key nearest to `unknown` (dotted, or the part of a variable after the prefix), if it is near
/// enough to be meant.
pub(super) fn nearest(unknown: &str) -> Option<&'static Key> {
    let path = normal(unknown);
    let name = normal(unknown.rsplit('.').next().unwrap_or(unknown));
    Key::all()
        .iter()
        .filter_map(|key| {
            let whole = strsim::damerau_levenshtein(&normal(&key.to_string()), &path);
            let by_path = Some(whole).filter(|edits| *edits <= path.len() / 4);
            // Or the right name in a wrong section, or in none.
            let by_name = Some(strsim::damerau_levenshtein(&key.name, &name) + 1)
                .filter(|edits| *edits <= name.len() / 4 + 1);
            let edits = by_path.into_iter().chain(by_name).min()?;
            Some(((edits, whole), key))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, key)| key)
        // A section by itself: any key of it shows the form.
        .or_else(|| Key::all().iter().find(|key| key.section == path))
}

/// Separators and case are what is mistyped most: `CONTROL_STORE_HOST` is `control_store.host`.
fn normal(key: &str) -> String {
    key.to_lowercase().replace("__", "_").replace(['.', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        for (unknown, meant) in [
            ("registry.idel_timeout", "registry.idle_timeout"),
            ("registri.idle_timeout", "registry.idle_timeout"),
            ("CONTROL_STORE_SERVICE_PASSWORD", "control_store.service_password"),
            ("control-store.host", "control_store.host"),
            ("keys.ringfile", "keys.ring_file"),
            ("ring_file", "keys.ring_file"),
            ("pool.max_resident", "registry.max_resident"),
            ("registry", "registry.max_resident"),
        ] {
            assert_eq!(
                nearest(unknown).map(ToString::to_string).as_deref(),
                Some(meant),
                "{unknown}"
            );
        }
        assert_eq!(nearest("a_section_with_a_long_name.foo"), None);
        assert_eq!(nearest(""), None);
    }
}
