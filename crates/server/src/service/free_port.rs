//! Suggested command when a port is in use.

use std::net::{SocketAddr, TcpListener};

/// Distance between candidate ports; the ports of the planes are adjacent.
const STEP: u16 = 10;
/// Limit of candidate ports.
const MOST: u16 = 20;

/// A command with free ports in place of those in use. `None` if none is in use, or no port nearby is free.
pub(super) fn command<'a>(taken: impl IntoIterator<Item = (&'a str, SocketAddr)>) -> Option<String> {
    let mut command = "tenantry".to_owned();
    let mut chosen = Vec::new();
    for (key, address) in taken {
        let free = near(address, &chosen)?;
        command = format!("{command} --set {key}={free}");
        chosen.push(free);
    }
    (!chosen.is_empty()).then_some(command)
}

/// The nearest higher port that is free and not chosen yet.
fn near(taken: SocketAddr, chosen: &[SocketAddr]) -> Option<SocketAddr> {
    let ports = (1..=MOST).filter_map(|step| taken.port().checked_add(step * STEP));
    ports
        .map(|port| SocketAddr::new(taken.ip(), port))
        .find(|address| !chosen.contains(address) && TcpListener::bind(address).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_taken_port_gets_a_free_one() {
        assert_eq!(command([]), None);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let tenant = taken.local_addr().unwrap();
        let text = command([("tenant_plane.listen", tenant), ("admin_plane.listen", tenant)]);
        let text = text.unwrap();
        let words: Vec<_> = text.split(' ').collect();
        let ["tenantry", "--set", first, "--set", second] = words[..] else {
            panic!("{text}")
        };
        assert_ne!(
            first.split_once('=').unwrap().1,
            second.split_once('=').unwrap().1
        );
        for (set, key) in [(first, "tenant_plane.listen"), (second, "admin_plane.listen")] {
            let (named, address) = set.split_once('=').unwrap();
            assert_eq!(named, key);
            let address: SocketAddr = address.parse().unwrap();
            assert!(address.port() > tenant.port());
            TcpListener::bind(address).unwrap();
        }
    }
}
