//! Accepted and refused files, with real owners, modes and links.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use private_files::{Distrust, Error, Readers, create_new, folder, read, replace};
use tempfile::TempDir;

/// The account `daemon`, which exists everywhere and does not run the tests.
const OTHER_USER: u32 = 1;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn secret(mode_bits: u32) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    fs::write(&path, "content").unwrap();
    mode(&path, mode_bits);
    (directory, path)
}

fn content(path: &Path) -> Result<Vec<u8>, Error> {
    read(path, Readers::Anyone, 100).map(|content| content.to_vec())
}

/// Why a path is refused, and which part of it.
fn refused(result: Result<Vec<u8>, Error>) -> (PathBuf, Distrust) {
    match result {
        Err(Error::Untrusted { path, why }) => (path, why),
        other => unreachable!("{other:?}"),
    }
}

/// Only root can give a file away.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn files_that_others_can_write_are_refused() {
    for bits in [0o600, 0o400, 0o640, 0o440, 0o644, 0o444] {
        assert_eq!(content(&secret(bits).1).unwrap(), b"content", "{bits:o}");
    }
    for bits in [0o602, 0o620, 0o660, 0o666, 0o646, 0o777] {
        let (_directory, path) = secret(bits);
        let (at, why) = refused(content(&path));
        assert_eq!((at, why), (path, Distrust::Writable { mode: bits }), "{bits:o}");
    }
}

#[test]
fn a_group_may_read_where_everyone_may_not() {
    for bits in [0o600, 0o400, 0o640, 0o440] {
        read(&secret(bits).1, Readers::Group, 100).unwrap();
    }
    for bits in [0o604, 0o644, 0o601] {
        let (_directory, path) = secret(bits);
        let (_, why) = refused(read(&path, Readers::Group, 100).map(|content| content.to_vec()));
        assert_eq!(why, Distrust::Readable { mode: bits }, "{bits:o}");
    }
}

#[test]
fn files_of_another_user_are_refused_and_roots_are_not() {
    if !is_root() {
        // Root's files at least are there for everyone.
        content(Path::new("/etc/hostname")).ok();
        return;
    }
    let (directory, path) = secret(0o600);
    content(&path).unwrap();
    lchown(&path, Some(OTHER_USER), None).unwrap();
    let why = Distrust::Owner {
        owner: OTHER_USER,
        us: 0,
    };
    assert_eq!(refused(content(&path)), (path.clone(), why));
    folder(directory.path()).unwrap();
    lchown(directory.path(), Some(OTHER_USER), None).unwrap();
    assert!(matches!(folder(directory.path()), Err(Error::Untrusted { why: found, .. }) if found == why));
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for bits in [0o700, 0o711, 0o755, 0o750] {
        mode(directory.path(), bits);
        folder(directory.path()).unwrap();
    }
    for bits in [0o775, 0o777, 0o1777, 0o702] {
        mode(directory.path(), bits);
        assert!(
            matches!(folder(directory.path()), Err(Error::Untrusted { why: Distrust::Writable { mode }, .. }) if mode == bits),
            "{bits:o}"
        );
    }
    let (_directory, path) = secret(0o600);
    assert!(matches!(folder(&path), Err(Error::Io { .. })));
}

/// The volume of a Secret: a folder that everyone can write, links of root's, and a folder that is swapped as a whole.
#[test]
fn a_mounted_secret_of_kubernetes_is_read() {
    for (volume_mode, file_mode) in [(0o1777, 0o644), (0o777, 0o444), (0o3777, 0o640), (0o755, 0o400)] {
        let volume = tempfile::tempdir().unwrap();
        let version = volume.path().join("..2026_11_30_15_16_21.1234");
        fs::create_dir(&version).unwrap();
        fs::write(version.join("token"), "content").unwrap();
        mode(&version.join("token"), file_mode);
        symlink("..2026_11_30_15_16_21.1234", volume.path().join("..data")).unwrap();
        symlink("..data/token", volume.path().join("token")).unwrap();
        mode(volume.path(), volume_mode);
        assert_eq!(
            content(&volume.path().join("token")).unwrap(),
            b"content",
            "{volume_mode:o}"
        );
        let absolute = volume.path().join("absolute");
        symlink(volume.path().join("./..data/../token"), &absolute).unwrap();
        assert_eq!(content(&absolute).unwrap(), b"content");
    }
}

#[test]
fn a_link_that_another_user_planted_is_not_followed() {
    if !is_root() {
        return;
    }
    let (directory, path) = secret(0o600);
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    assert_eq!(content(&link).unwrap(), b"content");
    lchown(&link, Some(OTHER_USER), None).unwrap();
    let why = Distrust::Owner {
        owner: OTHER_USER,
        us: 0,
    };
    assert_eq!(refused(content(&link)), (link.clone(), why));
    // In the middle of a path, and behind a link of our own.
    let (planted, ours) = (directory.path().join("planted"), directory.path().join("ours"));
    symlink(directory.path(), &planted).unwrap();
    lchown(&planted, Some(OTHER_USER), None).unwrap();
    symlink("planted/secret", &ours).unwrap();
    for way in [planted.join("secret"), ours, planted.join("../secret")] {
        assert_eq!(
            refused(content(&way)),
            (planted.clone(), why),
            "{}",
            way.display()
        );
    }
}

#[test]
fn missing_files_link_loops_and_large_files_are_distinct_errors() {
    let (directory, path) = secret(0o600);
    assert!(matches!(
        content(&directory.path().join("none")),
        Err(Error::Io { .. })
    ));
    let circle = directory.path().join("circle");
    symlink("circle", &circle).unwrap();
    assert!(matches!(content(&circle), Err(Error::Io { .. })));
    assert!(matches!(content(directory.path()), Err(Error::Io { .. })));
    read(&path, Readers::Anyone, 7).unwrap();
    assert!(matches!(
        read(&path, Readers::Anyone, 6),
        Err(Error::TooLarge { limit: 6, .. })
    ));
    // A pipe of a shell, `--token-file <(pass show tenantry)`, is a link that leads to no path.
    #[cfg(target_os = "linux")]
    {
        use std::io::Write as _;
        use std::os::fd::AsRawFd as _;
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"piped").unwrap();
        drop(writer);
        let way = format!("/dev/fd/{}", reader.as_raw_fd());
        assert_eq!(content(Path::new(&way)).unwrap(), b"piped");
    }
}

#[test]
fn a_planted_link_is_not_written_through() {
    let (directory, victim) = secret(0o600);
    let link = directory.path().join("token");
    symlink(&victim, &link).unwrap();
    let error = create_new(&link, b"new").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    replace(&link, b"new").unwrap();
    assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&link).unwrap(), b"new");
    assert_eq!(fs::read(&victim).unwrap(), b"content");
    let made = directory.path().join("made");
    create_new(&made, b"new").unwrap();
    for path in [link, made] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        3,
        "nothing else is left"
    );
}
