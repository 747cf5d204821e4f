//! Maps each refusal to an HTTP status: two logins share a budget of two connections.
//!
//! Create the logins once, as a superuser: `CREATE ROLE acme LOGIN PASSWORD 'acme'`, and `globex` likewise. Then run
//!
//! ```sh
//! DATABASE_URL=postgres://acme:acme@localhost/postgres cargo run -p connection-budget --example refusals
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use connection_budget::{
    Budget, BudgetSettings, BudgetedPool, BudgetedSettings, Checkout, Failure, PoolSpec, Refusal,
    SentinelSettings,
};
use sqlx::postgres::PgConnectOptions;
use tokio::time::Instant;
use uuid::Uuid;

/// The status of an HTTP service: 429 for the pool's own limit, 503 for temporary failures.
fn status(refusal: &Refusal) -> u16 {
    match refusal.failure() {
        Failure::PoolBusy => 429,
        Failure::Other => 500,
        _ => 503,
    }
}

fn show(what: &str, acquired: Result<Checkout, Refusal>) {
    match acquired {
        Ok(_) => println!("{what}: 200"),
        Err(refusal) => {
            let wait = refusal.retry_after();
            println!("{what}: {} ({refusal}), Retry-After: {wait:?}", status(&refusal));
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "an example has no configuration of its own"
    )]
    let url = std::env::var("DATABASE_URL")?;
    let server: PgConnectOptions = url.parse()?;

    // The sentinel polls the server for its backends; any login will do.
    let budget = Budget::start(BudgetSettings {
        max_connections: Some(2),
        ..BudgetSettings::new(SentinelSettings::new(server.clone()))
    });
    let settings = Arc::new(BudgetedSettings {
        acquire_timeout: Duration::from_millis(500),
        ..BudgetedSettings::new(budget.clone())
    });
    let open = |login: &str, password: &str| {
        let spec = PoolSpec {
            key: Uuid::new_v4().into(),
            connect: server.clone().username(login).password(password),
            max_connections: 2,
            floor: 0,
        };
        BudgetedPool::open(spec, Arc::new(()), &settings)
    };
    let (acme, globex, stranger) = (
        open("acme", "acme"),
        open("globex", "globex"),
        open("stranger", ""),
    );

    // Two connections for two pools: they pass from one to the other.
    for pool in [&acme, &globex, &acme, &globex] {
        let mut connection = pool.acquire().await?;
        let user = connection.run(async |connection| {
            sqlx::query_scalar("SELECT session_user::text")
                .fetch_one(connection)
                .await
        });
        let user: String = user.await?;
        println!("{user}: 200");
    }

    let held = (acme.acquire().await?, acme.acquire().await?);
    show("acme, with both of its connections in use", acme.acquire().await);
    show("globex, with the budget in use by acme", globex.acquire().await);
    drop(held);
    show("globex, a moment later", globex.acquire().await);
    show("a login that the server refuses", stranger.acquire().await);

    acme.close(Instant::now() + Duration::from_secs(5)).await;
    show("acme, after its pool was closed", acme.acquire().await);
    println!("{:?}", budget.snapshot().ledger);
    Ok(())
}
