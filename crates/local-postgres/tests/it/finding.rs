//! Choice of the server programs.

use std::path::PathBuf;

use local_postgres::{Error, LocalPostgres, Search};

use crate::support::{Checkout, Steps, fake, nothing_installed};

/// The choice among fake installations, whose servers do not start.
fn chosen(checkout: &Checkout, search: Search) -> (Option<PathBuf>, Error) {
    let steps = Steps::default();
    let error =
        LocalPostgres::start(&checkout.options().search(search).progress(steps.recorder())).unwrap_err();
    (steps.found().map(|(bin_dir, _)| bin_dir), error)
}

/// Fake installations of these versions, whose `initdb` makes data of their major.
fn installations(checkout: &Checkout, versions: &[&str]) -> Vec<PathBuf> {
    let side = checkout.side("fake").canonicalize().unwrap();
    let make = |version: &&str| {
        let major = version.split('.').next().unwrap();
        let initdb = format!(r#"mkdir -p "$2" && echo {major} > "$2/PG_VERSION""#);
        fake::installation(&side, version, version, &initdb, "exit 1")
    };
    versions.iter().map(make).collect()
}

#[test]
fn the_newest_version_is_used_for_new_data() {
    let checkout = Checkout::new();
    let bins = installations(&checkout, &["14.2", "16.10", "16.9", "9.6"]);
    let (found, error) = chosen(&checkout, Search::only(bins.clone()));
    assert_eq!(found.as_ref(), Some(&bins[1]));
    assert!(matches!(error, Error::StartFailed { .. }), "{error}");
}

#[test]
fn the_newest_version_of_the_same_major_is_used_for_existing_data() {
    let checkout = Checkout::new();
    let bins = installations(&checkout, &["15.3", "16.1", "15.4", "18.0"]);
    chosen(&checkout, Search::only([&bins[0]]));
    let (found, _) = chosen(&checkout, Search::only(bins.clone()));
    assert_eq!(
        found.as_ref(),
        Some(&bins[2]),
        "the newest of the data's major version"
    );

    let (found, error) = chosen(&checkout, Search::only([&bins[1], &bins[3]]));
    assert_eq!(found, None);
    assert!(
        matches!(&error, Error::MajorNotInstalled { needed: 15, found, .. } if *found == [16, 18]),
        "{error}"
    );
    assert!(error.to_string().contains("install PostgreSQL 15"), "{error}");
}

#[test]
fn old_incomplete_and_broken_programs_do_not_count() {
    let checkout = Checkout::new();
    let bins = installations(&checkout, &["13.9", "17.1", "18.1"]);
    std::fs::remove_file(bins[1].join("initdb")).unwrap();
    fake::script(
        &bins[2].join("postgres"),
        "echo 'libxml2.so.2: cannot open shared object file' >&2; exit 127",
    );
    let (_, error) = chosen(&checkout, Search::only(bins));
    assert!(
        matches!(&error, Error::NotInstalled { too_old } if *too_old == [13]),
        "{error}"
    );
    let (_, error) = chosen(&checkout, nothing_installed());
    assert!(
        matches!(&error, Error::NotInstalled { too_old } if too_old.is_empty()),
        "{error}"
    );
    let advice = if cfg!(target_os = "macos") {
        "brew install postgresql"
    } else {
        "apt install postgresql"
    };
    assert!(error.to_string().contains(advice), "{error}");
}

#[test]
fn pg_config_names_programs_that_are_not_in_the_path() {
    let checkout = Checkout::new();
    let bins = installations(&checkout, &["18.7"]);
    let path = checkout.side("path");
    fake::script(&path.join("pg_config"), &format!("echo '{}'", bins[0].display()));
    let (found, _) = chosen(&checkout, Search::only([&path]));
    assert_eq!(found.as_ref(), Some(&bins[0]));
}

#[test]
fn links_to_programs_are_followed() {
    let checkout = Checkout::new();
    let bins = installations(&checkout, &["18.7"]);
    let path = checkout.side("path");
    for name in ["initdb", "postgres"] {
        std::os::unix::fs::symlink(bins[0].join(name), path.join(name)).unwrap();
    }
    let (found, _) = chosen(&checkout, Search::only([&path, &bins[0]]));
    assert_eq!(found.as_ref(), Some(&bins[0]));
}

#[test]
fn the_programs_of_this_system_are_found() {
    let checkout = Checkout::new();
    let steps = Steps::default();
    let options = checkout
        .options()
        .search(Search::system())
        .progress(steps.recorder());
    LocalPostgres::start(&options).unwrap().stop().unwrap();
    let (bin_dir, version) = steps.found().unwrap();
    assert!(bin_dir.join("initdb").exists());
    assert!(version.split('.').next().unwrap().parse::<u32>().unwrap() >= 14);
}
