//! Ownership checks of the symbolic links in a path.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::Error;
use crate::error::{check_owner, io};

/// Limit of links, above that of any system.
const MOST: usize = 64;

/// Refuses a path that contains a link of another user. Ignores missing parts, which fail when the file is opened.
///
/// A race with the opening is harmless: another user can create neither a link nor a file that belongs to root or to
/// this user.
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

/// Pushes the parts of `path` on the stack of parts to check. An absolute path starts over, since joining "/" replaces.
fn push(rest: &mut Vec<OsString>, path: &Path) {
    let parts = path.components().rev();
    rest.extend(
        parts
            .filter(|part| *part != Component::CurDir)
            .map(|part| part.as_os_str().to_owned()),
    );
}
