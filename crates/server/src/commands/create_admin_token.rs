//! `tenantry admin-token create`

use anyhow::{Context as _, anyhow};
use cli::output;
use config::{Inputs, Purpose, Settings};
use control_plane::{
    Actor, AdminToken, AdminTokenInfo, CreateTokenError, Expiry, NewAdminToken, Role, Store,
};
use schema::LoginError;
use serde::Serialize;

use super::databases::Databases;
use crate::clusters;

/// A new token, as the service shows one that it makes.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    kept: &'a AdminTokenInfo,
    token: &'a str,
}

/// Creates a token in the control store itself: the first one has to come from somewhere.
pub(super) async fn run(
    inputs: &Inputs,
    name: String,
    role: Role,
    expires: Option<cli::Expiry>,
    json: bool,
) -> anyhow::Result<()> {
    let name = NewAdminToken::named(&name).map_err(|wrong| anyhow!("the name {wrong}"))?;
    let expiry = match expires {
        None | Some(cli::Expiry::Never) => Expiry::Never,
        Some(cli::Expiry::At(moment)) => Expiry::At(moment),
        Some(cli::Expiry::In(duration)) => Expiry::In(duration),
    };
    let databases = Databases::running(inputs, Purpose::ControlStore).await?;
    let made = create(&databases.settings, &NewAdminToken { name, role, expiry }).await;
    let (token, kept) = databases.close().await.and(made)?;
    // The only time that it is shown.
    if json {
        let created = Created {
            kept: &kept,
            token: token.expose(),
        };
        return output::line(output::pretty(&created)?);
    }
    output::line(token.expose())?;
    // Not on standard output, which a script reads the token from.
    output::hint(format_args!(
        "tenantry: token {} ({}) is shown this once; only its hash is kept\n",
        kept.id,
        role.as_str()
    ));
    Ok(())
}

async fn create(settings: &Settings, new: &NewAdminToken) -> anyhow::Result<(AdminToken, AdminTokenInfo)> {
    let (cluster, login) = clusters::control(settings)?;
    let database = settings.control_store.cluster.database.as_str();
    // A pool would try until its deadline, and lose why.
    let reached = cluster.try_login(&login, database).await;
    reached.map_err(|error| LoginError::new(&cluster, &login, database, error))?;
    let store = Store::open(&cluster, database, &login, 1);
    let token = AdminToken::generate().context("the operating system gave no random bytes")?;
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
