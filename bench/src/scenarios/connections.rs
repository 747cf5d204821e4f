//! The template's own load: 100 to 1,000 connections to the service on one processor and 512 MiB.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use uuid::Uuid;

use super::Scenario;
use crate::chart::{Chart, Scale, SeriesStyle, Shape};
use crate::context::{Context, Services, block_on};
use crate::figure::Figure;
use crate::load::{LoadSummary, Wrk, WrkRound};
use crate::process::{self, Confinement, LIST, LogFilter, Process, Sampled};
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;
use crate::spread::Spread;
use crate::text::number;
use crate::world::{Ordinary, Tenant, World};

/// Seconds of a round.
const ROUND: u64 = 10;
const WARM_UP: Duration = Duration::from_secs(2);
/// Of a round in a quick run.
const LEAST: Duration = Duration::from_secs(3);
const LOADS: [u32; 5] = [100, 150, 250, 500, 1_000];
const TENANTS: usize = 10;
/// MiB.
const MEMORY: u64 = 512;

/// The template's own results under its load, as it publishes them: requests a second at 250 connections, percent of
/// errors at 500 and at 1,000.
const TEMPLATE_RATE: [Option<f64>; 5] = [None, None, Some(98.0), None, None];
const TEMPLATE_ERRORS: [Option<f64>; 5] = [None, None, None, Some(44.0), Some(88.0)];
const SOURCE: &str = "The template's own results, on another machine: 98 requests/s at 250; 44 and 88 % errors at 500 and 1,000.";

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "connections",
    summary: "100 to 1,000 connections to the service on one processor and 512 MiB",
    method: "The released binary as a process with production's settings, its JSON log read from a pipe, on one \
             processor and with a limit of memory; PostgreSQL and wrk may use every processor, that one included. \
             wrk asks for a list of 10 of 100 users, of ten tenants in turn, from 100, 150, 250, 500 and 1,000 \
             connections; a request that takes 20 seconds has failed. Once with the default settings of the pools, \
             once with 20 connections a tenant (5 by default), and a wait for one of up to 30 seconds (5 by \
             default). Processor time and resident set are the service's, from /proc, the latter every 100 ms. The \
             template's own results stand beside as it publishes them; its machine was another.",
    run,
};

/// How the pools are set up.
struct Setup {
    name: &'static str,
    look: SeriesStyle,
    settings: &'static [&'static str],
}

const SETUPS: [Setup; 2] = [
    Setup {
        name: "default pool settings",
        look: SeriesStyle::Tenantry,
        settings: &[],
    },
    Setup {
        name: "custom pool settings",
        look: SeriesStyle::TenantryToo,
        settings: &[
            "registry.max_connections_per_tenant=20",
            "registry.acquire_timeout=30s",
        ],
    },
];

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let (services, wrk) = (context.services()?, context.program(Program::Wrk)?);
    let (Some(services), Some(wrk)) = (services, wrk) else {
        return Ok(Outcome {
            notes: vec!["Not measured: it needs tenantry and wrk, one of which was left out.".to_owned()],
            ..Outcome::default()
        });
    };
    let world = context.production()?;
    let tenants = world.tenants(TENANTS)?;
    // A thousand connections are not opened at once.
    let length = context.round(ROUND).max(LEAST);
    block_on(async {
        Ordinary::make(world, &tenants).await?;
        let mut limits = String::new();
        let mut measured = Vec::new();
        for setup in &SETUPS {
            progress::say(format_args!("  {}", setup.name));
            let confinement = Confinement::new(MEMORY)?;
            limits = format!("The service ran on {}.", confinement.describe());
            let service = start(world, &tenants, &services, setup, &confinement).await?;
            measured.push(measure(&service, &tenants, &wrk, length).await?);
            service.end().await?;
        }
        Ok(outcome(limits, &measured))
    })
}

async fn start(
    world: &World,
    tenants: &[Tenant],
    services: &Services,
    setup: &Setup,
    confinement: &Confinement,
) -> anyhow::Result<Process> {
    let first = tenants.first().context("there is a tenant")?;
    let (program, filter) = (&services.tenantry, LogFilter::Info);
    process::tenantry(program, world, first, filter, setup.settings, Some(confinement)).await
}

/// A round under each load.
async fn measure(
    service: &Process,
    tenants: &[Tenant],
    wrk: &Path,
    length: Duration,
) -> anyhow::Result<Vec<(WrkRound, Sampled)>> {
    let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.id.as_uuid()).collect();
    let wrk = Wrk::new(wrk, LIST, &ids)?;
    wrk.any_round(service.address(), LOADS[0], WARM_UP).await?;
    let mut rounds = Vec::new();
    for connections in LOADS {
        progress::say(format_args!("    {connections} connections"));
        let sampler = service.sample()?;
        let round = wrk.any_round(service.address(), connections, length).await?;
        rounds.push((round, sampler.stop().await?));
    }
    Ok(rounds)
}

type Rounds = [Vec<(WrkRound, Sampled)>];

fn outcome(limits: String, measured: &Rounds) -> Outcome {
    let mut figures = Vec::new();
    let mut loads = Vec::new();
    for (setup, rounds) in SETUPS.iter().zip(measured) {
        for (connections, (round, used)) in LOADS.iter().zip(rounds) {
            let name = format!("{}, {} connections", setup.name, number(f64::from(*connections)));
            let figure =
                |what: &str, unit: &str, value: f64| Figure::new(format!("{name}: {what}"), unit, &[value]);
            figures.extend([
                figure("requests", "/s", round.rate()),
                figure("requests that failed", "%", round.failed_percent()).never_above(0.0),
                figure("p99", "ms", round.p99),
                figure("processor", "%", used.processor),
                figure("resident set", "MiB", used.resident),
            ]);
            let mut load = LoadSummary::new(name);
            load.add_wrk(round);
            loads.push(load);
        }
    }
    Outcome {
        figures,
        charts: charts(measured),
        loads,
        notes: vec![limits, SOURCE.to_owned()],
    }
}

fn charts(measured: &Rounds) -> Vec<Chart> {
    let quoted = |values: [Option<f64>; 5]| values.map(|value| value.map(|value| Spread::of(&[value])));
    let template = "the template's own results";
    let limits = "One processor and 512 MiB for the service.";
    vec![
        chart(measured, "Requests under load", "requests/s", |(round, _)| {
            round.rate()
        })
        .series(template, SeriesStyle::Template, quoted(TEMPLATE_RATE))
        .note(SOURCE),
        chart(measured, "Errors under load", "% of requests", |(round, _)| {
            round.failed_percent()
        })
        .series(template, SeriesStyle::Template, quoted(TEMPLATE_ERRORS))
        .note(SOURCE),
        chart(
            measured,
            "The service's processor under load",
            "% of one",
            |(_, used)| used.processor,
        )
        .note(limits),
        chart(
            measured,
            "The service's memory under load",
            "MiB resident",
            |(_, used)| used.resident,
        )
        .note(limits),
    ]
}

fn chart(measured: &Rounds, title: &str, unit: &str, value: fn(&(WrkRound, Sampled)) -> f64) -> Chart {
    let loads = LOADS.map(|connections| number(f64::from(connections)));
    let chart = Chart::new(title, unit, "connections", Shape::Lines, Scale::Linear).over(loads);
    SETUPS.iter().zip(measured).fold(chart, |chart, (setup, rounds)| {
        let values = rounds.iter().map(|round| Some(Spread::of(&[value(round)])));
        chart.series(setup.name, setup.look, values)
    })
}
