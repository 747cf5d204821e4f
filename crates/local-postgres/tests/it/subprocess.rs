//! Functions of this program that tests run in another process. Without input they end at once.

use std::io::{self, BufRead};
use std::sync::OnceLock;

use local_postgres::{EphemeralPostgres, LocalPostgres, Options};

/// The next line of input.
fn line() -> Option<String> {
    io::stdin().lock().lines().next()?.ok()
}

/// The options given by the input.
fn options() -> Option<Options> {
    let root = line()?;
    let options = Options::new(root).shared_base(line()?);
    #[cfg(feature = "download")]
    let options = options.download(None);
    Some(options)
}

/// Tries to start a server and prints the result.
#[test]
#[ignore = "tests run it in another process"]
fn attempt() {
    let Some(options) = options() else { return };
    match LocalPostgres::start(&options) {
        Ok(server) => println!("\nSTARTED {}", server.endpoint().pid()),
        Err(error) => println!("\nREFUSED {error}"),
    }
}

/// Owns a server and keeps it until its input ends.
#[test]
#[ignore = "tests run it in another process"]
fn hold() {
    let Some(options) = options() else { return };
    let server = LocalPostgres::start(&options).unwrap();
    println!("\nREADY {}", server.endpoint().pid());
    line();
    drop(server);
}

/// Keeps a server in a static, which is never dropped, until its input ends.
#[test]
#[ignore = "tests run it in another process"]
fn hold_ephemeral() {
    static SERVER: OnceLock<EphemeralPostgres> = OnceLock::new();
    let Some(options) = options() else { return };
    let server = SERVER.get_or_init(|| EphemeralPostgres::start(&options).unwrap());
    let directory = server.endpoint().data_directory().parent().unwrap();
    println!("\nREADY {} {}", server.endpoint().pid(), directory.display());
    line();
    std::process::exit(0);
}
