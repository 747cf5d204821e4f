//! Unknown keys: an error in every layer, with the source and the nearest key.

use crate::{file, flags, problem, problems, variables};

#[test]
fn in_a_file() {
    let (folder, inputs) = file("dev.toml", "[registry]\nidel_timeout = '5m'\n");
    let path = folder.path().join("dev.toml");
    assert_eq!(
        problem(&inputs).to_string(),
        format!(
            "file {}: unknown key `registry.idel_timeout`; did you mean `registry.idle_timeout`?",
            path.display()
        )
    );
}

#[test]
fn in_the_environment() {
    assert_eq!(
        problem(&variables([("TENANTRY_REGISTRY__IDEL_TIMEOUT", "5m")])).to_string(),
        "variable TENANTRY_REGISTRY__IDEL_TIMEOUT: unknown key `registry.idel_timeout`; \
         did you mean TENANTRY_REGISTRY__IDLE_TIMEOUT?"
    );
    for name in [
        "TENANTRY_KEYS_RING_FILE",
        "TENANTRY_keys__ring_file",
        "TENANTRY_KEYS__RING__FILE",
    ] {
        let error = problem(&variables([(name, "x")])).to_string();
        assert!(
            error.ends_with("did you mean TENANTRY_KEYS__RING_FILE?"),
            "{error}"
        );
    }
}

#[test]
fn in_a_flag() {
    assert_eq!(
        problem(&flags(["registry.idel_timeout=5m"])).to_string(),
        "flag --set: unknown key `registry.idel_timeout`; did you mean `registry.idle_timeout`?"
    );
    assert_eq!(
        problem(&flags(["registry.idle_timeout"])).to_string(),
        "flag --set: expected section.key=value, as in --set registry.idle_timeout=5m"
    );
}

#[test]
fn a_key_like_none_gets_no_guess() {
    let error = problem(&variables([("TENANTRY_COLOUR_OF_THE_SKY", "blue")])).to_string();
    assert_eq!(
        error,
        "variable TENANTRY_COLOUR_OF_THE_SKY: unknown key `colour_of_the_sky`"
    );
}

#[test]
fn sections_and_nesting_are_held_as_well() {
    for (text, key) in [
        ("[registri]\nmax_resident = 1\n", "registri.max_resident"),
        ("[pools]\n", "pools"),
        ("max_resident = 1\n", "max_resident"),
        ("registry = 1\n", "registry"),
        ("[[registry]]\nmax_resident = 1\n", "registry"),
        ("[registry]\n\"a\\nb\" = 1\n", "registry.a\\nb"),
    ] {
        let (_folder, inputs) = file("dev.toml", text);
        let problem = problem(&inputs);
        assert_eq!(problem.key.as_deref(), Some(key), "{text:?}: {problem}");
        assert!(
            problem.message.contains(&format!(": unknown key `{key}`")),
            "{text:?}: {problem}"
        );
    }
    let (_folder, inputs) = file("dev.toml", "[registry.max_resident]\nof = 1\n");
    let problem = problem(&inputs);
    let invalid = "registry.max_resident: a table is not an integer";
    assert!(problem.message.starts_with(invalid), "{problem}");
}

#[test]
fn all_layers_report_at_once() {
    let (_folder, mut inputs) = file(
        "dev.toml",
        "[log]\nlevel = 'info'\n[registry]\nmax_resident = 0\n",
    );
    inputs.environment = config::Environment::of([("TENANTRY_LOG__FORMATT", "json")]);
    inputs.overrides = vec!["log.filters=info".into(), "shutdown.http_deadline=soon".into()];
    let problems = problems(&inputs);
    let text = problems.to_string();
    assert_eq!(problems.list.len(), 5, "{text}");
    for key in [
        "log.level",
        "log.formatt",
        "log.filters",
        "registry.max_resident",
        "shutdown.http_deadline",
    ] {
        assert!(text.contains(key), "{key}: {text}");
    }
}

#[test]
fn a_file_that_is_not_toml_names_line_and_column() {
    let (folder, inputs) = file("dev.toml", "[registry]\n\nmax_resident = = 1\n");
    let problem = problem(&inputs);
    let path = folder.path().join("dev.toml");
    let place = format!("file {}: line 3, column 16: ", path.display());
    assert!(problem.message.starts_with(&place), "{problem}");
}
