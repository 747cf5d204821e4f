//! Runs a command that needs migrated databases, such as `cargo sqlx prepare`:
//!
//! ```text
//! cargo run -p testkit --no-default-features --bin with-databases -- cargo sqlx prepare --workspace
//! ```
//!
//! Starts a temporary PostgreSQL, migrates a control store and a data database, and gives the command their
//! URLs in `TENANTRY_CONTROL_DATABASE_URL` and `TENANTRY_DATA_DATABASE_URL`, as a superuser.

use std::process::ExitCode;

use secrecy::ExposeSecret as _;
use testkit::Databases;
use tokio::process::Command;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        return complain("usage: with-databases COMMAND [ARGUMENT …]");
    };
    let databases = Databases::new().await;
    let server = databases.server();
    let url = |name: &str| {
        let (login, cluster) = (server.superuser_login(), server.cluster());
        let password = login.password.expose_secret();
        format!(
            "postgres://{}:{password}@{}:{}/{name}",
            login.user, cluster.host, cluster.port
        )
    };
    let status = Command::new(&program)
        .args(arguments)
        .env("TENANTRY_CONTROL_DATABASE_URL", url(databases.control().as_str()))
        .env("TENANTRY_DATA_DATABASE_URL", url(databases.data().as_str()))
        .status()
        .await;
    match status {
        Ok(status) => ExitCode::from(
            status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1),
        ),
        Err(error) => complain(&format!("cannot run {}: {error}", program.display())),
    }
}

fn complain(text: &str) -> ExitCode {
    #[expect(clippy::print_stderr, reason = "a command line tool")]
    {
        eprintln!("{text}");
    }
    ExitCode::FAILURE
}
