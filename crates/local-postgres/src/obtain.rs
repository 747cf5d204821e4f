//! Choice of the server programs: installed ones, those of an earlier download, or a new download.

use std::path::Path;

use crate::account::Account;
use crate::installation::Installation;
use crate::{Error, Options, Step};

/// The programs for new data, or for the existing data of a major version.
pub(crate) fn obtain(
    options: &Options,
    account: &Account,
    major: Option<u32>,
    data: &Path,
) -> Result<Installation, Error> {
    options.report(&Step::Finding);
    let found = Installation::find_all(options, account);
    let chosen = match Installation::newest(&found, major) {
        Some(newest) => newest.clone(),
        None => match download(options, account, major) {
            Some(downloaded) => downloaded?,
            None => return Err(missing(&found, major, data)),
        },
    };
    options.report(&Step::Found {
        version: chosen.version,
        bin_dir: chosen.bin_dir.clone(),
    });
    Ok(chosen)
}

/// Downloads programs, unless that is disabled or they are of another major version than the data.
#[cfg(feature = "download")]
fn download(options: &Options, account: &Account, major: Option<u32>) -> Option<Result<Installation, Error>> {
    let download = options.download.as_ref()?;
    let serves = major.is_none() || major == download.version().map(|version| version.major);
    serves.then(|| download.install(options, account))
}

#[cfg(not(feature = "download"))]
fn download(_: &Options, _: &Account, _: Option<u32>) -> Option<Result<Installation, Error>> {
    None
}

fn missing(found: &[Installation], major: Option<u32>, data: &Path) -> Error {
    let mut majors: Vec<u32> = found
        .iter()
        .map(|installation| installation.version.major)
        .collect();
    majors.sort_unstable();
    majors.dedup();
    match major {
        Some(needed) => Error::MajorNotInstalled {
            data_directory: data.to_owned(),
            needed,
            found: majors,
        },
        None => Error::NotInstalled { too_old: majors },
    }
}
