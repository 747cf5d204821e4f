//! What this program does as another process. Without input these end at once.

use std::io::{self, BufRead};
use std::sync::OnceLock;

use local_postgres::{Ephemeral, LocalPostgres, Options};

/// A line of our input; `None` when there is no more.
fn line() -> Option<String> {
    io::stdin().lock().lines().next()?.ok()
}

/// Where the server is to be.
fn options() -> Option<Options> {
    let root = line()?;
    let options = Options::new(root).shared_base(line()?);
    #[cfg(feature = "download")]
    let options = options.download(None);
    Some(options)
}

/// Tries to start a server and says what happened.
#[test]
#[ignore = "runs as another process of other tests"]
fn attempt() {
    let Some(options) = options() else { return };
    match LocalPostgres::start(&options) {
        Ok(server) => println!("\nSTARTED {}", server.endpoint().pid()),
        Err(error) => println!("\nREFUSED {error}"),
    }
}

/// Owns a server and keeps it until its input ends.
#[test]
#[ignore = "runs as another process of other tests"]
fn hold() {
    let Some(options) = options() else { return };
    let server = LocalPostgres::start(&options).unwrap();
    println!("\nREADY {}", server.endpoint().pid());
    line();
    drop(server);
}

/// Has a temporary server in a static, which is never dropped, and ends when told.
#[test]
#[ignore = "runs as another process of other tests"]
fn hold_ephemeral() {
    static SERVER: OnceLock<Ephemeral> = OnceLock::new();
    let Some(options) = options() else { return };
    let server = SERVER.get_or_init(|| Ephemeral::start(&options).unwrap());
    let directory = server.endpoint().data_directory().parent().unwrap();
    println!("\nREADY {} {}", server.endpoint().pid(), directory.display());
    line();
    std::process::exit(0);
}
