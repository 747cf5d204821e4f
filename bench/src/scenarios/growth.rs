//! Throughput and latency as tenants grow from 1 to 10,000.

mod curve;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schema::Login;

use self::curve::Contender::{PgBouncer, Tenantry, TheTemplate};
use self::curve::{Curve, Point, number_of, tenants_of};
use super::Scenario;
use super::asking::Choice;
use super::budgeted::Rounds;
use super::template::{ByTemplate, Template};
use crate::chart::{Chart, Scale, Shape};
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::load::{Tally, closed_within};
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;
use crate::text::number;
use crate::world::{Tenant, World};

const ROUNDS: usize = 3;
/// Seconds of a round.
const ROUND: u64 = 3;
const WARM_UP: Duration = Duration::from_secs(1);
const SIZES: [usize; 7] = [1, 10, 50, 60, 100, 1_000, 10_000];
/// The most tenants of a quick run, and of those that are compared with: PgBouncer's clients would need a connection
/// for each, the template's shape has come to a stop by then.
const COMPARED: usize = 1_000;
const CLIENTS: usize = 64;
/// How long the template's shape waits for a connection; and a client for its answer, in that shape always, in the others
/// after a round's end.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
const BOUND: Duration = Duration::from_secs(5);
/// Connections of a tenant in the template's shape, as in the others.
const MAX: u32 = 5;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "growth",
    summary: "throughput and p99 as tenants grow from 1 to 10,000, over a budget of 50 connections",
    method: "64 clients in a closed loop, each request a SELECT 1 of a tenant drawn from all: 1, 10, 50, 60, 100, \
             1,000 and 10,000 of them. Tenantry and PgBouncer (transaction mode, logins with verifiers of 4096 \
             iterations) have a budget of 50 connections; the template's shape, a map of pools under one mutex, has \
             no budget, only the server's limit of 250. Its requests wait a second for a connection and are given \
             up after five. The two that are compared with go up to 1,000 tenants. All take turns. p99 is of the \
             requests that succeeded.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let most = context.count(SIZES[SIZES.len() - 1], COMPARED);
    let sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= most).collect();
    let tenants = world.tenants(most)?;
    let bouncer = context.program(Program::Pgbouncer)?;
    let rounds = Rounds {
        world,
        clients: CLIENTS,
        warm_up: WARM_UP,
        drain_timeout: BOUND,
        length: context.round(ROUND),
        choose: |client, tenants| Choice::any(tenants, client),
    };
    // A quick run is over in a minute.
    let count = if context.quick { 1 } else { context.rounds(ROUNDS) };
    block_on(async {
        let second = world.second_logins(&tenants[..most.min(COMPARED)]).await?;
        let mut seen = [Tenantry, PgBouncer, TheTemplate].map(Curve::new);
        for size in &sizes {
            progress::say(format_args!("  {}", tenants_of(*size)));
            for curve in &mut seen {
                curve.points.push(Point::new(curve.contender, *size));
            }
            for _ in 0..count {
                let tenants = &tenants[..*size];
                seen[0].push(&rounds.engine(tenants).await?.tally);
                if *size > COMPARED {
                    continue;
                }
                if let Some(program) = &bouncer {
                    seen[1].push(&by_bouncer(&rounds, program, &second[..*size]).await?);
                }
                seen[2].push(&by_template(world, &rounds, tenants).await?);
            }
        }
        Ok(outcome(&sizes, seen))
    })
}

async fn by_bouncer(rounds: &Rounds<'_>, program: &Path, logins: &[Login]) -> anyhow::Result<Tally> {
    Ok(rounds.bouncer(program.to_owned(), logins).await?.tally)
}

async fn by_template(world: &World, rounds: &Rounds<'_>, tenants: &[Tenant]) -> anyhow::Result<Tally> {
    world.quiet().await?;
    let template = Arc::new(Template::new(ACQUIRE_TIMEOUT));
    let specs = tenants.iter().map(|tenant| {
        let mut spec = tenant.spec.clone();
        spec.max_connections = MAX;
        spec
    });
    let specs = specs.collect();
    let client = |number| ByTemplate {
        template: Arc::clone(&template),
        specs: Arc::clone(&specs),
        choice: (rounds.choose)(number, tenants.len()),
        bound: BOUND,
    };
    let clients = (0..CLIENTS).map(client).collect();
    let tally = closed_within(clients, WARM_UP, rounds.length, BOUND).await;
    template.close().await;
    Ok(tally)
}

/// Which contenders failed how many of their requests, at most.
fn failed(seen: &[Curve]) -> String {
    let failing = seen.iter().filter_map(|curve| {
        let shares = curve.points.iter().map(|point| point.load.failed_percent());
        let most = shares.fold(0.0, f64::max);
        (most > 0.0).then(|| format!("; {} failed up to {} %", curve.contender.name(), number(most)))
    });
    let mut note = "Of requests that succeeded".to_owned();
    note.extend(failing);
    note + "."
}

fn outcome(sizes: &[usize], seen: [Curve; 3]) -> Outcome {
    let chart = |title: &str, unit: &str, values: fn(&Point) -> &[f64]| {
        let chart = Chart::new(title, unit, "tenants", Shape::Lines, Scale::Logarithmic)
            .over(sizes.iter().map(|size| number_of(*size)));
        let measured = seen.iter().filter(|curve| {
            let mut points = curve.points.iter();
            points.any(|point| !point.rates.is_empty())
        });
        measured.fold(chart, |chart, curve| {
            chart.series(
                curve.contender.name(),
                curve.contender.style(),
                curve.spreads(values),
            )
        })
    };
    let charts = vec![
        chart("Throughput as tenants grow", "requests/s", |point| &point.rates)
            .note("64 clients, a SELECT 1 each, over a budget of 50 connections."),
        chart("Latency as tenants grow (p99)", "ms", |point| &point.p99).note(failed(&seen)),
    ];
    let [ours, bouncer, template] = &seen;
    let failures: Vec<f64> = ours
        .points
        .iter()
        .flat_map(|point| point.failures.clone())
        .collect();
    let mut figures = vec![Figure::new("requests that failed", "", &failures).never_above(0.0)];
    for (place, size) in sizes.iter().enumerate() {
        let (name, point) = (tenants_of(*size), &ours.points[place]);
        for other in [bouncer, template] {
            let theirs = &other.points[place].rates;
            if !theirs.is_empty() {
                let name = format!("{name}: requests");
                let other = other.contender.name();
                figures.push(Figure::compared(name, "/s", &point.rates, other, theirs));
            }
        }
        if *size > COMPARED {
            figures.push(Figure::new(format!("{name}: requests"), "/s", &point.rates));
        }
        figures.push(Figure::new(format!("{name}: p99"), "ms", &point.p99));
    }
    let most = sizes.iter().rposition(|size| *size <= COMPARED);
    if let Some((size, point)) = most.map(|place| (sizes[place], &template.points[place])) {
        let name = format!("the template's shape, {}: requests that failed", tenants_of(size));
        figures.push(Figure::new(name, "", &point.failures));
    }
    let points = seen.into_iter().flat_map(|curve| curve.points);
    let loads = points.map(|point| point.load).filter(|load| load.samples > 0);
    Outcome {
        figures,
        charts,
        loads: loads.collect(),
        ..Outcome::default()
    }
}
