//! Clients that ask again as soon as they have been answered.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Tally;

/// One client.
pub(crate) trait Client: Send + 'static {
    /// Asks once and waits for the answer.
    fn ask(&mut self) -> impl Future<Output = Result<(), String>> + Send;
}

/// Lets all clients ask for so long; what is answered during `warm_up`, before that, does not count. A request that is
/// under way at the end is waited for: it has a latency, and is no part of the rate.
pub(crate) async fn closed<C: Client>(clients: Vec<C>, warm_up: Duration, length: Duration) -> Tally {
    let begin = Instant::now() + warm_up;
    let end = begin + length;
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(run(client, begin, end));
    }
    let mut tally = Tally {
        length,
        ..Tally::default()
    };
    while let Some(joined) = tasks.join_next().await {
        match joined {
            Ok(client) => tally.add(client),
            Err(error) => tally.count(Duration::ZERO, Err(error.to_string()), false),
        }
    }
    tally
}

async fn run<C: Client>(mut client: C, begin: Instant, end: Instant) -> Tally {
    let mut tally = Tally::default();
    loop {
        let asked = Instant::now();
        if asked >= end {
            return tally;
        }
        let outcome = client.ask().await;
        let answered = Instant::now();
        // Errors count whenever they come.
        if outcome.is_err() || begin <= answered {
            tally.count(answered - asked, outcome, answered < end);
        }
    }
}
