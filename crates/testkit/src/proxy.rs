//! Fault injection: a TCP proxy between a client and PostgreSQL.

mod link;
mod start_up;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schema::Cluster;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A proxy on its own loopback port. Forwards all traffic until a fault is set, and closes everything on drop.
///
/// A fault takes effect before the call returns, for open connections and, except for [`cut`](Self::cut) and
/// [`freeze_open`](Self::freeze_open), for new ones. [`heal`](Self::heal) ends all faults.
pub struct Proxy {
    address: SocketAddr,
    /// Bound and never listening: reserves the port while connections are refused.
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

/// Faults of the traffic, in both directions.
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

/// The open connections, and the token that ends them.
#[derive(Default)]
struct Links {
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Proxy {
    /// Starts a proxy for the server at this host and port. Must be called within a tokio runtime.
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

    /// Starts a proxy for this cluster.
    pub fn before(cluster: &Cluster) -> Self {
        Self::start(&cluster.host, cluster.port)
    }

    /// The same cluster, reached through the proxy.
    pub fn cluster(&self, cluster: &Cluster) -> Cluster {
        Cluster {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            ..cluster.clone()
        }
    }

    /// The address on which the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Number of connections accepted since the start.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Delays every byte in both directions, logins included.
    pub fn delay(&self, delay: Duration) {
        self.shared.flow.send_modify(|flow| flow.delay = delay);
    }

    /// Delays the end of a connection, PostgreSQL's Terminate and the FIN: the server keeps a backend without a client.
    pub fn delay_parting(&self, delay: Duration) {
        self.shared.flow.send_modify(|flow| flow.parting = delay);
    }

    /// Accepts and keeps all connections, but forwards nothing: a network that drops packets.
    pub fn freeze(&self) {
        self.shared.flow.send_modify(|flow| flow.frozen = true);
    }

    /// As [`freeze`](Self::freeze), but only for open connections, as when a NAT loses its state.
    pub fn freeze_open(&self) {
        let up_to = self.accepted();
        self.shared.flow.send_modify(|flow| flow.frozen_up_to = up_to);
    }

    /// Removes the start-up options from each new login, as PgBouncer does with `ignore_startup_parameters = options`.
    /// Not over TLS.
    pub fn drop_start_up_options(&self) {
        self.shared.flow.send_modify(|flow| flow.drops_options = true);
    }

    /// Resets every open connection, and waits for their end. Accepts new ones.
    pub async fn cut(&self) {
        let links = std::mem::take(&mut *lock(&self.shared.links));
        links.cut.cancel();
        links.tasks.close();
        links.tasks.wait().await;
    }

    /// Closes the port, so that new connections are refused. Open ones stay.
    pub async fn refuse(&self) {
        let accepting = lock(&self.accepting).take();
        if let Some(task) = accepting {
            task.abort();
            // Cancelled as requested; the listener is closed now.
            let _ = task.await;
        }
    }

    /// Ends all faults: no delay, frozen connections continue, and the port is open.
    ///
    /// # Panics
    /// When it cannot listen on its port.
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
    // An error here means that the process is out of descriptors, so the test has failed anyway.
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

/// Binds with `SO_REUSEPORT`: one socket reserves the port, another listens.
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
