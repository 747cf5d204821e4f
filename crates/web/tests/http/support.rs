//! A server with routes to try things on, a client that can misbehave, and the log.

pub(crate) mod certificates;
pub(crate) mod log;
pub(crate) mod raw;
mod routes;

use std::{net::SocketAddr, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use web::{
    StackSettings,
    listen::{Drained, Limits, Listener, Tls, serve},
    stack,
};

pub(crate) use routes::Gate;

/// Far more than anything here takes, on a machine that is busy with other things.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A length of time that stands for a limit under test.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// A server on a port of its own. Dropping it cuts everything.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) gate: Gate,
    stop: CancellationToken,
    served: JoinHandle<Drained>,
}

impl Server {
    pub(crate) fn start(limits: Limits, settings: StackSettings) -> Self {
        Self::start_draining(limits, settings, SOON)
    }

    pub(crate) fn start_tls(limits: Limits, tls: &Tls) -> Self {
        Self::start_with(limits, settings(), SOON, |listener| {
            listener.with_tls(tls.clone())
        })
    }

    pub(crate) fn start_draining(limits: Limits, settings: StackSettings, drain: Duration) -> Self {
        Self::start_with(limits, settings, drain, |listener| listener)
    }

    pub(crate) fn start_with(
        limits: Limits,
        settings: StackSettings,
        drain: Duration,
        set: impl FnOnce(Listener) -> Listener,
    ) -> Self {
        log::capture();
        let gate = Gate::default();
        let router = stack(routes::router(gate.clone()), settings);
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listener = set(listener.of_plane("test"));
        let addr = listener.local_addr();
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(listener, router, limits, stop.clone(), drain));
        Self {
            addr,
            gate,
            stop,
            served,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Asks it to stop; [`Server::drained`] waits for it.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    pub(crate) async fn drained(mut self) -> Drained {
        timeout(SOON, &mut self.served)
            .await
            .expect("the server stops in time")
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// A server with no short limits.
pub(crate) fn server() -> Server {
    Server::start(Limits::default(), settings())
}

pub(crate) fn settings() -> StackSettings {
    StackSettings {
        secret_prefix: Some("tnt_"),
        ..StackSettings::new("test")
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(SOON).build().unwrap()
}

/// The response's problem: its status, type and the id of its request are checked on the way.
pub(crate) async fn problem(response: reqwest::Response) -> serde_json::Value {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/problem+json");
    let problem: serde_json::Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], headers["x-request-id"].to_str().unwrap());
    problem
}

/// Waits until `done` says so.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let poll = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, poll)
        .await
        .unwrap_or_else(|_| panic!("in time: {what}"));
}
