//! `tenantry admin-token list`, `show` and `revoke`

use admin_types::AdminToken;

use super::session::Session;
use crate::args::AdminTokenCommand;
use crate::client::{ADMIN_TOKENS, Request};
use crate::output::Column;

const COLUMNS: &[Column<AdminToken>] = &[
    Column::whole("id", |token| token.id.into()),
    Column::text("name", |token| token.name.as_str().into()),
    Column::whole("role", |token| (&*token.role).into()),
    Column::whole("created", |token: &AdminToken| token.created_at.into()).optional(3),
    Column::whole("expires", |token: &AdminToken| token.expires_at.into()).optional(2),
    Column::whole("revoked", |token| token.revoked_at.into()),
];

pub(super) async fn run(session: &Session, command: AdminTokenCommand) -> anyhow::Result<()> {
    match command {
        AdminTokenCommand::List { page, .. } => session.list(Request::get(ADMIN_TOKENS), page, COLUMNS).await,
        AdminTokenCommand::Show { token, .. } => {
            let id = session.client.token(&token).await?;
            session.show_at(format!("{ADMIN_TOKENS}/{id}"), COLUMNS).await
        }
        AdminTokenCommand::Revoke { token, .. } => {
            let id = session.client.token(&token).await?;
            let request = Request::post(format!("{ADMIN_TOKENS}/{id}/revoke"));
            session.show(&session.client.send(&request).await?, COLUMNS)
        }
    }
}
