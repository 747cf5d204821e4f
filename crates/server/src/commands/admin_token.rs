//! `tenantry admin-token`

use anyhow::{Context as _, bail};
use control_plane::{Actor, AdminToken, Expiry, NewAdminToken, Store};

use super::databases::Databases;
use crate::cli::AdminTokenCommand;
use crate::clusters;
use crate::config::{Inputs, Purpose, Settings};
use crate::output;

/// Makes a token, in the control store itself: the first one has to come from somewhere.
pub(super) async fn run(inputs: &Inputs, command: AdminTokenCommand) -> anyhow::Result<()> {
    let AdminTokenCommand::Create { name, role, expires } = command;
    if let Some(wrong) = NewAdminToken::unfit(&name) {
        bail!("the name {wrong}");
    }
    let expiry = expires.unwrap_or(Expiry::Never);
    let databases = Databases::use_for(inputs, Purpose::ControlStore).await?;
    let created = create(&databases.settings, &NewAdminToken { name, role, expiry }).await;
    databases.close().await.and(created)
}

async fn create(settings: &Settings, new: &NewAdminToken) -> anyhow::Result<()> {
    let (cluster, login) = clusters::control(settings)?;
    let store = Store::open(
        &cluster,
        settings.control_store.cluster.database.as_str(),
        &login,
        1,
    );
    let token = AdminToken::generate().context("no random bytes")?;
    let made = store
        .create_admin_token(&Actor::service("command line"), new, &token)
        .await;
    store.close().await;
    made.context("the control store did not take the token; has `tenantry migrate` been run?")?;
    // The only time that it is shown.
    output::line(token.expose())?;
    Ok(())
}
