//! The key ring file: made once, closed to others, and read strictly.

use std::{error::Error as _, fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto::{KekId, KeyRing, KeyRingError, KeyRingFormatError, LocalKeyProvider};
use tempfile::TempDir;
use time::macros::datetime;

use crate::rings;

/// 32 bytes 0xA7 in Base64.
const KEY: &str = "p6enp6enp6enp6enp6enp6enp6enp6enp6enp6enp6c=";

struct Place {
    path: PathBuf,
    directory: TempDir,
}

fn place() -> Place {
    let directory = tempfile::tempdir().expect("directory");
    Place {
        path: directory.path().join("key-ring.json"),
        directory,
    }
}

fn id(id: &str) -> KekId {
    id.parse().expect("id")
}

fn load(content: &str) -> Result<KeyRing, KeyRingFormatError> {
    let place = place();
    rings::write(&place.path, content.as_bytes(), 0o600);
    match KeyRing::load(&place.path) {
        Ok(ring) => Ok(ring),
        Err(KeyRingError::Invalid { source, path }) if path == place.path => Err(source),
        Err(other) => panic!("{other:?}"),
    }
}

fn ring(keys: &str) -> String {
    format!(r#"{{"format":1,"current":"a","keys":[{keys}]}}"#)
}

fn entry(id: &str, key: &str) -> String {
    format!(r#"{{"id":"{id}","key":"{key}"}}"#)
}

#[test]
fn a_saved_ring_is_loaded_as_it_was() {
    let place = place();
    let created = datetime!(2026-02-03 04:05:06 UTC);
    let made = KeyRing::generate(id("2026-a"), Some(created)).expect("generated");
    made.save_new(&place.path).expect("saved");

    let loaded = KeyRing::load(&place.path).expect("loaded");
    assert_eq!(loaded.current(), &id("2026-a"));
    assert_eq!(loaded.keys().len(), 1);
    assert_eq!(loaded.keys()[0].id(), &id("2026-a"));
    assert_eq!(loaded.keys()[0].created(), Some(created));

    // Nothing else is left beside it.
    let names: Vec<_> = fs::read_dir(place.directory.path())
        .expect("listed")
        .map(|entry| entry.expect("entry").file_name())
        .collect();
    assert_eq!(names, ["key-ring.json"]);
}

#[test]
fn every_generated_ring_has_a_key_of_its_own() {
    let contents = [(); 2].map(|()| {
        let place = place();
        KeyRing::generate(id("same"), None)
            .expect("generated")
            .save_new(&place.path)
            .expect("saved");
        fs::read_to_string(&place.path).expect("read")
    });
    assert_ne!(contents[0], contents[1]);
    assert!(contents.iter().all(|content| !content.contains("created")));
}

#[test]
fn existing_files_are_not_overwritten() {
    let place = place();
    let made = KeyRing::generate(id("a"), None).expect("generated");
    fs::write(&place.path, "precious").expect("written");
    assert!(matches!(made.save_new(&place.path), Err(KeyRingError::Exists { path }) if path == place.path));
    assert_eq!(fs::read_to_string(&place.path).expect("read"), "precious");

    #[cfg(unix)]
    {
        let dangling = place.directory.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).expect("linked");
        assert!(matches!(
            made.save_new(&dangling),
            Err(KeyRingError::Exists { .. })
        ));
    }
    let names = fs::read_dir(place.directory.path()).expect("listed").count();
    assert_eq!(names, if cfg!(unix) { 2 } else { 1 }, "no temporary file is left");
}

#[test]
fn a_missing_directory_or_file_is_named() {
    let place = place();
    let nowhere = place.directory.path().join("missing").join("key-ring.json");
    let made = KeyRing::generate(id("a"), None).expect("generated");
    let error = made.save_new(&nowhere).expect_err("no directory");
    assert!(
        matches!(error, KeyRingError::Io { action: "create", .. }),
        "{error:?}"
    );
    let error = KeyRing::load(&nowhere).expect_err("no file");
    assert!(
        matches!(error, KeyRingError::Io { action: "read", .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("missing"), "{error}");
    assert!(error.source().is_some());
}

#[cfg(unix)]
#[test]
fn a_new_ring_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    KeyRing::generate(id("a"), None)
        .expect("generated")
        .save_new(&place.path)
        .expect("saved");
    let mode = fs::metadata(&place.path).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_ring_that_others_reach_or_a_group_writes_is_refused() {
    let json = ring(&entry("a", KEY));
    for mode in [0o600, 0o400, 0o440, 0o640] {
        let place = place();
        rings::write(&place.path, json.as_bytes(), mode);
        KeyRing::load(&place.path).unwrap_or_else(|error| panic!("{mode:o}: {error:?}"));
    }
    for mode in [
        0o604, 0o602, 0o601, 0o620, 0o660, 0o644, 0o444, 0o664, 0o666, 0o777,
    ] {
        let place = place();
        rings::write(&place.path, json.as_bytes(), mode);
        let error = KeyRing::load(&place.path).expect_err("exposed");
        assert!(
            matches!(error, KeyRingError::Exposed { mode: found, .. } if found == mode),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains(&format!("mode {mode:04o}")) && text.contains("0600"),
            "{text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_ring_that_another_user_put_there_is_refused() {
    use std::os::unix::fs::lchown;
    // An account that is everywhere: daemon. Only root can give a file to it.
    let place = place();
    rings::write(&place.path, ring(&entry("a", KEY)).as_bytes(), 0o600);
    if lchown(&place.path, Some(1), None).is_err() {
        return;
    }
    let error = KeyRing::load(&place.path).expect_err("planted");
    assert!(
        matches!(error, KeyRingError::OwnedByAnother { owner: 1, .. }),
        "{error:?}"
    );
}

/// As Kubernetes mounts a Secret: the name is a link into a directory that is swapped as a whole.
#[cfg(unix)]
#[test]
fn a_link_is_followed_and_its_target_judged() {
    let place = place();
    let json = ring(&entry("a", KEY));
    let link = place.directory.path().join("link");
    std::os::unix::fs::symlink("key-ring.json", &link).expect("linked");
    rings::write(&place.path, json.as_bytes(), 0o640);
    KeyRing::load(&link).expect("loaded");
    rings::write(&place.path, json.as_bytes(), 0o644);
    assert!(matches!(KeyRing::load(&link), Err(KeyRingError::Exposed { .. })));
}

#[cfg(unix)]
#[test]
fn only_a_regular_file_of_sensible_size_is_read() {
    let place = place();
    let directory = KeyRing::load(place.directory.path()).expect_err("a directory");
    assert!(
        matches!(directory, KeyRingError::NotAFile { .. }),
        "{directory:?}"
    );
    assert!(matches!(
        KeyRing::load("/dev/zero".as_ref()),
        Err(KeyRingError::NotAFile { .. })
    ));

    let json = ring(&entry("a", KEY));
    let limit = 64 * 1024;
    let padded = |size: usize| format!("{json}{}", " ".repeat(size - json.len()));
    rings::write(&place.path, padded(limit).as_bytes(), 0o600);
    KeyRing::load(&place.path).expect("just small enough");
    fs::write(
        &place.path,
        format!("{json}{}", " ".repeat(limit + 1 - json.len())),
    )
    .expect("written");
    assert!(matches!(
        KeyRing::load(&place.path),
        Err(KeyRingError::TooLarge { .. })
    ));
}

#[test]
fn a_ring_carries_older_keys() {
    let json = format!(
        r#"{{"format":1,"current":"b","keys":[{},{{"id":"b","created":"2026-07-01T00:00:00+02:00","key":"{}"}}]}}"#,
        entry("a", KEY),
        STANDARD.encode([1; 32])
    );
    let ring = load(&json).expect("loaded");
    assert_eq!(ring.current(), &id("b"));
    let ids: Vec<_> = ring.keys().iter().map(|key| key.id().as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(ring.keys()[0].created(), None);
    assert_eq!(ring.keys()[1].created(), Some(datetime!(2026-06-30 22:00 UTC)));
}

#[test]
fn an_inconsistent_ring_is_refused() {
    use KeyRingFormatError as E;
    let double = [
        entry("a", KEY),
        entry("b", KEY),
        entry("a", &STANDARD.encode([1; 32])),
    ]
    .join(",");
    assert_eq!(load(&ring(&double)).expect_err("double"), E::DuplicateId(id("a")));
    assert_eq!(
        load(&ring(&entry("b", KEY))).expect_err("no current"),
        E::CurrentMissing(id("a"))
    );
    assert_eq!(load(&ring("")).expect_err("no keys"), E::CurrentMissing(id("a")));
}

#[test]
fn a_key_has_32_bytes_in_standard_base64() {
    use KeyRingFormatError as E;
    for length in [0, 1, 16, 31, 33, 64] {
        let key = STANDARD.encode(vec![1; length]);
        let error = load(&ring(&entry("a", &key))).expect_err("wrong length");
        assert_eq!(error, E::KeyLength { id: id("a"), length });
    }
    let unpadded = KEY.trim_end_matches('=').to_owned();
    let url_safe = STANDARD.encode([0xFF; 32]).replace('/', "_");
    let spaced = format!(" {KEY}");
    // The unused bits of the last character are not zero.
    let loose = KEY.replace("6c=", "6d=");
    for key in [unpadded, url_safe, spaced, loose, "!".repeat(44)] {
        let error = load(&ring(&entry("a", &key))).expect_err("not Base64");
        assert_eq!(error, E::NotBase64(id("a")), "{key}");
    }
}

#[test]
fn fields_are_read_strictly() {
    let good = entry("a", KEY);
    let wrong = [
        format!(r#"{{"format":1,"current":"a","keys":[{good}],"comment":""}}"#),
        format!(r#"{{"format":1,"current":"a","current":"a","keys":[{good}]}}"#),
        format!(r#"{{"format":1,"keys":[{good}]}}"#),
        format!(r#"{{"current":"a","keys":[{good}]}}"#),
        r#"{"format":1,"current":"a"}"#.to_owned(),
        format!(r#"{{"format":"1","current":"a","keys":[{good}]}}"#),
        format!(r#"{{"format":1,"current":"A","keys":[{good}]}}"#),
        ring(&format!(r#"{{"id":"a","key":"{KEY}","note":""}}"#)),
        ring(&format!(r#"{{"id":"","key":"{KEY}"}}"#)),
        ring(&format!(r#"{{"id":"a","created":"yesterday","key":"{KEY}"}}"#)),
        ring(r#"{"id":"a"}"#),
        ring(&format!("\"{KEY}\"")),
    ];
    for json in wrong {
        let error = load(&json).expect_err("wrong field");
        assert!(
            matches!(error, KeyRingFormatError::Field { line: 1, .. }),
            "{json}: {error:?}"
        );
    }
    for json in ["", "{", "keys", "\u{feff}{}", &format!("{} x", ring(&good))] {
        let error = load(json).expect_err("no JSON");
        assert!(
            matches!(error, KeyRingFormatError::Json { .. }),
            "{json}: {error:?}"
        );
    }
}

#[test]
fn a_later_format_is_called_so_whatever_it_holds() {
    for json in [r#"{"format":2}"#, r#"{"format":2,"rings":{"current":[]}}"#] {
        assert_eq!(
            load(json).expect_err("later"),
            KeyRingFormatError::UnsupportedFormat(2)
        );
    }
    assert_eq!(
        load(r#"{"format":0}"#).expect_err("no such"),
        KeyRingFormatError::UnsupportedFormat(0)
    );
}

/// serde's own messages quote the value they stumble over.
#[test]
fn no_error_and_no_debug_text_shows_a_key() {
    let ring_json = ring(&entry("a", KEY));
    let loaded = load(&ring_json).expect("loaded");
    let mut texts = vec![format!("{loaded:?} {loaded:#?}")];
    texts.push(format!("{:?}", LocalKeyProvider::new(loaded)));

    let misplaced = [
        ring(&format!("\"{KEY}\"")),
        ring(&format!(r#"{{"{KEY}":"a"}}"#)),
        ring(&entry(KEY, "a")),
        ring(&entry("a", &format!("{KEY}A"))),
        ring(&format!(r#"{{"id":"a","created":"{KEY}","key":"{KEY}"}}"#)),
        format!(r#"{{"format":"{KEY}"}}"#),
        format!(r#"{{"format":1,"current":"{KEY}","keys":[]}}"#),
        ring_json.replace("\"}", "\""),
    ];
    for json in misplaced {
        let place = place();
        rings::write(&place.path, json.as_bytes(), 0o600);
        let error = KeyRing::load(&place.path).expect_err("invalid");
        texts.push(format!(
            "{error} {error:?} {}",
            error.source().expect("its cause")
        ));
    }
    for text in texts {
        for trace in [&KEY[..6], "a7a7", "A7A7", "167, 167", "0xa7"] {
            assert!(!text.contains(trace), "{trace} in {text}");
        }
    }
}
