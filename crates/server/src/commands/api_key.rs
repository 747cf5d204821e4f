//! `tenantry api-key`

use control_plane::Expiry;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::session::Session;
use crate::cli::api_key::ApiKeyCommand;
use crate::cli::service::ServiceArgs;
use crate::client::{self, ClientError, Request, TENANTS};
use crate::config::Inputs;
use crate::output::{self, Column};

const KEYS: &str = "/admin/v1/api-keys";

const LISTED: &[Column] = &[
    Column::whole("id", "/id"),
    Column::whole("tenant", "/tenant_id"),
    Column::text("name", "/name"),
    Column::whole("prefix", "/prefix"),
    Column::moment("created", "/created_at"),
    Column::moment("expires", "/expires_at"),
    Column::moment("revoked", "/revoked_at"),
];

const SHOWN: &[Column] = &[
    Column::whole("id", "/id"),
    Column::whole("tenant", "/tenant_id"),
    Column::text("name", "/name"),
    Column::whole("prefix", "/prefix"),
    Column::text("created by", "/created_by"),
    Column::moment("created", "/created_at"),
    Column::moment("expires", "/expires_at"),
    Column::moment("revoked", "/revoked_at"),
];

/// The key itself, which is shown this once.
const SECRET: Column = Column::whole("key", "/secret");

/// Goes by way of the running service.
pub(super) async fn run(inputs: &Inputs, command: ApiKeyCommand, service: ServiceArgs) -> anyhow::Result<()> {
    let session = Session::open(inputs, &service)?;
    match command {
        ApiKeyCommand::Create {
            tenant,
            name,
            expires,
        } => {
            let id = session.client.tenant(&tenant).await?;
            let tenant = format!("{TENANTS}/{id}");
            let end = expires_at(&session, expires.unwrap_or(Expiry::Never), &tenant).await?;
            let body = json!({ "name": name, "expires_at": end });
            let request = Request::post(format!("{tenant}/api-keys")).json(&body);
            let made = session.client.send(&request).await?;
            if made.body["secret"].is_null() {
                // An answer that is given again does not have it, and an earlier one did not arrive.
                return Err(ClientError::NotShown(client::id(&made.body)?).into());
            }
            session.show(&made.body, &[SHOWN, &[SECRET]].concat())?;
            output::aside("tenantry: the key is shown this once; only its hash is kept\n");
            Ok(())
        }
        ApiKeyCommand::List { tenant, prefix, page } => {
            let path = match tenant {
                Some(tenant) => format!("{TENANTS}/{}/api-keys", session.client.tenant(&tenant).await?),
                None => KEYS.to_owned(),
            };
            let request = Request::get(path).maybe("prefix", prefix);
            session.list(request, &page, LISTED, |_| String::new()).await
        }
        ApiKeyCommand::Show { key } => session.show_at(format!("{KEYS}/{key}"), SHOWN).await,
        ApiKeyCommand::Expire { key, when } => {
            let key = format!("{KEYS}/{key}");
            let body = json!({ "expires_at": expires_at(&session, when, &key).await? });
            let request = Request::post(format!("{key}/expire")).json(&body);
            session.show(&session.client.send(&request).await?.body, SHOWN)
        }
        ApiKeyCommand::Revoke { key } => {
            let request = Request::post(format!("{KEYS}/{key}/revoke"));
            session.show(&session.client.send(&request).await?.body, SHOWN)
        }
    }
}

/// The moment as the service takes it; `null` for never. A duration is counted from now on by the clock of the service,
/// which is asked for what is at `path`.
async fn expires_at(session: &Session, when: Expiry, path: &str) -> Result<Value, ClientError> {
    let moment = match when {
        Expiry::Never => return Ok(Value::Null),
        Expiry::At(moment) => Some(moment),
        Expiry::In(duration) => {
            let now = session.client.send(&Request::get(path)).await?.now()?;
            time::Duration::try_from(duration)
                .ok()
                .and_then(|duration| now.checked_add(duration))
        }
    };
    rfc3339(moment).map(Value::from)
}

/// As the service takes it.
pub(super) fn rfc3339(moment: Option<OffsetDateTime>) -> Result<String, ClientError> {
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    text.ok_or_else(|| ClientError::Usage("that is too far away to be a date".to_owned()))
}
