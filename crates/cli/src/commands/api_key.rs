//! `tenantry api-key`

use admin_types::{ApiKey, CreatedApiKey};
use serde::Serialize;

use super::moment::rfc3339;
use super::named::Named;
use super::session::Session;
use crate::args::{ApiKeyCommand, ApiKeyScope, Expiry};
use crate::client::{ClientError, Request, TENANTS};
use crate::output::{self, Column};

const KEYS: &str = "/admin/v1/api-keys";

type Listed = Named<ApiKey>;

const LISTED: &[Column<Listed>] = &[
    Column::whole("id", |named| named.row.id.into()),
    Column::text("tenant", |named| named.tenant.clone().into()),
    Column::text("name", |named| named.row.name.as_str().into()),
    Column::whole("prefix", |named: &Listed| named.row.prefix.as_str().into()).optional(2),
    Column::whole("created", |named: &Listed| named.row.created_at.into()).optional(4),
    Column::whole("expires", |named: &Listed| named.row.expires_at.into()).optional(3),
    Column::whole("revoked", |named| named.row.revoked_at.into()),
    Column::text("scopes", |named: &Listed| scopes(&named.row).into()).optional(6),
    Column::whole("last used", |named: &Listed| named.row.last_used_at.into()).optional(1),
    Column::whole("tenant id", |named: &Listed| named.row.tenant_id.into()).optional(5),
];

const SHOWN: &[Column<CreatedApiKey>] = &[
    Column::whole("id", |shown| shown.key.id.into()),
    Column::whole("tenant", |shown| shown.key.tenant_id.into()),
    Column::text("name", |shown| shown.key.name.as_str().into()),
    Column::whole("prefix", |shown| shown.key.prefix.as_str().into()),
    Column::text("scopes", |shown| scopes(&shown.key).into()),
    Column::text("created by", |shown| shown.key.created_by.as_str().into()),
    Column::whole("created", |shown| shown.key.created_at.into()),
    Column::whole("expires", |shown| shown.key.expires_at.into()),
    Column::whole("revoked", |shown| shown.key.revoked_at.into()),
    Column::whole("last used", |shown| shown.key.last_used_at.into()),
    Column::whole("key", |shown: &CreatedApiKey| shown.secret.as_deref().into()).if_set(),
];

/// What the key allows, in one word each.
fn scopes(key: &ApiKey) -> Option<String> {
    key.scopes.as_ref().map(|scopes| scopes.join(", "))
}

/// The body of a request for a key.
#[derive(Serialize)]
struct NewApiKey {
    name: String,
    /// `null` for never.
    expires_at: Option<String>,
    /// Left out for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<ApiKeyScope>,
}

/// The body of a request that sets a key's end.
#[derive(Serialize)]
struct End {
    /// `null` for never.
    expires_at: Option<String>,
}

pub(super) async fn run(session: &Session, command: ApiKeyCommand) -> anyhow::Result<()> {
    match command {
        ApiKeyCommand::Create {
            tenant,
            name,
            expires,
            scope,
        } => {
            let id = session.client.tenant(&tenant).await?;
            let tenant = format!("{TENANTS}/{id}");
            let expires_at = expires_at(session, expires.unwrap_or(Expiry::Never), &tenant).await?;
            let body = NewApiKey {
                name,
                expires_at,
                scopes: scope,
            };
            let request = Request::post(format!("{tenant}/api-keys")).json(&body)?;
            let answer = session.client.send(&request).await?;
            let made: CreatedApiKey = answer.read()?;
            if made.secret.is_none() {
                // A repeated answer does not have it, and the first one did not arrive.
                return Err(ClientError::NotShown(made.key.id).into());
            }
            session.show(&answer, SHOWN)?;
            output::hint("tenantry: the key is shown this once; only its hash is kept\n");
            Ok(())
        }
        ApiKeyCommand::List { tenant, prefix, page } => {
            let path = match tenant {
                Some(tenant) => format!("{TENANTS}/{}/api-keys", session.client.tenant(&tenant).await?),
                None => KEYS.to_owned(),
            };
            // Not a whole key, which logs of URLs would then have.
            let prefix = prefix.map(|text| text.chars().take(ApiKey::PREFIX_LENGTH).collect::<String>());
            let request = Request::get(path).query("prefix", prefix);
            session
                .list_named(request, page, LISTED, |key| Some(key.tenant_id))
                .await
        }
        ApiKeyCommand::Show { key } => session.show_at(format!("{KEYS}/{key}"), SHOWN).await,
        ApiKeyCommand::Expire { key, when } => {
            let key = format!("{KEYS}/{key}");
            let expires_at = expires_at(session, when, &key).await?;
            let request = Request::post(format!("{key}/expire")).json(&End { expires_at })?;
            session.show(&session.client.send(&request).await?, SHOWN)
        }
        ApiKeyCommand::Revoke { key } => {
            let request = Request::post(format!("{KEYS}/{key}/revoke"));
            session.show(&session.client.send(&request).await?, SHOWN)
        }
    }
}

/// The moment as the service reads it; `None` for never. A duration is counted by the clock of the service, which an
/// answer to a GET of `path` shows.
async fn expires_at(session: &Session, when: Expiry, path: &str) -> Result<Option<String>, ClientError> {
    let moment = match when {
        Expiry::Never => return Ok(None),
        Expiry::At(moment) => Some(moment),
        Expiry::In(duration) => {
            let now = session.client.send(&Request::get(path)).await?.now()?;
            time::Duration::try_from(duration)
                .ok()
                .and_then(|duration| now.checked_add(duration))
        }
    };
    rfc3339(moment).map(Some)
}
