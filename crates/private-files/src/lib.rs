//! Secret files that no other user can read or tamper with.
//!
//! A path is trusted if only this user or root controls its content:
//!
//! - the file belongs to this user or to root, and neither its group nor others can write it;
//! - each symbolic link in the path belongs to this user or to root, also in a world-writable folder: Kubernetes mounts
//!   a Secret through such links of root.
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
