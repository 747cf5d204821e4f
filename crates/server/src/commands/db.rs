//! `tenantry db`: psql, and the private PostgreSQL of the dev profile.

mod psql;
mod tenant;

use std::process::ExitCode;

use anyhow::Context as _;
use cli::output::{self, Answer, confirm};
use config::{DevSettings, Inputs, Loaded, Purpose, load};
use local_postgres::LocalPostgres;

use self::psql::Psql;
use super::databases::{Databases, private};
use crate::args::local::{DbCommand, WhichDatabase};
use crate::dev::{self, StateDir};

const NO_DATA: &str = "there was no data";

/// Opens psql, or deletes everything.
pub(super) async fn run(inputs: &Inputs, command: DbCommand) -> anyhow::Result<ExitCode> {
    match command {
        DbCommand::Psql {
            tenant: Some(tenant),
            arguments,
            ..
        } => tenant::psql(inputs, tenant, &arguments).await,
        DbCommand::Psql {
            database, arguments, ..
        } => {
            let (loaded, dev) = load_dev(inputs)?;
            let databases = Databases::running_or_started(loaded, &dev).await?;
            let status = superuser_psql(&databases, database, &arguments).await;
            databases.close().await?;
            status
        }
        DbCommand::Reset { yes } => reset(&load_dev(inputs)?.1, yes).await,
    }
}

fn load_dev(inputs: &Inputs) -> anyhow::Result<(Loaded, DevSettings)> {
    let loaded = load(inputs, Purpose::Client)?;
    let dev = private(&loaded.settings).context(
        "only the dev profile has a private PostgreSQL, with dev.private_postgres = true; `tenantry db psql --tenant` \
         works without one",
    )?;
    Ok((loaded, dev))
}

async fn superuser_psql(
    databases: &Databases,
    which: WhichDatabase,
    arguments: &[String],
) -> anyhow::Result<ExitCode> {
    let endpoint = databases.postgres().context("no private PostgreSQL")?.endpoint();
    let name = match which {
        WhichDatabase::Control => &databases.settings.control_store.cluster.database,
        WhichDatabase::Data => &databases.settings.data_cluster.cluster.database,
    };
    let mut psql = Psql::of(databases)?;
    psql.connect_to(endpoint.host(), endpoint.port(), name.as_str());
    psql.log_in_as(endpoint.superuser(), endpoint.password());
    psql.run(arguments).await
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
