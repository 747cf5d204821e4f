//! Tips for flags that other services have, and this one has as keys of the configuration.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Error, Parser as _};

use super::Cli;

/// Flags with which other services are told where to listen.
const LISTEN: [&str; 7] = [
    "--port",
    "-p",
    "--listen",
    "--bind",
    "--addr",
    "--address",
    "--host",
];

const LISTEN_TIP: &str = "addresses are keys of the configuration: --set tenant_plane.listen=127.0.0.1:9080 for tenants, \
                          --set admin_plane.listen=127.0.0.1:9081 for operators";

/// The arguments of the command line, the program's name first.
///
/// # Errors
/// clap's, with a tip where a flag to listen at an address is given to `serve`. Also for `--help` and `--version`.
pub fn parse(arguments: Vec<OsString>) -> Result<Cli, Error> {
    Cli::try_parse_from(&arguments).map_err(|error| {
        if asks_to_listen(&error) && serves(arguments) {
            with_tip(error)
        } else {
            error
        }
    })
}

fn asks_to_listen(error: &Error) -> bool {
    let flag = error.get(ContextKind::InvalidArg);
    error.kind() == ErrorKind::UnknownArgument
        && matches!(flag, Some(ContextValue::String(flag)) if LISTEN.contains(&flag.as_str()))
}

fn serves(arguments: Vec<OsString>) -> bool {
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(arguments);
    matches.is_ok_and(|matches| matches!(matches.subcommand_name(), None | Some("serve")))
}

fn with_tip(mut error: Error) -> Error {
    // clap would offer `--profile`.
    error.remove(ContextKind::SuggestedArg);
    let tips = ContextValue::StyledStrs(vec![LISTEN_TIP.into()]);
    error.insert(ContextKind::Suggested, tips);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> String {
        let arguments = ["tenantry"].iter().chain(arguments);
        let error = parse(arguments.map(OsString::from).collect()).unwrap_err();
        error.to_string()
    }

    #[test]
    fn where_to_listen_is_a_key() {
        for arguments in [
            &["serve", "--port", "9000"][..],
            &["serve", "--port=9000"],
            &["--port", "9000"],
            &["--profile", "production", "serve", "-p", "9000"],
            &["serve", "--listen", "127.0.0.1:9000"],
        ] {
            let error = refused(arguments);
            assert!(error.starts_with("error: unexpected argument "), "{error}");
            assert!(error.contains(&format!("\n  tip: {LISTEN_TIP}\n")), "{error}");
            assert!(!error.contains("similar"), "{error}");
        }
        for arguments in [&["tenant", "list", "--port", "1"][..], &["serve", "--prot", "1"]] {
            let error = refused(arguments);
            assert!(!error.contains("admin_plane.listen"), "{error}");
        }
    }
}
