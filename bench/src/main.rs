//! The load laboratory: `cargo run --release -p bench -- hit`.

mod hit;

use std::io::{self, Write as _};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo run --release -p bench -- hit

  hit   what finding a resident tenant costs: the registry against maps under mutexes";

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("hit") => hit::run(&mut io::stdout().lock()),
        Some("help" | "--help" | "-h") => writeln!(io::stdout(), "{USAGE}"),
        _ => {
            // Nothing is left to say it to when standard error is closed.
            let _ = writeln!(io::stderr(), "{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
