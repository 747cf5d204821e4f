//! Taking connections, one at a time, as many as there is room for.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use super::{Listener, Peer};

/// Time to wait when the process or the machine is out of something: as long as it lasts, each accept fails
/// at once, and a loop without a pause would take a whole core just to fail.
const PAUSE: Duration = Duration::from_millis(250);

/// A connection, with its place among those that the cap allows.
pub(super) struct Accepted {
    pub(super) tcp: TcpStream,
    pub(super) peer: Peer,
    pub(super) place: OwnedSemaphorePermit,
}

/// Waits for a place, then for a connection. Loses neither if it is dropped while it waits.
pub(super) async fn accept(listener: &Listener, places: &Arc<Semaphore>) -> Option<Accepted> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.tcp.accept().await {
            Ok((tcp, address)) => {
                // Answers are written whole: waiting for more to send (Nagle) would only delay them. A socket
                // that refuses the option is about to fail anyhow.
                let _ = tcp.set_nodelay(true);
                return Some(Accepted {
                    tcp,
                    peer: Peer::new(address),
                    place,
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, address = %listener.local_addr(), "cannot accept connections, will retry");
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
