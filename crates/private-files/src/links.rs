//! Symbolic links on the way to a file.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::Error;
use crate::error::{check_owner, io};

/// More than any system follows.
const MOST: usize = 64;

/// Refuses a path that leads over a link of another user. What is not there is left to whoever opens it.
///
/// Nothing is locked between this and the opening. It is enough: another user can put neither a link nor a file of
/// root's or of this user's in place.
pub(crate) fn check_links(path: &Path) -> Result<(), Error> {
    let mut at = PathBuf::new();
    let mut rest = Vec::new();
    push(&mut rest, path);
    let mut links = 0;
    while let Some(name) = rest.pop() {
        let next = at.join(name);
        let Ok(metadata) = fs::symlink_metadata(&next) else {
            return Ok(());
        };
        if !metadata.is_symlink() {
            at = next;
            continue;
        }
        check_owner(&next, &metadata)?;
        links += 1;
        if links > MOST {
            return Ok(());
        }
        push(&mut rest, &fs::read_link(&next).map_err(io(&next))?);
    }
    Ok(())
}

/// Puts the parts of `path` before what is to be looked at yet. An absolute one starts anew: joining "/" replaces.
fn push(rest: &mut Vec<OsString>, path: &Path) {
    let parts = path.components().rev();
    rest.extend(
        parts
            .filter(|part| *part != Component::CurDir)
            .map(|part| part.as_os_str().to_owned()),
    );
}
