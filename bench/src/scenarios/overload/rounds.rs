//! Rounds of what the service carries, and of twice that.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::load::{Client, HttpClient, LoadSummary, Tally, closed, open};
use crate::progress;

const CLIENTS: usize = 64;
const WARM_UP: Duration = Duration::from_secs(1);
/// A later answer is of no use to its client.
const USEFUL: Duration = Duration::from_secs(1);
/// An answer that has not come by then never comes.
const GIVE_UP: Duration = Duration::from_secs(5);
const PROBE_PERIOD: Duration = Duration::from_millis(100);
const PROBE: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// What the rounds came to: requests a second, and milliseconds.
pub(super) struct Rounds {
    service: HttpClient,
    admin: HttpClient,
    requests: Arc<[String]>,
    pub(super) carried: Vec<f64>,
    pub(super) offered: Vec<f64>,
    pub(super) good: Vec<f64>,
    pub(super) shed: Vec<f64>,
    pub(super) failed: Vec<f64>,
    pub(super) p99: Vec<f64>,
    pub(super) probes: Vec<f64>,
    pub(super) failed_probes: Vec<f64>,
    pub(super) loads: [LoadSummary; 2],
}

/// Answers of a round, by kind.
#[derive(Default)]
struct Answers {
    good: AtomicU64,
    shed: AtomicU64,
    failed: AtomicU64,
}

/// A client in a closed loop, which asks for each tenant in turn.
struct InTurn {
    service: HttpClient,
    requests: Arc<[String]>,
    next: usize,
}

impl Client for InTurn {
    async fn ask(&mut self) -> Result<(), String> {
        self.next += 1;
        let request = &self.requests[self.next % self.requests.len()];
        match self.service.ask(request.as_bytes()).await {
            Ok(200) => Ok(()),
            Ok(status) => Err(format!("a list got {status}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Rounds {
    pub(super) fn new(service: SocketAddr, admin: SocketAddr, requests: Vec<String>) -> Self {
        Self {
            service: HttpClient::new(service),
            admin: HttpClient::new(admin),
            requests: requests.into(),
            carried: Vec::new(),
            offered: Vec::new(),
            good: Vec::new(),
            shed: Vec::new(),
            failed: Vec::new(),
            p99: Vec::new(),
            probes: Vec::new(),
            failed_probes: Vec::new(),
            loads: ["what the service carries", "twice as much"].map(LoadSummary::new),
        }
    }

    pub(super) async fn run(&mut self, rounds: usize, length: Duration) {
        for round in 0..rounds {
            progress::say(format_args!("  round {}", round + 1));
            let clients = (0..CLIENTS)
                .map(|number| InTurn {
                    service: self.service.clone(),
                    requests: Arc::clone(&self.requests),
                    next: number,
                })
                .collect();
            let carried = closed(clients, WARM_UP, length).await;
            self.carried.push(carried.rate());
            self.loads[0].add_tally(&carried);
            self.overload(2.0 * carried.rate(), length).await;
        }
    }

    /// A round of so many requests a second.
    async fn overload(&mut self, rate: f64, length: Duration) {
        let answers = Arc::new(Answers::default());
        let number = AtomicUsize::new(0);
        let period = Duration::from_secs_f64(1.0 / rate.max(1.0));
        let begin = Instant::now() + PROBE_PERIOD;
        let end = begin + length;
        let mut due = begin;
        let load = open(begin, end, period, || {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let (service, requests) = (self.service.clone(), Arc::clone(&self.requests));
            let (answers, was_due) = (Arc::clone(&answers), due);
            due += period;
            async move {
                let request = &requests[number % requests.len()];
                let answer = timeout_at(was_due + GIVE_UP, service.ask(request.as_bytes())).await;
                let in_time = was_due.elapsed() <= USEFUL && Instant::now() <= end;
                match answer {
                    Ok(Ok(200)) if in_time => {
                        answers.good.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    }
                    Ok(Ok(503)) => {
                        answers.shed.fetch_add(1, Ordering::Relaxed);
                        Err("503".to_owned())
                    }
                    other => {
                        answers.failed.fetch_add(1, Ordering::Relaxed);
                        Err(format!("{other:?}"))
                    }
                }
            }
        });
        let probes = open(begin, end, PROBE_PERIOD, || {
            let admin = self.admin.clone();
            async move {
                match admin.ask(PROBE).await {
                    Ok(200) => Ok(()),
                    other => Err(format!("{other:?}")),
                }
            }
        });
        let (load, probes) = tokio::join!(load, probes);
        self.push(rate, &answers, &load, &probes);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a round has far fewer than 2^52 requests"
    )]
    fn push(&mut self, rate: f64, answers: &Answers, load: &Tally, probes: &Tally) {
        let seconds = load.length.as_secs_f64();
        let a_second = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / seconds;
        self.offered.push(rate);
        self.good.push(a_second(&answers.good));
        self.shed.push(a_second(&answers.shed));
        self.failed.push(a_second(&answers.failed));
        self.p99.push(load.percentile(99));
        self.probes.push(probes.percentile(99));
        self.failed_probes.push(probes.failures());
        self.loads[1].add_tally(load);
    }
}
