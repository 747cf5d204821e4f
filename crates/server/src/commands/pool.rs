//! `tenantry pool`

use serde_json::Value;

use super::session::Session;
use crate::cli::pool::PoolCommand;
use crate::cli::service::ServiceArgs;
use crate::client::Request;
use crate::config::Inputs;
use crate::output::Column;

const POOLS: &str = "/admin/v1/pools";

const LISTED: &[Column] = &[
    Column::whole("tenant", "/tenant_id"),
    Column::state("state", "/state"),
    Column::number("leases", "/leases"),
    Column::number("size", "/size"),
    Column::number("idle", "/idle"),
    Column::number("in use", "/in_use"),
    Column::number("max", "/max"),
    Column::number("waiting", "/waiting"),
    Column::seconds("unused", "/unused_seconds"),
    Column::text("trouble", "/trouble/failure"),
];

const SHOWN: &[Column] = &[
    Column::whole("tenant", "/tenant_id"),
    Column::state("state", "/state"),
    Column::number("version", "/version"),
    Column::number("leases", "/leases"),
    Column::number("size", "/size"),
    Column::number("idle", "/idle"),
    Column::number("in use", "/in_use"),
    Column::number("closing", "/closing"),
    Column::number("max", "/max"),
    Column::number("waiting", "/waiting"),
    Column::seconds("unused", "/unused_seconds"),
    Column::text("trouble", "/trouble/failure"),
    Column::number("failures", "/trouble/failures"),
    Column::seconds("tried again in", "/trouble/retry_after_seconds"),
];

/// Goes by way of the running service.
pub(super) async fn run(inputs: &Inputs, command: PoolCommand, service: ServiceArgs) -> anyhow::Result<()> {
    let session = Session::open(inputs, &service)?;
    match command {
        PoolCommand::List { page } => session.list(Request::get(POOLS), &page, LISTED, sums).await,
        PoolCommand::Show { tenant } => {
            let id = session.client.tenant(&tenant).await?;
            session.show_at(format!("{POOLS}/{id}"), SHOWN).await
        }
        PoolCommand::Evict { tenant } => {
            let id = session.client.tenant(&tenant).await?;
            session
                .client
                .send(&Request::post(format!("{POOLS}/{id}/evict")))
                .await?;
            session.done("it is closed when nobody holds it any more; the next request opens it anew")
        }
        PoolCommand::Warm { tenant } => {
            let id = session.client.tenant(&tenant).await?;
            session
                .client
                .send(&Request::post(format!("{POOLS}/{id}/warm")))
                .await?;
            session.done("it is resident")
        }
    }
}

/// The budget and the sums, as lines above the table.
fn sums(list: &Value) -> String {
    let (budget, totals) = (&list["budget"], &list["totals"]);
    format!(
        "budget  {} connections: {} free, {} opening, {} open, {} closing, {} in quarantine, {} withheld; {} requests wait\n\
         pools   {} resident, {} opening, {} retired; {} leases, {} of {} connections in use\n\n",
        budget["cap"],
        budget["free"],
        budget["opening"],
        budget["open"],
        budget["closing"],
        budget["quarantine"],
        budget["withheld"],
        budget["waiting"],
        totals["resident"],
        totals["opening"],
        totals["retired"],
        totals["leases"],
        totals["in_use"],
        totals["size"],
    )
}
