//! A service with tenants against one without: the engine in the same handlers, and the whole service as a process.

mod by_key;
mod cases;
mod plain_pool;
mod plane;
mod serve;
mod tenancy;
mod whole;

use std::path::Path;

use self::cases::Servers;
use self::whole::Whole;
use super::Scenario;
use super::sides::{Pair, Side, measure};
use crate::chart::{Chart, Scale, SeriesStyle, Shape};
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::load::Wrk;
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;

const ROUNDS: usize = 7;
/// Seconds of a round.
const ROUND: u64 = 3;
/// Of the ordinary pool, and of the hot tenant.
const CONNECTIONS: u32 = 10;
/// Tenants beside the hot one.
const TENANTS: usize = 20;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "service",
    summary: "requests a second of a service with tenants, against an ordinary one without",
    method: "The whole service: the released binary as a process with production's settings, JSON log at info into a \
             pipe that is read, against an axum service over one sqlx::PgPool without tenants, logs or metrics, a \
             process as well; wrk asks each for a list of 10 of 100 users from 32 connections, by turns, and the \
             one that is not asked stands still (SIGSTOP). Once more against that service with sqlx's default, \
             which pings each connection before its use. The same binary with log.filter=warn tells what the \
             access log costs. By API key: the same binary with a budget of 1,020 connections, 1, 20 and 1,000 tenants asked in \
             turn, each with a key and a login of its own, against the ordinary service with sqlx's defaults, whose \
             one login has 10 connections. The engine alone: in this process, the same handlers in the same router, by one \
             statement or by two (count and list). With tenants: a layer leases by a header, an extractor gives the \
             handler its database, a table under row level security. Against PgPool: the same statements, login and \
             table over a sqlx::PgPool of 10 connections, test_before_acquire off, so only the pool differs. Without: one sqlx::PgPool of 10 connections, \
             test_before_acquire off, an ordinary login and table, an index on (created_at, id). The tenants' table \
             has 100 users of each of 1,000 other tenants as well. One hot tenant has 10 connections; of 20 tenants, \
             asked in turn, each has one, since a connection belongs to a login. The hot tenant once more over TLS, \
             against itself in plain.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let Some(wrk) = context.program(Program::Wrk)? else {
        return Ok(Outcome {
            notes: vec!["Not measured: it needs wrk, which was left out.".to_owned()],
            ..Outcome::default()
        });
    };
    let mut outcome = Outcome::default();
    if let Some((whole, by_key)) = whole(context, &wrk)? {
        whole.report(&mut outcome);
        by_key::report(by_key, &mut outcome);
    }
    engine(context, &wrk, &mut outcome)?;
    outcome.charts = vec![chart(&outcome.figures)];
    Ok(outcome)
}

/// The service as a process, unless it is left out.
fn whole(context: &Context, wrk: &Path) -> anyhow::Result<Option<(Whole, Vec<Pair>)>> {
    let Some(services) = context.services()? else {
        return Ok(None);
    };
    let world = context.production()?;
    let tenants = world.tenants(1 + TENANTS)?;
    let rounds = (context.rounds(ROUNDS), context.round(ROUND));
    let whole = block_on(whole::run(world, &tenants, &services, wrk, rounds))?;
    let tenants = world.tenants(by_key::MOST)?;
    let by_key = block_on(by_key::run(world, &tenants, &services, wrk, rounds))?;
    Ok(Some((whole, by_key)))
}

/// The engine in this process.
fn engine(context: &Context, wrk: &Path, outcome: &mut Outcome) -> anyhow::Result<()> {
    let world = context.world()?;
    let tenants = world.tenants(1 + TENANTS)?;
    let (rounds, length) = (context.rounds(ROUNDS), context.round(ROUND));
    block_on(async {
        world.quiet().await?;
        let tls = context.tls().await?;
        let servers = Servers::start(world, &tenants, tls.as_ref()).await?;
        for case in cases::all(&tenants) {
            progress::say(format_args!("  {}", case.name));
            let side = |name: &str, address, path| -> anyhow::Result<Side<'static>> {
                Ok(Side {
                    name: name.to_owned(),
                    address,
                    wrk: Wrk::new(wrk, path, &case.tenants)?,
                    process: None,
                })
            };
            let ours = side("tenants", servers.of(&case), case.path)?;
            let theirs = side("one PgPool", servers.ordinary(), case.ordinary_path)?;
            let pair = measure(case.name, &ours, &theirs, rounds, length).await?;
            let figure = pair.figure("one PgPool without tenants");
            outcome.figures.push(match case.target {
                Some(target) => figure.ratio_at_least(target),
                None => figure,
            });
            outcome.loads.extend([pair.ours.load, pair.theirs.load]);
            if let (Some(address), true) = (servers.over_tls(), case.is_hot()) {
                let name = format!("{}, over TLS", case.name);
                progress::say(format_args!("  {name}"));
                let encrypted = side("TLS", address, case.path)?;
                let plain = side("plain", servers.of(&case), case.path)?;
                let pair = measure(&name, &encrypted, &plain, rounds, length).await?;
                outcome.figures.push(pair.figure("the same in plain"));
                outcome.loads.extend([pair.ours.load, pair.theirs.load]);
            }
            if case.is_hot() {
                let name = format!("{}, against PgPool", case.name);
                progress::say(format_args!("  {name}"));
                let budgeted = side("budget", servers.of(&case), case.path)?;
                let plain = side("PgPool", servers.plain(), case.path)?;
                let pair = measure(&name, &budgeted, &plain, rounds, length).await?;
                let figure = pair.figure("PgPool of the same login");
                outcome.figures.push(figure.ratio_at_least(cases::TARGET));
                outcome.loads.extend([pair.ours.load, pair.theirs.load]);
            }
        }
        servers.stop().await;
        Ok(())
    })
}

/// Requests a second with and without tenants.
fn chart(figures: &[Figure]) -> Chart {
    let drawn: Vec<(&str, &Figure)> = [
        ("whole service", "the whole service, list of 10"),
        (
            "engine, one statement",
            "engine alone, one hot tenant, list of 10",
        ),
        (
            "engine, two statements",
            "engine alone, one hot tenant, count and list",
        ),
    ]
    .into_iter()
    .filter_map(|(short, name)| Some((short, figures.iter().find(|figure| figure.name == name)?)))
    .collect();
    let title = "With tenants against an ordinary service";
    Chart::new(
        title,
        "requests/s",
        "32 connections, one hot tenant",
        Shape::Bars,
        Scale::Linear,
    )
    .over(drawn.iter().map(|(short, _)| *short))
    .series(
        "Tenantry",
        SeriesStyle::Tenantry,
        drawn.iter().map(|(_, figure)| Some(figure.value)),
    )
    .series(
        "one PgPool without tenants",
        SeriesStyle::Comparator,
        drawn
            .iter()
            .map(|(_, figure)| figure.comparator.as_ref().map(|other| other.value)),
    )
    .note("The whole service writes its JSON log; the ordinary one has neither tenants nor logs nor metrics.")
}
