//! Throughput just past the budget: 60 tenants over 50 connections, against 50 over 50.

use std::time::Duration;

use super::Scenario;
use super::asking::Choice;
use super::budgeted::{BUDGET, Rounds};
use crate::chart::{Chart, Scale, SeriesStyle, Shape};
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::load::{DRAIN_TIMEOUT, LoadSummary};
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;
use crate::spread::Spread;

const ROUNDS: usize = 5;
/// Seconds of a round.
const ROUND: u64 = 6;
const WARM_UP: Duration = Duration::from_secs(1);
const PAST: usize = 60;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "past",
    summary: "just past the budget: 60 tenants over 50 connections, against 50 over 50",
    method: "One client in a closed loop for each tenant, SELECT 1 in one message. 60 tenants and 50 tenants take \
             turns over a budget of 50, the engine's rounds with CONNECTION LIMIT 50 at the database; the same by \
             PgBouncer for contrast.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(PAST)?;
    let within = &tenants[..BUDGET as usize];
    let bouncer = context.program(Program::Pgbouncer)?;
    let length = context.round(ROUND);
    let rounds = |clients| Rounds {
        world,
        clients,
        warm_up: WARM_UP,
        drain_timeout: DRAIN_TIMEOUT,
        length,
        choose: |client, _| Choice::Always(client),
    };
    let (all, some) = (rounds(tenants.len()), rounds(within.len()));
    block_on(async {
        let second = world.second_logins(&tenants).await?;
        let (mut past, mut full, mut errors, mut most) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut bouncer_past, mut bouncer_full) = (Vec::new(), Vec::new());
        let mut loads = [
            "60 over 50",
            "50 over 50",
            "PgBouncer, 60 over 50",
            "PgBouncer, 50 over 50",
        ]
        .map(LoadSummary::new);
        for round in 0..context.rounds(ROUNDS) {
            progress::say(format_args!("  round {}", round + 1));
            let (over, even) = (all.engine(&tenants).await?, some.engine(within).await?);
            loads[0].add_tally(&over.tally);
            loads[1].add_tally(&even.tally);
            past.push(over.tally.rate());
            full.push(even.tally.rate());
            errors.push(over.tally.failures() + even.tally.failures());
            most.push(over.most.max(even.most));
            if let Some(program) = &bouncer {
                let over = all.bouncer(program.clone(), &second).await?.without_failures()?;
                let even = some
                    .bouncer(program.clone(), &second[..within.len()])
                    .await?
                    .without_failures()?;
                loads[2].add_tally(&over.tally);
                loads[3].add_tally(&even.tally);
                bouncer_past.push(over.tally.rate());
                bouncer_full.push(even.tally.rate());
            }
        }
        let compared =
            |name: &str, past: &[f64], full: &[f64]| Figure::compared(name, "/s", past, "50 over 50", full);
        let mut figures = vec![
            Figure::new("requests that failed", "", &errors).never_above(0.0),
            Figure::new("sessions of tenants at most", "", &most).never_above(f64::from(BUDGET)),
            compared("60 over 50: requests", &past, &full).ratio_at_least(0.4),
        ];
        let spreads = |full: &[f64], past: &[f64]| [Some(Spread::of(full)), Some(Spread::of(past))];
        let mut chart = Chart::new(
            "Past the budget of 50 connections",
            "requests/s",
            "tenants, each with a client",
            Shape::Bars,
            Scale::Logarithmic,
        )
        .over(["50 tenants", "60 tenants"])
        .series("Tenantry", SeriesStyle::Tenantry, spreads(&full, &past));
        if bouncer.is_some() {
            chart = chart.series(
                "PgBouncer",
                SeriesStyle::Comparator,
                spreads(&bouncer_full, &bouncer_past),
            );
            figures.push(compared(
                "PgBouncer, 60 over 50: requests",
                &bouncer_past,
                &bouncer_full,
            ));
        }
        Ok(Outcome {
            figures,
            charts: vec![chart],
            loads: loads.into_iter().filter(|load| load.samples > 0).collect(),
            ..Outcome::default()
        })
    })
}
