//! Secret files: refused where another user could have written them, and written so that no other user can.
//!
//! A path is trusted when this user or root decides what is at its end:
//!
//! - the file belongs to this user or to root, and neither its group nor others can write it;
//! - each symbolic link on the way belongs to this user or to root. A link in a folder that everyone can write is
//!   therefore followed only if root or this user made it: that is how Kubernetes mounts a Secret.
//!
//! ```
//! use private_files::Readers;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("token");
//! private_files::create_new(&path, b"secret")?;
//! assert_eq!(*private_files::read(&path, Readers::Anyone, 1024)?, b"secret");
//! # Ok(())
//! # }
//! ```

#[cfg(not(unix))]
compile_error!("private-files needs a unix: it judges files by their owner and mode");

mod error;
mod links;
mod read;
mod write;

pub use error::{Distrust, Error};
pub use read::{Readers, folder, open, read};
pub use write::{create_new, replace};
