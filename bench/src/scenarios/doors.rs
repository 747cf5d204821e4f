//! The tenant plane's two doors: cost of a request by API key or token, and a storm of made-up keys.

mod keys;
mod storm;
mod tokens;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use api::{Admission, TrustedNetworks, Ways};
use axum::body::Body;
use axum::http::{HeaderName, Request, StatusCode, header};
use axum::{Extension, Router};
use control_plane::ApiKeySecret;
use tokio::time::Instant;
use tower::ServiceExt as _;
use web::Peer;
use web::page::{CursorKey, CursorKeys};

use self::keys::LiveKeysOf;
use self::storm::Storm;
use super::Scenario;
use crate::context::{Context, block_on};
use crate::engine::Engine;
use crate::figure::Figure;
use crate::load::Client;
use crate::progress;
use crate::run::Outcome;

const ROUNDS: usize = 7;
/// Requests by each door in a round.
const REQUESTS: u32 = 20_000;
/// Live keys in the index.
const KEYS: usize = 1_000;
/// Seconds of a round of the storm.
const ROUND: u64 = 4;
const CLIENTS: usize = 8;
const CONNECTIONS: u32 = 8;

/// Answered without a query, behind all layers and with a lease.
const UNKNOWN_USER: &str = "users/nobody";
const LIST: &str = "users?limit=10";

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "doors",
    summary: "a request by API key or token against one by x-tenant-id, and a tenant's p99 beside 10,000 made-up keys a second",
    method: "The service's router in this process, without sockets and logs, over a control store with 1,000 live keys. \
             The doors: a request for a user whose id is none, which passes all layers, leases the tenant's pool and \
             queries nothing, by API key, by x-tenant-id and by a JSON Web Token in turn; the token is verified once a \
             minute and remembered. The storm: eight clients of one tenant list users \
             by API key in a closed loop, alone and beside 10,000 requests a second with fresh made-up keys, each \
             refused with 401; rounds take turns.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(1)?;
    let tenant = tenants.first().context("there is a tenant")?;
    block_on(async {
        let keys = LiveKeysOf::start(world, tenant.id, KEYS).await?;
        let engine = Engine::of(world, &tenants, CONNECTIONS, CONNECTIONS).await?;
        let (verifier, token) = tokens::of_tenant(tenant.id)?;
        let loopback = "127.0.0.0/8".parse().context("no network")?;
        let router = api::plane(
            engine.registry(),
            Ways::all(
                TrustedNetworks::new([loopback]),
                Arc::new(keys.verifier()),
                Some(Arc::new(verifier)),
            ),
            &Admission::unlimited(),
        );
        let doors = Doors {
            router: router.route_layer(Extension(CursorKeys::new(CursorKey::new(&[1; 32]), []))),
            key: format!("Bearer {}", keys.secret.expose()),
            token: format!("Bearer {token}"),
            tenant: tenant.id.to_string(),
        };
        let mut figures = Vec::from(doors.overhead(context.rounds(ROUNDS)).await?);
        let storm = Storm::run(&doors, context.rounds(ROUNDS), context.round(ROUND)).await;
        figures.push(
            Figure::compared(
                "p99 beside 10,000 made-up keys a second",
                "ms",
                &storm.beside,
                "alone",
                &storm.alone,
            )
            .ratio_at_most(1.3),
        );
        figures.push(
            Figure::new(
                "requests that failed, or made-up keys that were not refused",
                "",
                &storm.errors,
            )
            .never_above(0.0),
        );
        figures.push(Figure::new("made-up keys refused", "/s", &storm.refused));
        engine.stop().await;
        keys.stop().await;
        Ok(Outcome {
            figures,
            loads: storm.loads.into_iter().collect(),
            ..Outcome::default()
        })
    })
}

/// The router, and what opens it.
#[derive(Clone)]
struct Doors {
    router: Router,
    key: String,
    token: String,
    tenant: String,
}

impl Doors {
    /// A request by this header.
    async fn status(
        &self,
        prefix: &str,
        path: &str,
        name: HeaderName,
        value: &str,
    ) -> Result<StatusCode, String> {
        let request = Request::get(format!("{prefix}/{path}"))
            .header("host", "localhost")
            .header(name, value)
            .extension(Peer::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))))
            .body(Body::empty())
            .map_err(|error| error.to_string())?;
        match self.router.clone().oneshot(request).await {
            Ok(response) => Ok(response.status()),
            Err(never) => match never {},
        }
    }

    async fn by_key(&self, path: &str) -> Result<StatusCode, String> {
        self.status("/v1", path, header::AUTHORIZATION, &self.key).await
    }

    async fn by_token(&self, path: &str) -> Result<StatusCode, String> {
        self.status("/v1", path, header::AUTHORIZATION, &self.token).await
    }

    async fn by_header(&self, path: &str) -> Result<StatusCode, String> {
        self.status(
            "/v1/internal",
            path,
            HeaderName::from_static("x-tenant-id"),
            &self.tenant,
        )
        .await
    }

    /// Microseconds of a request by each door.
    async fn overhead(&self, rounds: usize) -> anyhow::Result<[Figure; 2]> {
        let (mut by_key, mut by_header, mut by_token) = (Vec::new(), Vec::new(), Vec::new());
        // The pool opens.
        for status in [
            self.by_key(UNKNOWN_USER).await,
            self.by_header(UNKNOWN_USER).await,
            self.by_token(UNKNOWN_USER).await,
        ] {
            if status != Ok(StatusCode::NOT_FOUND) {
                bail!("the plane answers {status:?}");
            }
        }
        for round in 0..rounds {
            progress::say(format_args!("  doors, round {}", round + 1));
            let begin = Instant::now();
            for _ in 0..REQUESTS {
                let _ = self.by_key(UNKNOWN_USER).await;
            }
            by_key.push(begin.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
            let begin = Instant::now();
            for _ in 0..REQUESTS {
                let _ = self.by_header(UNKNOWN_USER).await;
            }
            by_header.push(begin.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
            let begin = Instant::now();
            for _ in 0..REQUESTS {
                let _ = self.by_token(UNKNOWN_USER).await;
            }
            by_token.push(begin.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
        }
        Ok([
            ("a request without a query, by API key", &by_key),
            ("a request without a query, by token", &by_token),
        ]
        .map(|(name, times)| Figure::compared(name, "µs", times, "by x-tenant-id", &by_header)))
    }

    fn clients(&self) -> Vec<ByKey> {
        (0..CLIENTS).map(|_| ByKey(self.clone())).collect()
    }

    /// A request with a made-up key, which fails unless it is refused.
    async fn made_up(&self) -> Result<(), String> {
        let secret = ApiKeySecret::generate().map_err(|error| error.to_string())?;
        let value = format!("Bearer {}", secret.expose());
        match self.status("/v1", LIST, header::AUTHORIZATION, &value).await? {
            StatusCode::UNAUTHORIZED => Ok(()),
            status => Err(format!("a made-up key got {status}")),
        }
    }
}

/// A client that lists its tenant's users by API key.
struct ByKey(Doors);

impl Client for ByKey {
    async fn ask(&mut self) -> Result<(), String> {
        match self.0.by_key(LIST).await? {
            StatusCode::OK => Ok(()),
            status => Err(format!("a list got {status}")),
        }
    }
}
