//! Limits of tenants: what they cost a request, and a tenant far above its plan beside another one.

mod plans;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::{Admission, TrustedNetworks, Ways};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::{Extension, Router};
use tenant_registry::TenantId;
use tokio::time::Instant;
use tower::ServiceExt as _;
use web::Peer;
use web::page::{CursorKey, CursorKeys};

use self::plans::PlanOf;
use super::Scenario;
use crate::context::{Context, block_on};
use crate::engine::Engine;
use crate::figure::Figure;
use crate::load::{Client, LoadSummary, closed, open};
use crate::progress;
use crate::run::Outcome;

const ROUNDS: usize = 7;
/// Requests with limits, and as many without, in a round.
const REQUESTS: u32 = 20_000;
/// Seconds of a round beside the noisy tenant.
const ROUND: u64 = 3;
const WARM_UP: Duration = Duration::from_millis(500);
const CLIENTS: usize = 8;
const CONNECTIONS: u32 = 8;
/// Of the noisy tenant's plan, a second.
const PLAN: u32 = 100;
/// Between two of its requests: ten times as many.
const PERIOD: Duration = Duration::from_millis(1);

/// Answered without a query, behind all layers and with a lease.
const UNKNOWN_USER: &str = "/v1/internal/users/nobody";
const LIST: &str = "/v1/internal/users?limit=10";

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "limits",
    summary: "what a tenant's limits cost a request, and a tenant's p99 beside one at ten times its plan",
    method: "The service's router in this process, without sockets and logs. The cost: a request for a user whose id is \
             none, which passes all layers, leases the tenant's pool and queries nothing, of a tenant with a limit of \
             each kind against one without, by turns; and one that is refused with 429. The noisy tenant has a plan \
             of 100 requests a second and sends 1,000, in an open loop; another tenant's eight clients list users in a \
             closed loop, alone and beside it, by turns.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(3)?;
    block_on(async {
        let engine = Engine::of(world, &tenants, CONNECTIONS, CONNECTIONS).await?;
        let [quiet, limited, noisy] = [0, 1, 2].map(|number| tenants[number].id);
        let table = PlanOf::new([(limited, plans::never_reached()), (noisy, plans::a_second(PLAN))]);
        let loopback = "127.0.0.0/8".parse().context("no network")?;
        let router = api::plane(
            engine.registry(),
            Ways::internal(TrustedNetworks::new([loopback])),
            &Admission::new(Arc::new(table), u32::MAX),
        );
        let cursors = Extension(CursorKeys::new(CursorKey::new(&[1; 32]), []));
        let plane = Plane(router.route_layer(cursors));
        let mut figures = cost(&plane, [quiet, limited, noisy], context.rounds(ROUNDS)).await?;
        let beside = Beside::run(&plane, quiet, noisy, context.rounds(ROUNDS), context.round(ROUND)).await;
        figures.push(
            Figure::compared(
                "p99 beside a tenant at ten times its plan",
                "ms",
                &beside.disturbed,
                "alone",
                &beside.alone,
            )
            .ratio_at_most(1.2),
        );
        figures.push(Figure::new("requests that failed", "", &beside.errors).never_above(0.0));
        figures.push(Figure::new(
            "of the noisy tenant, admitted",
            "/s",
            &beside.admitted,
        ));
        engine.stop().await;
        Ok(Outcome {
            figures,
            loads: beside.loads.into_iter().collect(),
            ..Outcome::default()
        })
    })
}

/// The router.
#[derive(Clone)]
struct Plane(Router);

impl Plane {
    async fn status(&self, path: &str, tenant: TenantId) -> Result<StatusCode, String> {
        let request = Request::get(path)
            .header("host", "localhost")
            .header("x-tenant-id", tenant.to_string())
            .extension(Peer::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))))
            .body(Body::empty())
            .map_err(|error| error.to_string())?;
        match self.0.clone().oneshot(request).await {
            Ok(response) => Ok(response.status()),
            Err(never) => match never {},
        }
    }
}

/// Microseconds of a request without limits, with all of them, and refused.
async fn cost(plane: &Plane, tenants: [TenantId; 3], rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let expected = [
        StatusCode::NOT_FOUND,
        StatusCode::NOT_FOUND,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    for _ in 0..=2 * PLAN {
        // The pools open, and the last one's bucket is empty.
        for tenant in tenants {
            let _ = plane.status(UNKNOWN_USER, tenant).await;
        }
    }
    for (tenant, expected) in tenants.into_iter().zip(expected) {
        let status = plane.status(UNKNOWN_USER, tenant).await;
        if status != Ok(expected) {
            bail!("the plane answers {status:?}");
        }
    }
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        progress::say(format_args!("  the cost, round {}", round + 1));
        for (tenant, times) in tenants.into_iter().zip(&mut times) {
            let begin = Instant::now();
            for _ in 0..REQUESTS {
                let _ = plane.status(UNKNOWN_USER, tenant).await;
            }
            times.push(begin.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
        }
    }
    let [without, with, refused] = times;
    Ok(vec![
        Figure::compared(
            "a request without a query, with limits",
            "µs",
            &with,
            "without",
            &without,
        ),
        Figure::compared("mostly refused requests", "µs", &refused, "without", &without),
    ])
}

/// Rounds of the quiet tenant's clients alone, and beside the noisy one.
struct Beside {
    alone: Vec<f64>,
    disturbed: Vec<f64>,
    errors: Vec<f64>,
    admitted: Vec<f64>,
    loads: [LoadSummary; 2],
}

impl Beside {
    async fn run(plane: &Plane, quiet: TenantId, noisy: TenantId, rounds: usize, length: Duration) -> Self {
        let mut seen = Self {
            alone: Vec::new(),
            disturbed: Vec::new(),
            errors: Vec::new(),
            admitted: Vec::new(),
            loads: ["alone", "beside a noisy tenant"].map(LoadSummary::new),
        };
        let clients = || {
            (0..CLIENTS)
                .map(|_| Lister(plane.clone(), quiet))
                .collect::<Vec<_>>()
        };
        for round in 0..rounds {
            progress::say(format_args!("  a noisy tenant, round {}", round + 1));
            let alone = closed(clients(), WARM_UP, length).await;
            let begin = Instant::now();
            let (disturbed, storm) = tokio::join!(
                closed(clients(), WARM_UP, length),
                open(begin, begin + WARM_UP + length, PERIOD, || {
                    let plane = plane.clone();
                    async move {
                        match plane.status(LIST, noisy).await? {
                            StatusCode::OK => Ok(()),
                            status => Err(status.to_string()),
                        }
                    }
                })
            );
            seen.alone.push(alone.percentile(99));
            seen.disturbed.push(disturbed.percentile(99));
            seen.errors.push(alone.failures() + disturbed.failures());
            seen.admitted.push(storm.rate());
            seen.loads[0].add_tally(&alone);
            seen.loads[1].add_tally(&disturbed);
        }
        seen
    }
}

/// A client that lists its tenant's users.
struct Lister(Plane, TenantId);

impl Client for Lister {
    async fn ask(&mut self) -> Result<(), String> {
        match self.0.status(LIST, self.1).await? {
            StatusCode::OK => Ok(()),
            status => Err(format!("a list got {status}")),
        }
    }
}
