//! `tenantry db`: the private PostgreSQL of the dev profile.

use std::process::ExitCode;

use anyhow::Context as _;
use local_postgres::LocalPostgres;
use secrecy::ExposeSecret as _;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::confirm;
use super::databases::{Databases, private};
use crate::cli::local::{DbCommand, WhichDatabase};
use crate::config::{DevSettings, Inputs, Purpose, load};
use crate::dev::{self, StateDir};
use crate::output::{self, Answer};

const NO_DATA: &str = "there was no data";

/// Opens psql, or deletes everything.
pub(super) async fn run(inputs: &Inputs, command: DbCommand) -> anyhow::Result<ExitCode> {
    let loaded = load(inputs, Purpose::Client)?;
    let dev = private(&loaded.settings)
        .context("only the dev profile has a private PostgreSQL, with dev.private_postgres = true")?;
    match command {
        DbCommand::Psql { database, arguments } => {
            let databases = Databases::running_or_started(loaded, &dev).await?;
            let status = psql(&databases, database, &arguments).await;
            databases.close().await?;
            status
        }
        DbCommand::Reset { yes } => reset(&dev, yes).await,
    }
}

async fn psql(databases: &Databases, which: WhichDatabase, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let endpoint = databases.postgres().context("no private PostgreSQL")?.endpoint();
    let psql = endpoint
        .psql()
        .context("no psql is installed: on Debian, apt install postgresql-client")?;
    let name = match which {
        WhichDatabase::Control => &databases.settings.control_store.cluster.database,
        WhichDatabase::Data => &databases.settings.data_cluster.cluster.database,
    };
    // Ctrl-C is for psql, which ends its query by it: this process stays until psql ends.
    let _interrupts = signal(SignalKind::interrupt()).context("cannot handle signals")?;
    let status = Command::new(psql)
        .args(["--host", endpoint.host(), "--port", &endpoint.port().to_string()])
        .args(["--username", endpoint.superuser(), "--dbname", name.as_str()])
        .args(arguments)
        // Not an argument: those can be read by every user of the machine.
        .env("PGPASSWORD", endpoint.password().expose_secret())
        .status()
        .await
        .with_context(|| format!("cannot run {}", psql.display()))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn reset(dev: &DevSettings, yes: bool) -> anyhow::Result<ExitCode> {
    let Some(state) = StateDir::find(&dev.state_dir)? else {
        output::line(NO_DATA)?;
        return Ok(ExitCode::SUCCESS);
    };
    if !yes {
        let place = dev.state_dir.display();
        let question = format!(
            "Delete both databases of the private PostgreSQL below {place}: all tenants with their data, API keys, \
             admin tokens and the audit log? The key ring, the passwords and the first admin token there stay. [y/N] "
        );
        confirm(&question, "deletes all tenants and their data", Answer::is_yes)?;
    }
    let options = dev::options(&state);
    let existed = tokio::task::spawn_blocking(move || LocalPostgres::reset(&options))
        .await
        .context("reset")??;
    output::line(if existed {
        "all data deleted; the next start begins anew"
    } else {
        NO_DATA
    })?;
    Ok(ExitCode::SUCCESS)
}
