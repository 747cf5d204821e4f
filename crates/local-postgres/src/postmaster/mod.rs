//! The server's first process: started, watched, recognised and stopped.

mod identity;
mod launch;
mod left_behind;
mod opts;
mod pid_file;
mod process;

pub(crate) use launch::Launch;
pub(crate) use left_behind::{Found, clear_reused};
pub(crate) use opts::bin_dir;
pub(crate) use process::Postmaster;
