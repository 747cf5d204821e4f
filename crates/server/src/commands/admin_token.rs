//! `tenantry admin-token`

mod create;

use super::session::Session;
use crate::cli::admin_token::AdminTokenCommand;
use crate::client::Request;
use crate::config::Inputs;
use crate::output::Column;

const TOKENS: &str = "/admin/v1/admin-tokens";

const COLUMNS: &[Column] = &[
    Column::whole("id", "/id"),
    Column::text("name", "/name"),
    Column::whole("role", "/role"),
    Column::moment("created", "/created_at"),
    Column::moment("expires", "/expires_at"),
    Column::moment("revoked", "/revoked_at"),
];

/// Makes a token in the control store itself; all else goes by way of the running service.
pub(super) async fn run(inputs: &Inputs, command: AdminTokenCommand) -> anyhow::Result<()> {
    match command {
        AdminTokenCommand::Create {
            name,
            role,
            expires,
            json,
        } => create::run(inputs, name, role, expires, json).await,
        AdminTokenCommand::List { page, service } => {
            let session = Session::open(inputs, &service)?;
            session
                .list(Request::get(TOKENS), &page, COLUMNS, |_| String::new())
                .await
        }
        AdminTokenCommand::Show { token, service } => {
            let session = Session::open(inputs, &service)?;
            session.show_at(format!("{TOKENS}/{token}"), COLUMNS).await
        }
        AdminTokenCommand::Revoke { token, service } => {
            let session = Session::open(inputs, &service)?;
            let request = Request::post(format!("{TOKENS}/{token}/revoke"));
            session.show(&session.client.send(&request).await?.body, COLUMNS)
        }
    }
}
