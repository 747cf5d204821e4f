//! `tenantry admin-token create`

use anyhow::{Context as _, bail};
use control_plane::{
    Actor, AdminToken, AdminTokenInfo, CreateTokenError, Expiry, NewAdminToken, Role, Store,
};

use crate::clusters;
use crate::commands::databases::Databases;
use crate::config::{Inputs, Purpose, Settings};
use crate::output;

/// Makes a token, in the control store itself: the first one has to come from somewhere.
pub(super) async fn run(
    inputs: &Inputs,
    name: String,
    role: Role,
    expires: Option<Expiry>,
    json: bool,
) -> anyhow::Result<()> {
    if let Some(wrong) = NewAdminToken::unfit(&name) {
        bail!("the name {wrong}");
    }
    let expiry = expires.unwrap_or(Expiry::Never);
    let databases = Databases::running(inputs, Purpose::ControlStore).await?;
    let made = create(&databases.settings, &NewAdminToken { name, role, expiry }).await;
    let (token, kept) = databases.close().await.and(made)?;
    // The only time that it is shown.
    if json {
        let mut shown = serde_json::to_value(kept).context("the token")?;
        shown["token"] = token.expose().into();
        return output::line(output::pretty(&shown)?);
    }
    output::line(token.expose())
}

async fn create(settings: &Settings, new: &NewAdminToken) -> anyhow::Result<(AdminToken, AdminTokenInfo)> {
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
    match made {
        Ok(made) => Ok((token, made)),
        Err(CreateTokenError::Store(error)) => Err(anyhow::Error::new(error)
            .context("the control store did not take the token; has `tenantry migrate` been run?")),
        Err(expired) => Err(expired.into()),
    }
}
