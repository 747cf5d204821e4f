//! Hosts that a plane answers for.
//!
//! Against DNS rebinding: a page can have its own name lead to our address, and to a browser it then is of our origin;
//! but the host that it names is still its own.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// Hosts that a request may name; an empty list is any. Ports, case and a trailing dot do not matter.
///
/// An address needs no entry where it is the one that the peer has called: no page can have it lead elsewhere, and probes
/// call their target so.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(Arc<[Host]>);

#[derive(Debug)]
enum Host {
    Name(Box<str>),
    /// Everything below a name: the name with its leading dot.
    Below(Box<str>),
    Address(IpAddr),
}

impl AllowedHosts {
    /// ASCII names, `*.` and a name for everything below it, and addresses.
    pub fn new<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Self {
        let host = |text: &str| match (text.parse(), text.strip_prefix('*')) {
            (Ok(address), _) => Host::Address(address),
            (_, Some(below)) => Host::Below(below.into()),
            (_, None) => Host::Name(text.into()),
        };
        Self(hosts.into_iter().map(host).collect())
    }

    /// Whether any host is allowed.
    pub(super) fn are_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request may name this host, which is without its port; `called` is the address that the peer has called.
    pub(super) fn allow(&self, host: Option<&[u8]>, called: impl FnOnce() -> Option<IpAddr>) -> bool {
        if self.are_any() {
            return true;
        }
        let Some(host) = host.and_then(|host| std::str::from_utf8(host).ok()) else {
            return false;
        };
        if let Some(address) = address(host) {
            let is_listed = |entry: &Host| matches!(entry, Host::Address(listed) if *listed == address);
            return self.0.iter().any(is_listed) || called() == Some(address);
        }
        let name = host.strip_suffix('.').unwrap_or(host).as_bytes();
        self.0.iter().any(|entry| match entry {
            Host::Name(listed) => listed.as_bytes().eq_ignore_ascii_case(name),
            Host::Below(suffix) => name
                .len()
                .checked_sub(suffix.len())
                .is_some_and(|rest| rest > 0 && name[rest..].eq_ignore_ascii_case(suffix.as_bytes())),
            Host::Address(_) => false,
        })
    }
}

fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address
            .parse::<Ipv6Addr>()
            .ok()
            .map(|address| IpAddr::V6(address).to_canonical()),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact_or_below_one() {
        let hosts = AllowedHosts::new(["localhost", "api.example.org", "*.tenants.example.org"]);
        for (host, allowed) in [
            ("localhost", true),
            ("LOCALHOST.", true),
            ("api.example.org", true),
            ("a.tenants.example.org", true),
            ("a.b.Tenants.example.org.", true),
            ("tenants.example.org", false),
            ("eviltenants.example.org", false),
            (".tenants.example.org", false),
            ("example.org", false),
            ("api.example.org.evil.example", false),
            ("localhost..", false),
            ("127.0.0.1", false),
            ("[::1]", false),
        ] {
            assert_eq!(hosts.allow(Some(host.as_bytes()), || None), allowed, "{host}");
        }
        assert!(!hosts.allow(None, || None));
        assert!(AllowedHosts::default().allow(None, || None));
        assert!(AllowedHosts::new([]).allow(Some(b"anything"), || None));
    }

    #[test]
    fn an_address_is_listed_or_the_one_that_was_called() {
        let hosts = AllowedHosts::new(["127.0.0.1", "::1"]);
        let called = || Some("10.1.2.3".parse().unwrap());
        for (host, allowed) in [
            ("127.0.0.1", true),
            ("[::1]", true),
            ("[0:0::1]", true),
            ("[::ffff:127.0.0.1]", true),
            ("10.1.2.3", true),
            ("10.1.2.4", false),
            ("[::2]", false),
            // Names to us, whatever a resolver makes of them.
            ("127.1", false),
            ("2130706433", false),
            ("0x7f.0.0.1", false),
        ] {
            assert_eq!(hosts.allow(Some(host.as_bytes()), called), allowed, "{host}");
        }
    }
}
