//! Rounds of load over a budget of connections, by the engine and by PgBouncer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use schema::Login;

use super::asking::{ByBouncer, ByEngine, Choice, connect, ids};
use crate::engine::{Engine, EngineSettings};
use crate::load::{Client, PgBouncer, Tally, closed_within};
use crate::world::{BackendCounter, Directory, Limit, Tenant, World};

/// Connections over all tenants, for every contender.
pub(super) const BUDGET: u32 = 50;
/// How many of them a tenant may have.
const MAX: u32 = 5;
/// Longer than any wait that is no failure.
const ACQUIRE: Duration = Duration::from_secs(30);

/// Which tenant each client asks for, by the client's number.
pub(super) type Choose = fn(usize, usize) -> Choice;

/// What rounds over a budget have in common.
pub(super) struct Rounds<'a> {
    pub(super) world: &'a World,
    pub(super) clients: usize,
    pub(super) warm_up: Duration,
    pub(super) length: Duration,
    /// How long a request that is under way at the end of a round is waited for.
    pub(super) drain_timeout: Duration,
    pub(super) choose: Choose,
}

/// What a round came to, and the most sessions of tenants that the server counted in it.
pub(super) struct Round {
    pub(super) tally: Tally,
    pub(super) most: f64,
    /// Logins that the server had no place for (SQLSTATE 53300) and that the engine tried again.
    pub(super) again: f64,
}

impl Rounds<'_> {
    /// A round of the engine's. The database takes no more sessions than the budget has: one too many would be an
    /// error of the round's.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub(super) async fn engine(&self, tenants: &[Tenant]) -> anyhow::Result<Round> {
        self.world.quiet().await?;
        Limit::set(self.world, Some(BUDGET)).await?;
        let engine = engine(self.world, tenants, MAX).await?;
        let tenants = ids(tenants);
        let client = |number| ByEngine {
            engine: engine.clone(),
            tenants: Arc::clone(&tenants),
            choice: (self.choose)(number, tenants.len()),
        };
        let counter = BackendCounter::start(self.world).await?;
        let tally = self.closed((0..self.clients).map(client).collect()).await;
        let seen = counter.stop().await?;
        let again = engine.budget().server_full;
        engine.stop().await;
        Limit::set(self.world, None).await?;
        Ok(Round::new(tally, seen.most, again))
    }

    /// A round of PgBouncer's, by these logins. Without the database's limit: it counts a connection as
    /// closed when it has said so, and one refusal would have it wait for seconds.
    ///
    /// # Errors
    /// When it does not start, or refuses a client.
    pub(super) async fn bouncer(&self, program: PathBuf, logins: &[Login]) -> anyhow::Result<Round> {
        self.world.quiet().await?;
        let bouncer = PgBouncer::start(program, self.world, logins, BUDGET).await?;
        // Where there are fewer tenants than clients, these need not share a connection.
        let copies = self.clients.div_ceil(logins.len().max(1));
        let clients: Vec<&Login> = logins.iter().cycle().take(copies * logins.len()).collect();
        let connections = connect(&bouncer, &clients).await?;
        let client = |number| ByBouncer {
            connections: Arc::clone(&connections),
            choice: (self.choose)(number, connections.len()),
        };
        let counter = BackendCounter::start(self.world).await?;
        let tally = self.closed((0..self.clients).map(client).collect()).await;
        let seen = counter.stop().await?;
        Ok(Round::new(tally, seen.most, 0))
    }

    async fn closed<C: Client>(&self, clients: Vec<C>) -> Tally {
        closed_within(clients, self.warm_up, self.length, self.drain_timeout).await
    }
}

impl Round {
    /// The round, if no request failed.
    ///
    /// # Errors
    /// When one did.
    pub(super) fn without_failures(self) -> anyhow::Result<Self> {
        if let Some(error) = &self.tally.first_error {
            bail!("{} requests failed, the first with: {error}", self.tally.errors);
        }
        Ok(self)
    }

    #[expect(clippy::cast_precision_loss, reason = "a handful of sessions")]
    fn new(tally: Tally, most: i64, again: u64) -> Self {
        Self {
            tally,
            most: most as f64,
            again: again as f64,
        }
    }
}

/// An engine with the budget over these tenants.
///
/// # Errors
/// When the server cannot be asked.
pub(super) async fn engine(world: &World, tenants: &[Tenant], max: u32) -> anyhow::Result<Engine> {
    let settings = EngineSettings {
        budget: BUDGET,
        acquire_timeout: ACQUIRE,
        idle_timeout: Duration::from_mins(10),
        sentinel: world.sentinel(),
    };
    Engine::start(settings, Directory::of(tenants, max)).await
}
