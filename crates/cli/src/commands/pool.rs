//! `tenantry pool`

use admin_types::{Pool, Pools};
use serde_json::value::RawValue;

use super::named::Named;
use super::session::{Session, hint_next_page, read_all};
use crate::args::{PageArgs, PoolCommand, PoolOrder};
use crate::client::{IdOrName, Paging, Request};
use crate::output::{self, Column};

const POOLS: &str = "/admin/v1/pools";

/// The service's default for a page.
const PAGE: u16 = 50;

const LISTED: &[Column<Named<Pool>>] = &[
    Column::text("tenant", |named| named.tenant.clone().into()),
    Column::state("state", |named| (&*named.row.state).into()),
    Column::number("leases", |named| named.row.leases.into()),
    Column::number("size", |named| named.row.size.into()),
    Column::number("idle", |named: &Named<Pool>| named.row.idle.into()).optional(3),
    Column::number("in use", |named| named.row.in_use.into()),
    Column::number("max", |named: &Named<Pool>| named.row.max.into()).optional(2),
    Column::number("waiting", |named| named.row.waiting.into()),
    Column::number("unused", |named: &Named<Pool>| named.row.unused_seconds.into()).optional(1),
    Column::text("trouble", |named| failure(&named.row).into()),
    Column::whole("tenant id", |named: &Named<Pool>| named.row.tenant_id.into()).optional(4),
];

const SHOWN: &[Column<Pool>] = &[
    Column::whole("tenant", |pool| pool.tenant_id.into()),
    Column::state("state", |pool| (&*pool.state).into()),
    Column::number("version", |pool| pool.version.into()),
    Column::number("leases", |pool| pool.leases.into()),
    Column::number("size", |pool| pool.size.into()),
    Column::number("idle", |pool| pool.idle.into()),
    Column::number("in use", |pool| pool.in_use.into()),
    Column::number("closing", |pool| pool.closing.into()),
    Column::number("max", |pool| pool.max.into()),
    Column::number("waiting", |pool| pool.waiting.into()),
    Column::number("unused", |pool| pool.unused_seconds.into()),
    Column::text("trouble", |pool| failure(pool).into()),
    Column::number("failures", |pool| {
        pool.trouble.as_ref().map(|trouble| trouble.failures).into()
    }),
    Column::number("tried again in", |pool| {
        pool.trouble
            .as_ref()
            .map(|trouble| trouble.retry_after_seconds)
            .into()
    }),
];

fn failure(pool: &Pool) -> Option<&str> {
    pool.trouble.as_ref().map(|trouble| &*trouble.failure)
}

pub(super) async fn run(session: &Session, command: PoolCommand) -> anyhow::Result<()> {
    match command {
        PoolCommand::List { sort, page } => list(session, sort, page).await,
        PoolCommand::Show { tenant } => {
            let id = session.client.tenant(&tenant).await?;
            session.show_at(format!("{POOLS}/{id}"), SHOWN).await
        }
        PoolCommand::Evict { tenant } => {
            post(session, &tenant, "evict").await?;
            session.done("the pool is closed after its last lease; the next request opens it again")
        }
        PoolCommand::Warm { tenant } => {
            post(session, &tenant, "warm").await?;
            session.done("the pool is resident")
        }
    }
}

async fn post(session: &Session, tenant: &IdOrName, action: &str) -> anyhow::Result<()> {
    let id = session.client.tenant(tenant).await?;
    let request = Request::post(format!("{POOLS}/{id}/{action}"));
    session.client.send(&request).await?;
    Ok(())
}

async fn list(session: &Session, order: Option<PoolOrder>, page: PageArgs) -> anyhow::Result<()> {
    let most = (!page.all).then_some(page.limit.unwrap_or(PAGE));
    let paging = match order {
        None => page.paging(),
        // The service knows the order of tenants' ids alone: any other one needs all pools.
        Some(_) => Paging {
            all: true,
            ..Paging::default()
        },
    };
    let mut list: Pools<Box<RawValue>> = session.client.list(Request::get(POOLS), &paging).await?;
    let found = list.items.len();
    if let Some(order) = order {
        list.items = sorted(session, &list.items, order).await?;
        list.items.truncate(most.map_or(found, usize::from));
    }
    if session.json {
        output::line(output::pretty(&list)?)?;
    } else {
        let above = format!("instance  {}\n{}", session.client.url(), sums(&list));
        let rows = session
            .name_tenants(read_all(&list.items)?, |pool: &Pool| Some(pool.tenant_id))
            .await;
        session.table(LISTED, &rows, &above)?;
    }
    if list.items.len() < found {
        output::hint(format_args!(
            "tenantry: {found} pools in all; more of them: --limit or --all\n"
        ));
    }
    hint_next_page(&mut list);
    Ok(())
}

/// The pools in this order.
async fn sorted(
    session: &Session,
    items: &[Box<RawValue>],
    order: PoolOrder,
) -> anyhow::Result<Vec<Box<RawValue>>> {
    let pools: Vec<Pool> = read_all(items)?;
    let mut rows: Vec<(Pool, Box<RawValue>)> = pools.into_iter().zip(items.to_vec()).collect();
    if order == PoolOrder::Tenant {
        let names = session
            .client
            .tenant_names(rows.iter().map(|(pool, _)| pool.tenant_id))
            .await;
        rows.sort_by_cached_key(|(pool, _)| names.of(pool.tenant_id));
    } else {
        rows.sort_by(|(one, _), (other, _)| number(other, order).total_cmp(&number(one, order)));
    }
    Ok(rows.into_iter().map(|(_, item)| item).collect())
}

/// The number that this order goes by.
fn number(pool: &Pool, order: PoolOrder) -> f64 {
    match order {
        PoolOrder::Tenant => 0.0,
        PoolOrder::Size => pool.size.into(),
        PoolOrder::InUse => pool.in_use.into(),
        PoolOrder::Waiting => pool.waiting.into(),
        PoolOrder::Leases => u32::try_from(pool.leases).unwrap_or(u32::MAX).into(),
        PoolOrder::Unused => pool.unused_seconds,
    }
}

/// The budget and the sums, as lines above the table.
fn sums<T>(list: &Pools<T>) -> String {
    let (budget, totals) = (&list.budget, &list.totals);
    format!(
        "budget    {} connections: {} free, {} open, {} opening, {} closing,\n\
        \u{20}         {} in quarantine, {} withheld; {} requests wait\n\
         pools     {} resident, {} opening, {} retired; {} leases,\n\
        \u{20}         {} of {} connections in use\n\n",
        budget.cap,
        budget.free,
        budget.open,
        budget.opening,
        budget.closing,
        budget.quarantine,
        budget.withheld,
        budget.waiting,
        totals.resident,
        totals.opening,
        totals.retired,
        totals.leases,
        totals.in_use,
        totals.size,
    )
}
