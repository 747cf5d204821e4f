//! Reload of the listeners' certificates, when their files change and at SIGHUP.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, interval, sleep_until};
use web::error::in_one_line;
use web::listen::Tls;

use crate::tls::{LoadedTls, TlsError, TlsFiles};

/// Pause between two looks at the files. Polled, since Kubernetes swaps a mounted Secret by a symbolic link above it.
const EVERY: Duration = Duration::from_secs(2);

/// Pause between two warnings of a certificate that expires soon.
const REMIND: Duration = Duration::from_hours(24);

/// A certificate that expires within this time is warned of.
const SOON: time::Duration = time::Duration::days(14);

/// The certificate of a listener.
pub(super) struct Certificate {
    files: TlsFiles,
    tls: Tls,
    /// Of the files as they were read last, also if that failed.
    stamp: Stamp,
    expires: Option<OffsetDateTime>,
}

/// What changes with a file's content: device, inode, size and times. `None` if there is no such file.
type Stamp = Vec<Option<(u64, u64, u64, [i64; 4])>>;

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// When they make no TLS configuration.
    pub(super) fn load(files: TlsFiles) -> Result<Self, TlsError> {
        // Before the content: what changes between the two is read again.
        let stamp = stamp(&files);
        let LoadedTls { config, expires } = files.load()?;
        let tls = Tls::new(config);
        Ok(Self {
            files,
            tls,
            stamp,
            expires,
        })
    }

    pub(super) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Reads the files again if they have changed, or if it is `asked`. If they cannot be used, the listener keeps what it
    /// has.
    async fn poll(&mut self, asked: bool) {
        let (files, former) = (self.files.clone(), self.stamp.clone());
        let read = spawn_blocking(move || {
            let stamp = stamp(&files);
            let changed = asked || stamp != former;
            changed.then(|| (stamp, files.load()))
        });
        let Ok(Some((stamp, loaded))) = read.await else {
            return;
        };
        self.stamp = stamp;
        let section = self.files.section.as_str();
        match loaded {
            Ok(LoadedTls { config, expires }) => {
                self.tls.replace(config);
                self.expires = expires;
                tracing::info!(
                    section,
                    expires = expires.map(shown),
                    "TLS certificate read again: new connections use it"
                );
                self.warn();
            }
            Err(error) => tracing::error!(
                key = error.key(),
                cause = in_one_line(&error.cause),
                "TLS certificate not replaced: the former one stays in use until the files are right"
            ),
        }
    }

    /// Warns of a certificate that expires soon.
    #[expect(clippy::disallowed_methods, reason = "certificates expire by the wall clock")]
    fn warn(&self) {
        let now = OffsetDateTime::now_utc();
        let section = self.files.section.as_str();
        match self.expires {
            Some(expires) if expires <= now => {
                tracing::warn!(
                    section,
                    expired = shown(expires),
                    "TLS certificate has expired: clients refuse it"
                );
            }
            Some(expires) if expires - now < SOON => {
                tracing::warn!(
                    section,
                    expires = shown(expires),
                    "TLS certificate expires within 14 days"
                );
            }
            _ => {}
        }
    }
}

/// Watches the files for ever. `reload` asks for all of them at once.
pub(super) async fn watch(mut certificates: Vec<Certificate>, reload: Arc<Notify>) {
    for certificate in &certificates {
        certificate.warn();
    }
    let mut remind = Instant::now() + REMIND;
    let mut ticks = interval(EVERY);
    loop {
        let asked = tokio::select! {
            _ = ticks.tick() => false,
            () = reload.notified() => true,
            () = sleep_until(remind) => {
                remind += REMIND;
                certificates.iter().for_each(Certificate::warn);
                continue;
            }
        };
        for certificate in &mut certificates {
            certificate.poll(asked).await;
        }
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    let of = |path: &Path| -> io::Result<_> {
        let file = fs::metadata(path)?;
        let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
        Ok((file.dev(), file.ino(), file.size(), times))
    };
    files.paths().map(|path| of(path).ok()).collect()
}

fn shown(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}
