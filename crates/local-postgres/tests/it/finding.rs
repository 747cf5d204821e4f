//! Which programs are chosen.

use std::path::PathBuf;

use local_postgres::{Error, LocalPostgres, Search};

use crate::support::{Place, Steps, fake, nothing_installed};

/// What is found among fake installations, whose servers do not start.
fn chosen(place: &Place, search: Search) -> (Option<PathBuf>, Error) {
    let steps = Steps::default();
    let error = LocalPostgres::start(&place.options().search(search).progress(steps.recorder())).unwrap_err();
    (steps.found().map(|(bin_dir, _)| bin_dir), error)
}

/// Fake installations of these versions, whose `initdb` makes data of their major.
fn installations(place: &Place, versions: &[&str]) -> Vec<PathBuf> {
    let side = place.side("fake").canonicalize().unwrap();
    let make = |version: &&str| {
        let major = version.split('.').next().unwrap();
        let initdb = format!(r#"mkdir -p "$2" && echo {major} > "$2/PG_VERSION""#);
        fake::installation(&side, version, version, &initdb, "exit 1")
    };
    versions.iter().map(make).collect()
}

#[test]
fn the_newest_wins_as_long_as_there_is_no_data() {
    let place = Place::new();
    let bins = installations(&place, &["14.2", "16.10", "16.9", "9.6"]);
    let (found, error) = chosen(&place, Search::only(bins.clone()));
    assert_eq!(found.as_ref(), Some(&bins[1]));
    assert!(matches!(error, Error::StartFailed { .. }), "{error}");
}

#[test]
fn existing_data_decides() {
    let place = Place::new();
    let bins = installations(&place, &["15.3", "16.1", "15.4", "18.0"]);
    chosen(&place, Search::only([&bins[0]]));
    let (found, _) = chosen(&place, Search::only(bins.clone()));
    assert_eq!(
        found.as_ref(),
        Some(&bins[2]),
        "the newest of the data's own major"
    );

    let (found, error) = chosen(&place, Search::only([&bins[1], &bins[3]]));
    assert_eq!(found, None);
    assert!(
        matches!(&error, Error::MajorNotInstalled { needed: 15, found, .. } if *found == [16, 18]),
        "{error}"
    );
    assert!(error.to_string().contains("install PostgreSQL 15"), "{error}");
}

#[test]
fn too_old_or_incomplete_or_broken_is_not_installed() {
    let place = Place::new();
    let bins = installations(&place, &["13.9", "17.1", "18.1"]);
    std::fs::remove_file(bins[1].join("pg_ctl")).unwrap();
    fake::script(
        &bins[2].join("postgres"),
        "echo 'libxml2.so.2: cannot open shared object file' >&2; exit 127",
    );
    let (_, error) = chosen(&place, Search::only(bins));
    assert!(
        matches!(&error, Error::NotInstalled { too_old } if *too_old == [13]),
        "{error}"
    );
    let (_, error) = chosen(&place, nothing_installed());
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
fn pg_config_leads_to_programs_that_are_not_on_the_path() {
    let place = Place::new();
    let bins = installations(&place, &["18.7"]);
    let path = place.side("path");
    fake::script(&path.join("pg_config"), &format!("echo '{}'", bins[0].display()));
    let (found, _) = chosen(&place, Search::only([&path]));
    assert_eq!(found.as_ref(), Some(&bins[0]));
}

#[test]
fn links_lead_to_where_the_programs_really_are() {
    let place = Place::new();
    let bins = installations(&place, &["18.7"]);
    let path = place.side("path");
    for name in ["initdb", "postgres", "pg_ctl"] {
        std::os::unix::fs::symlink(bins[0].join(name), path.join(name)).unwrap();
    }
    let (found, _) = chosen(&place, Search::only([&path, &bins[0]]));
    assert_eq!(found.as_ref(), Some(&bins[0]));
}

#[test]
fn the_programs_of_this_system_are_found() {
    let place = Place::new();
    let steps = Steps::default();
    let options = place
        .options()
        .search(Search::system())
        .progress(steps.recorder());
    LocalPostgres::start(&options).unwrap().stop().unwrap();
    let (bin_dir, version) = steps.found().unwrap();
    assert!(bin_dir.join("initdb").exists());
    assert!(version.split('.').next().unwrap().parse::<u32>().unwrap() >= 14);
}
