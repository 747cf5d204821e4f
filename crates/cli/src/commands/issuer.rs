//! `tenantry issuer`

use admin_types::Issuer;

use super::session::Session;
use crate::args::IssuerCommand;
use crate::client::Request;
use crate::output::Column;

const COLUMNS: &[Column<Issuer>] = &[
    Column::text("issuer", |issuer: &Issuer| issuer.issuer.as_str().into()).at_least(24),
    Column::state("state", |issuer| (&*issuer.state).into()),
    Column::number("keys", |issuer| issuer.keys.into()),
    Column::whole("fetched", |issuer: &Issuer| issuer.fetched_at.into()).optional(1),
    Column::whole("usable until", |issuer: &Issuer| issuer.usable_until.into()).optional(2),
    Column::text("failure", |issuer| issuer.failure.as_deref().into()),
    Column::text("source", |issuer: &Issuer| issuer.source.as_str().into()).optional(3),
];

pub(super) async fn run(session: &Session, command: IssuerCommand) -> anyhow::Result<()> {
    let IssuerCommand::List { page } = command;
    session
        .list(Request::get("/admin/v1/issuers"), page, COLUMNS)
        .await
}
