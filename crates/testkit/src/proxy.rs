//! A network that breaks: a TCP proxy between a client and PostgreSQL that does what a test tells it.

mod link;
mod start_up;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use control_plane::postgres::Cluster;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A proxy on a loopback port of its own. It forwards until it is told otherwise, and all it holds is closed when
/// it is dropped.
///
/// What it is told holds from the moment that the call returns: for connections that are open and, but for
/// [`cut`](Self::cut), for those to come. [`heal`](Self::heal) ends all of it.
pub struct Proxy {
    address: SocketAddr,
    /// Bound and never listening: keeps the port ours while nobody listens on it.
    _port: TcpSocket,
    shared: Arc<Shared>,
    /// The task that holds the listener; `None` while connections are refused.
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    upstream: (String, u16),
    flow: watch::Sender<Flow>,
    accepted: AtomicU64,
    links: Mutex<Links>,
}

/// How bytes go, in both directions.
#[derive(Debug, Clone, Copy, Default)]
struct Flow {
    delay: Duration,
    parting: Duration,
    frozen: bool,
    /// Connections up to this number are frozen.
    frozen_up_to: u64,
    /// New connections lose their start-up options.
    drops_options: bool,
}

impl Flow {
    fn holds(&self, number: u64) -> bool {
        self.frozen || number <= self.frozen_up_to
    }
}

/// The connections that are open, and what ends them.
#[derive(Default)]
struct Links {
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Proxy {
    /// A proxy before the server at this host and port. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(host: impl Into<String>, port: u16) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let port_holder = bind(any).expect("there is a free port");
        let address = port_holder.local_addr().expect("a bound socket has an address");
        let proxy = Self {
            address,
            _port: port_holder,
            shared: Arc::new(Shared {
                upstream: (host.into(), port),
                flow: watch::Sender::default(),
                accepted: AtomicU64::new(0),
                links: Mutex::default(),
            }),
            accepting: Mutex::new(None),
        };
        proxy.heal();
        proxy
    }

    /// A proxy before this cluster.
    pub fn before(cluster: &Cluster) -> Self {
        Self::start(&cluster.host, cluster.port)
    }

    /// The same cluster by way of the proxy.
    pub fn cluster(&self, cluster: &Cluster) -> Cluster {
        Cluster {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            ..cluster.clone()
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has accepted since its start.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Lets every byte come so much later, each way; a login, too.
    pub fn delay(&self, delay: Duration) {
        self.shared.flow.send_modify(|flow| flow.delay = delay);
    }

    /// Lets the end of a connection, PostgreSQL's Terminate and the FIN, come so much later: the server has a backend
    /// whose client is long gone.
    pub fn delay_parting(&self, delay: Duration) {
        self.shared.flow.send_modify(|flow| flow.parting = delay);
    }

    /// Keeps all sockets open and accepts new ones, and forwards nothing: a network that swallows packets.
    pub fn freeze(&self) {
        self.shared.flow.send_modify(|flow| flow.frozen = true);
    }

    /// As [`freeze`](Self::freeze) for the connections that are open now; new ones work: a network that has forgotten
    /// what was open.
    pub fn freeze_open(&self) {
        let up_to = self.accepted();
        self.shared.flow.send_modify(|flow| flow.frozen_up_to = up_to);
    }

    /// Takes the start-up options out of each login to come, as PgBouncer does with
    /// `ignore_startup_parameters = options`. Not over TLS.
    pub fn drop_start_up_options(&self) {
        self.shared.flow.send_modify(|flow| flow.drops_options = true);
    }

    /// Resets every connection that is open now, and returns when they are gone. New ones are accepted.
    pub async fn cut(&self) {
        let links = std::mem::take(&mut *lock(&self.shared.links));
        links.cut.cancel();
        links.tasks.close();
        links.tasks.wait().await;
    }

    /// Closes the port, so that new connections are refused. Those that are open stay.
    pub async fn refuse(&self) {
        let accepting = lock(&self.accepting).take();
        if let Some(task) = accepting {
            task.abort();
            // Cancelled, as it was told to be; the listener is closed now.
            let _ = task.await;
        }
    }

    /// All is well again: no delay, what was frozen goes on, and the port is open.
    ///
    /// # Panics
    /// When it cannot listen on its own port.
    pub fn heal(&self) {
        self.shared.flow.send_replace(Flow::default());
        lock(&self.accepting).get_or_insert_with(|| {
            let listener = bind(self.address)
                .and_then(|socket| socket.listen(1024))
                .expect("the proxy can listen on its own port");
            tokio::spawn(accept(listener, Arc::clone(&self.shared)))
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.accepting).take() {
            task.abort();
        }
        lock(&self.shared.links).cut.cancel();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // An error here means that the process is out of descriptors: then the test has failed anyhow.
    while let Ok((client, _)) = listener.accept().await {
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst) + 1;
        let links = lock(&shared.links);
        let cut = links.cut.clone();
        links.tasks.spawn(link::run(
            client,
            shared.upstream.clone(),
            link::Way {
                flow: shared.flow.subscribe(),
                number,
            },
            cut,
        ));
    }
}

/// Bound so that several sockets may hold the port: one that keeps it, and one that listens.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
