//! `tenantry admin-token`

use anyhow::Context as _;
use control_plane::{AdminToken, Role, Store};

use super::databases::Databases;
use crate::cli::AdminTokenCommand;
use crate::clusters;
use crate::config::{Inputs, Purpose, Settings};
use crate::output;

/// Makes a token, in the control store itself: the first one has to come from somewhere.
pub(super) async fn run(inputs: &Inputs, command: AdminTokenCommand) -> anyhow::Result<()> {
    let AdminTokenCommand::Create { name } = command;
    let databases = Databases::use_for(inputs, Purpose::ControlStore).await?;
    let created = create(&databases.settings, &name).await;
    databases.close().await.and(created)
}

async fn create(settings: &Settings, name: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        (1..=100).contains(&name.chars().count()),
        "--name must have 1 to 100 characters"
    );
    let (cluster, login) = clusters::control(settings)?;
    let store = Store::open(
        &cluster,
        settings.control_store.cluster.database.as_str(),
        &login,
        1,
    );
    let token = AdminToken::generate().context("no random bytes")?;
    let inserted = store.insert_admin_token(name, Role::Admin, &token).await;
    store.close().await;
    inserted.context("the control store did not take the token; has `tenantry migrate` been run?")?;
    // The only time that it is shown.
    output::line(token.expose())?;
    Ok(())
}
