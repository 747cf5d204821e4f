//! Which server programs to use: installed ones, those of an earlier download, or a new download.

use std::path::Path;

use crate::account::Account;
use crate::installation::Installation;
use crate::{Error, Options, Step, search};

/// Where downloaded programs lie below the root directory, by version.
pub(crate) const BINARIES: &str = "binaries";

/// The programs to use for new data, or for the data in `data` of this major version.
pub(crate) fn obtain(
    options: &Options,
    account: &Account,
    major: Option<u32>,
    data: &Path,
) -> Result<Installation, Error> {
    options.step(&Step::Finding);
    let downloaded = search::expand(&options.root().join(BINARIES), "", "bin");
    let found = Installation::all(&options.search, &downloaded, account);
    let chosen = match Installation::choose(&found, major) {
        Some(chosen) => chosen.clone(),
        None => match download(options, account, major) {
            Some(downloaded) => downloaded?,
            None => return Err(Installation::missing(&found, major, data)),
        },
    };
    options.step(&Step::Found {
        version: chosen.version,
        bin_dir: chosen.bin_dir.clone(),
    });
    Ok(chosen)
}

/// Downloads programs, where that is allowed and they would serve the data.
#[cfg(feature = "download")]
fn download(options: &Options, account: &Account, major: Option<u32>) -> Option<Result<Installation, Error>> {
    let download = options.download.as_ref()?;
    let serves = major.is_none() || major == download.wanted().map(|version| version.major);
    serves.then(|| download.install(options, account))
}

#[cfg(not(feature = "download"))]
fn download(_: &Options, _: &Account, _: Option<u32>) -> Option<Result<Installation, Error>> {
    None
}
