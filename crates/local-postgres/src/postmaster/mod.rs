//! The server's first process: started, watched, recognised and stopped.

mod identity;
mod launch;
mod left_behind;
mod observe;
mod opts;
mod pid_file;
mod process;
mod stale;

pub(crate) use launch::Launch;
pub(crate) use left_behind::Found;
pub(crate) use opts::bin_dir;
pub(crate) use process::Postmaster;
pub(crate) use stale::clear_stale;
