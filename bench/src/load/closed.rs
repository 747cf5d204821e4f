//! Closed-loop load: clients that send a request as soon as the one before has been answered.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Tally;

/// One client.
pub(crate) trait Client: Send + 'static {
    /// Asks once and waits for the answer.
    fn ask(&mut self) -> impl Future<Output = Result<(), String>> + Send;
}

/// How long a request that is under way at the end is waited for, unless a scenario says otherwise.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_mins(2);

/// Lets all clients ask for so long; what is answered during `warm_up`, before that, does not count. A request that is
/// under way at the end is waited for: it has a latency, and is no part of the rate.
pub(crate) async fn closed<C: Client>(clients: Vec<C>, warm_up: Duration, length: Duration) -> Tally {
    closed_within(clients, warm_up, length, DRAIN_TIMEOUT).await
}

/// The same where a request that is under way at the end is given up after `drain_timeout`, and has failed.
pub(crate) async fn closed_within<C: Client>(
    clients: Vec<C>,
    warm_up: Duration,
    length: Duration,
    drain_timeout: Duration,
) -> Tally {
    let begin = Instant::now() + warm_up;
    let end = begin + length;
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(run(client, begin, end, end + drain_timeout));
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

async fn run<C: Client>(mut client: C, begin: Instant, end: Instant, deadline: Instant) -> Tally {
    let mut tally = Tally::default();
    loop {
        let asked = Instant::now();
        if asked >= end {
            return tally;
        }
        let outcome = timeout_at(deadline, client.ask()).await;
        let outcome = outcome.unwrap_or_else(|_| Err("not answered long after the round's end".to_owned()));
        let answered = Instant::now();
        // Errors count whenever they come.
        if outcome.is_err() || begin <= answered {
            tally.count(answered - asked, outcome, answered < end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers once, and never again.
    struct Once(bool);

    impl Client for Once {
        async fn ask(&mut self) -> Result<(), String> {
            if std::mem::replace(&mut self.0, true) {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_unanswered_request_fails_at_its_deadline() {
        let (begin, second) = (Instant::now(), Duration::from_secs(1));
        let tally = closed_within(vec![Once(false), Once(false)], Duration::ZERO, second, 5 * second).await;
        assert_eq!((tally.answered, tally.errors), (2, 2));
        assert_eq!(begin.elapsed(), 6 * second);
    }
}
