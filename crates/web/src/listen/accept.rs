//! Taking connections, one at a time, and a place for each.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};

use super::{Listener, Peer, guests::Guests};

/// Time to wait when the process or the machine is out of something and no connection is idle: as long as it lasts, each
/// accept fails at once, and a loop without a pause would take a whole core just to fail.
const PAUSE: Duration = Duration::from_millis(250);

/// Time until the next connection is asked for its place: the one that was asked had begun a request, or none was
/// idle.
const AGAIN: Duration = Duration::from_millis(50);

/// A connection, with its place among those that the cap allows.
pub(super) struct Accepted {
    pub(super) tcp: TcpStream,
    pub(super) peer: Peer,
    pub(super) place: OwnedSemaphorePermit,
}

/// Where connections come in.
pub(super) struct Door {
    listener: Listener,
    places: Arc<Semaphore>,
    /// Accepted, and has no place yet.
    waiting: Option<(TcpStream, Peer)>,
    ask: Instant,
}

impl Door {
    pub(super) fn new(listener: Listener, places: usize) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            waiting: None,
            ask: Instant::now(),
        }
    }

    /// Waits for a connection, then for a place, which whoever has been idle for longest is asked for. Loses neither
    /// if it is dropped while it waits.
    ///
    /// In this order, as nobody has to go while nobody has come. At the cap it is one connection that waits here,
    /// and all others in the kernel's backlog.
    pub(super) async fn next(&mut self, guests: &Guests) -> Option<Accepted> {
        if self.waiting.is_none() {
            self.waiting = Some(accept(&self.listener, guests).await);
            self.ask = Instant::now();
        }
        loop {
            tokio::select! {
                biased;
                place = Arc::clone(&self.places).acquire_owned() => {
                    // The semaphore is never closed.
                    let (place, (tcp, peer)) = (place.ok()?, self.waiting.take()?);
                    return Some(Accepted { tcp, peer, place });
                }
                () = sleep_until(self.ask) => {
                    guests.make_room();
                    self.ask = Instant::now() + AGAIN;
                }
            }
        }
    }
}

async fn accept(listener: &Listener, guests: &Guests) -> (TcpStream, Peer) {
    loop {
        match listener.tcp.accept().await {
            Ok((tcp, address)) => {
                // Answers are written whole: waiting for more to send (Nagle) would only delay them. A socket
                // that refuses the option is about to fail anyhow.
                let _ = tcp.set_nodelay(true);
                return (tcp, Peer::new(address));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, address = %listener.local_addr(), "cannot accept connections, will retry");
                // What it has out of an idle connection is a file descriptor and memory.
                guests.make_room();
                sleep(PAUSE).await;
            }
        }
    }
}

/// Errors of a connection that was gone before it was taken (accept(2)), as against those of the process,
/// such as no file descriptors left.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_descriptors_is_not_one_connections_fault() {
        assert!(!is_of_one_connection(&io::Error::from_raw_os_error(24)), "EMFILE");
        assert!(is_of_one_connection(&io::ErrorKind::ConnectionAborted.into()));
    }
}
