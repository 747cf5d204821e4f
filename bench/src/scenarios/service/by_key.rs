//! The whole service by API key, as its tenants grow, against an ordinary service that has none.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::super::sides::{CLIENTS, Pair, Side, measure};
use super::CONNECTIONS;
use crate::context::Services;
use crate::load::Wrk;
use crate::process::{self, LIST_BY_KEY, LogFilter};
use crate::progress;
use crate::run::Outcome;
use crate::world::{Ordinary, Tenant, World};

/// Tenants that are asked in turn; each has a connection in the end.
const TENANTS: [usize; 3] = [1, 20, 1_000];
/// The budget of connections: one for each tenant, and some more.
const BUDGET: &str = "registry.max_connections=1020";
/// In which every tenant has logged in: some hundred logins a second.
const OPENING: Duration = Duration::from_secs(8);

const AS_RELEASED: &str = "ordinary service, PgPool's defaults";

/// The most tenants that are asked.
pub(super) const MOST: usize = TENANTS[TENANTS.len() - 1];

/// Starts both services, and measures a pair for each number of tenants.
///
/// # Errors
/// When one does not start, or fails a request.
pub(super) async fn run(
    world: &World,
    tenants: &[Tenant],
    services: &Services,
    wrk: &Path,
    (rounds, length): (usize, Duration),
) -> anyhow::Result<Vec<Pair>> {
    let database = Ordinary::make(world, tenants).await?;
    let keys = world.api_keys(tenants).await?;
    let first = tenants.first().context("there is a tenant")?;
    let connections = format!("registry.max_connections_per_tenant={CONNECTIONS}");
    let settings = [BUDGET, &connections];
    let service =
        process::tenantry(&services.tenantry, world, first, LogFilter::Info, &settings, None).await?;
    let ordinary = process::ordinary(&services.ordinary, &database.connect, CONNECTIONS, true).await?;
    let mut pairs = Vec::new();
    for count in TENANTS {
        let name = match count {
            1 => "the whole service by API key, one tenant".to_owned(),
            count => format!("the whole service by API key, {count} tenants in turn"),
        };
        progress::say(format_args!("  {name}"));
        let asked = &keys[..count.min(keys.len())];
        let ours = Side {
            name: "tenantry".to_owned(),
            address: service.address(),
            wrk: Wrk::by_keys(wrk, LIST_BY_KEY, asked)?,
            process: Some(&service),
        };
        let theirs = Side {
            name: AS_RELEASED.to_owned(),
            address: ordinary.address(),
            wrk: Wrk::new(wrk, "/users", &[first.id.as_uuid()])?,
            process: Some(&ordinary),
        };
        ours.wrk.round(ours.address, CLIENTS, OPENING).await?;
        pairs.push(measure(&name, &ours, &theirs, rounds, length).await?);
    }
    ordinary.end().await?;
    service.end().await?;
    Ok(pairs)
}

/// Adds the figures and loads of these pairs.
pub(super) fn report(pairs: Vec<Pair>, outcome: &mut Outcome) {
    for pair in pairs {
        outcome.figures.extend([
            pair.figure(AS_RELEASED).ratio_at_least(1.0),
            pair.processor(AS_RELEASED),
        ]);
        outcome.loads.extend([pair.ours.load, pair.theirs.load]);
    }
}
