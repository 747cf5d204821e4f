//! TLS on the tenant plane: new connections and requests, against a plain listener.

mod certificate;
mod connections;

use anyhow::Context as _;

use self::certificate::Certificate;
use self::connections::Connections;
use super::Scenario;
use super::sides::{Side, measure};
use crate::context::{Context, block_on};
use crate::load::Wrk;
use crate::process::{self, LIST_BY_KEY, LogFilter};
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;
use crate::world::Ordinary;

const ROUNDS: usize = 5;
/// Seconds of a round.
const ROUND: u64 = 2;
const SETTINGS: &[&str] = &["registry.max_connections_per_tenant=10"];

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "tls",
    summary: "new connections and requests by API key over TLS, against a plain listener",
    method: "Two processes of the released binary with production's settings and their logs at info, one with a \
             certificate (ECDSA on P-256) for its tenant plane, and the one that is not asked stands still (SIGSTOP). \
             New connections: eight clients in this process, each of which connects, sends one request that is \
             answered 404 without a tenant, and reads until the server closes; over TLS 1.3 with a full handshake \
             each time, or by resuming the session before. The clients' part of the handshakes is on the same \
             processors, so the service's own processor time is beside it. Requests: wrk lists 10 of 100 users by \
             API key over 32 connections that stay open.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let (tenantry, wrk) = (
        context.program(Program::Tenantry)?,
        context.program(Program::Wrk)?,
    );
    let (Some(tenantry), Some(wrk)) = (tenantry, wrk) else {
        return Ok(Outcome {
            notes: vec!["Not measured: it needs tenantry and wrk, one of which was left out.".to_owned()],
            ..Outcome::default()
        });
    };
    let world = context.production()?;
    let tenants = world.tenants(1)?;
    let tenant = tenants.first().context("there is a tenant")?;
    let (rounds, length) = (context.rounds(ROUNDS), context.round(ROUND));
    block_on(async {
        Ordinary::make(world, &tenants).await?;
        let keys = world.api_keys(&tenants).await?;
        let certificate = Certificate::new()?;
        let plain = process::tenantry(&tenantry, world, tenant, LogFilter::Info, SETTINGS, None).await?;
        let tls = process::tenantry_over_tls(&tenantry, world, certificate.files(), SETTINGS).await?;

        progress::say("  new connections");
        let mut outcome = Outcome::default();
        let connections = Connections::measure(&plain, &tls, &certificate.der, rounds, length).await?;
        connections.report(&mut outcome);

        progress::say("  requests");
        let over_tls = Side::of("TLS", &tls, Wrk::by_keys(&wrk, LIST_BY_KEY, &keys)?.over_tls());
        let in_plain = Side::of("plain", &plain, Wrk::by_keys(&wrk, LIST_BY_KEY, &keys)?);
        let name = "a list of 10 by API key over TLS";
        let pair = measure(name, &over_tls, &in_plain, rounds, length).await?;
        outcome.figures.push(pair.figure("plain").ratio_at_least(0.8));
        outcome.figures.push(pair.processor("plain"));
        outcome.loads.extend([pair.ours.load, pair.theirs.load]);

        plain.end().await?;
        tls.end().await?;
        Ok(outcome)
    })
}
