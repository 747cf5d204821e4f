//! The whole service as users meet it: the released binary as a process, its log read from a pipe.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::CONNECTIONS;
use crate::context::Services;
use crate::load::Wrk;
use crate::process::{self, LIST, LogFilter, Logged, Process};
use crate::progress;
use crate::run::Outcome;
use crate::scenarios::sides::{Pair, Side, measure};
use crate::text::number;
use crate::world::{Ordinary, Tenant, World};

const ORDINARY: &str = "ordinary service, one PgPool";
const AS_RELEASED: &str = "ordinary service, PgPool's defaults";
const WITHOUT_LOG: &str = "log.filter=warn";

/// The service's pairs: with the ordinary one, with that one by sqlx's defaults, and with itself without an access log.
pub(super) struct Whole {
    pub(super) against_ordinary: Pair,
    against_defaults: Pair,
    log: Pair,
    /// Over all requests of all pairs.
    logged: Logged,
    requests: u64,
}

/// Starts the services, and measures all pairs.
///
/// # Errors
/// When one does not start, or fails a request.
pub(super) async fn run(
    world: &World,
    tenants: &[Tenant],
    services: &Services,
    wrk: &Path,
    (rounds, length): (usize, Duration),
) -> anyhow::Result<Whole> {
    let hot = tenants.first().context("there is a tenant")?;
    let database = Ordinary::make(world, tenants).await?;
    let ask = |path| Wrk::new(wrk, path, &[hot.id.as_uuid()]);
    let info = start(world, hot, services, LogFilter::Info).await?;

    let against = async |name: &str, other: &str, test_before_acquire| {
        progress::say(format_args!("  {name}"));
        let program = &services.ordinary;
        let ordinary =
            process::ordinary(program, &database.connect, CONNECTIONS, test_before_acquire).await?;
        let ours = Side::of("tenantry", &info, ask(LIST)?);
        let theirs = Side::of(other, &ordinary, ask("/users")?);
        let pair = measure(name, &ours, &theirs, rounds, length).await?;
        ordinary.end().await?;
        anyhow::Ok(pair)
    };
    let against_ordinary = against("the whole service, list of 10", ORDINARY, false).await?;
    let against_defaults = against("the whole service, PgPool as released", AS_RELEASED, true).await?;

    progress::say("  its access log");
    let warn = start(world, hot, services, LogFilter::Warn).await?;
    let name = "the whole service, JSON log at info";
    let ours = Side::of("log.filter=info", &info, ask(LIST)?);
    let theirs = Side::of(WITHOUT_LOG, &warn, ask(LIST)?);
    let log = measure(name, &ours, &theirs, rounds, length).await?;
    warn.end().await?;

    let pairs = [&against_ordinary, &against_defaults, &log];
    let requests = pairs.iter().map(|pair| pair.ours.asked).sum();
    let logged = info.end().await?;
    Ok(Whole {
        against_ordinary,
        against_defaults,
        log,
        logged,
        requests,
    })
}

async fn start(
    world: &World,
    hot: &Tenant,
    services: &Services,
    filter: LogFilter,
) -> anyhow::Result<Process> {
    let connections = format!("registry.max_connections_per_tenant={CONNECTIONS}");
    process::tenantry(&services.tenantry, world, hot, filter, &[&connections], None).await
}

impl Whole {
    /// Adds its figures, its loads, and what its log came to.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a run has far fewer than 2^52 requests"
    )]
    pub(super) fn report(self, outcome: &mut Outcome) {
        outcome.figures.extend([
            self.against_ordinary.figure(ORDINARY).ratio_at_least(1.0),
            self.against_ordinary.processor(ORDINARY),
            self.against_defaults.figure(AS_RELEASED).ratio_at_least(1.0),
            self.against_defaults.processor(AS_RELEASED),
            self.log.figure(WITHOUT_LOG),
            self.log.processor(WITHOUT_LOG),
        ]);
        outcome.notes.push(format!(
            "The service's log came to {} lines ({} bytes each) for {} requests, all read from its pipe.",
            self.logged.lines,
            number(self.logged.bytes as f64 / self.logged.lines.max(1) as f64),
            self.requests
        ));
        for pair in [self.against_ordinary, self.against_defaults, self.log] {
            outcome.loads.extend([pair.ours.load, pair.theirs.load]);
        }
    }
}
