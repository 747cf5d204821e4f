//! Open-loop load: requests at fixed times, whether or not those before them have been answered.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Tally;

/// Asks every `period` from `begin` until `end`, each request in a task of its own. A latency counts from the time at
/// which its request was due, so that a client that falls behind hides nothing.
pub(crate) async fn open<F, A>(begin: Instant, end: Instant, period: Duration, mut ask: F) -> Tally
where
    F: FnMut() -> A,
    A: Future<Output = Result<(), String>> + Send + 'static,
{
    let mut requests = JoinSet::new();
    let mut due = begin;
    while due < end {
        sleep_until(due).await;
        let answer = ask();
        requests.spawn(async move {
            let outcome = answer.await;
            (due.elapsed(), outcome)
        });
        due += period;
    }
    let mut tally = Tally {
        length: end - begin,
        ..Tally::default()
    };
    while let Some(joined) = requests.join_next().await {
        match joined {
            Ok((took, outcome)) => tally.count(took, outcome, true),
            Err(error) => tally.count(Duration::ZERO, Err(error.to_string()), false),
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_holds_up_no_other() {
        let begin = Instant::now();
        let second = Duration::from_secs(1);
        let tally = open(begin, begin + 10 * second, second, || async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok(())
        })
        .await;
        assert_eq!(tally.latencies.len(), 10);
        // All at once, and each in its own five seconds.
        assert!(begin.elapsed() < 15 * second, "{:?}", begin.elapsed());
        assert!(
            (tally.percentile(100) - 5_000.0).abs() < 10.0,
            "{}",
            tally.percentile(100)
        );
    }
}
