//! Limit of open files, and the connection caps that must fit within it.

use std::io;

use config::Settings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Upper bound for the limit: some programs that inherit it iterate over all descriptors.
const MOST: u64 = 1 << 20;

/// The limit of macOS (`OPEN_MAX`) where it reports none.
const GRANTED: u64 = 10_240;

/// Open files other than connections: standard streams, event queues, two listeners, certificates while they are read.
const FILES: usize = 32;

/// Database connections outside of the pools: sentinel, listener, changes of tenants, doctor.
const SERVICE: usize = 12;

/// Raises the limit of open files as far as permitted, and returns it.
pub(crate) fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(MOST).min(MOST);
    let set = |current| {
        let current = Some(current);
        setrlimit(Resource::Nofile, Rlimit { current, ..limit })
    };
    if limit.current.is_some_and(|current| current < wanted)
        && let Err(error) = set(wanted).or_else(|_| set(GRANTED.min(wanted)))
    {
        let error = io::Error::from(error);
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
    let now = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
    usize::try_from(now).unwrap_or(usize::MAX)
}

/// Caps on connections, each of which is an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caps {
    /// Of all tenants' pools.
    pub(crate) pools: u32,
    /// Of the control store's pool.
    pub(crate) store: u32,
    /// Of the tenant plane's clients, at all of its listeners.
    pub(crate) tenant_plane: usize,
    /// Of the admin plane's clients.
    pub(crate) admin_plane: usize,
    /// Listeners of the tenant plane beside the first, each an open file itself.
    pub(crate) more_listeners: usize,
}

impl Caps {
    /// The configured caps, with the cap of the pools that the data cluster allows.
    pub(crate) fn configured(settings: &Settings, pools: u32) -> Self {
        let tenant_plane = &settings.tenant_plane;
        let more = tenant_plane.listeners.iter();
        let more = more.map(|listener| listener.limits.max_connections);
        Self {
            pools,
            store: settings.control_store.max_connections,
            tenant_plane: more.fold(tenant_plane.limits.max_connections, usize::saturating_add),
            admin_plane: settings.admin_plane.limits.max_connections,
            more_listeners: tenant_plane.listeners.len(),
        }
    }

    /// Open files when all caps are reached.
    fn needs(self) -> usize {
        [
            size(self.pools),
            size(self.store),
            self.tenant_plane,
            self.admin_plane,
            self.more_listeners,
            SERVICE,
            FILES,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// Lowers the caps to fit within `limit`: first those of the clients, whose idle connections can be closed and
    /// reopened, but not below a quarter of the files.
    fn fit(self, limit: usize) -> Self {
        let left = limit.saturating_sub(size(self.store) + SERVICE + FILES + self.more_listeners);
        let pools = size(self.pools).min(left.saturating_sub(limit / 4)).max(1);
        let clients = left.saturating_sub(pools).max(2);
        let admin_plane = self.admin_plane.min((clients / 4).max(1));
        Self {
            pools: u32::try_from(pools).unwrap_or(self.pools),
            tenant_plane: self.tenant_plane.min(clients - admin_plane),
            admin_plane,
            ..self
        }
    }

    /// The cap of one listener of the tenant plane, which has `part` of the `configured` caps: at least one.
    pub(crate) fn of_listener(self, part: usize, configured: Self) -> usize {
        // The product of two caps may need more bits than a usize has.
        let share = part as u128 * self.tenant_plane as u128 / (configured.tenant_plane as u128).max(1);
        usize::try_from(share).unwrap_or(usize::MAX).max(1)
    }

    /// Lowers the caps to fit within the limit of open files, with a warning if that changes them.
    pub(crate) fn below(self, limit: usize) -> Self {
        let needed = self.needs();
        if needed <= limit {
            return self;
        }
        let fits = self.fit(limit);
        tracing::warn!(
            limit,
            needed,
            pools = fits.pools,
            tenant_plane = fits.tenant_plane,
            admin_plane = fits.admin_plane,
            "the limit of open files is below what registry.max_connections, control_store.max_connections, \
             tenant_plane.max_connections and admin_plane.max_connections add up to, and the caps are lowered to fit: raise \
             it (systemd: LimitNOFILE; shell: ulimit -n), or lower these keys"
        );
        fits
    }
}

fn size(connections: u32) -> usize {
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Caps = Caps {
        pools: 90,
        store: 5,
        tenant_plane: 1024,
        admin_plane: 128,
        more_listeners: 0,
    };

    #[test]
    fn lowered_caps_fit_and_keep_a_share() {
        for limit in [128, 256, 1024, 1250] {
            for pools in [1, 90, 480, 5000] {
                let caps = Caps { pools, ..DEFAULT };
                let fits = caps.below(limit);
                assert!(fits.needs() <= limit, "{limit}: {fits:?}");
                assert!(
                    size(fits.pools) >= size(pools).min(limit / 4)
                        && fits.tenant_plane + fits.admin_plane >= limit / 4,
                    "{limit}: {fits:?}"
                );
            }
        }
        // The pools keep their cap as long as a quarter is left to clients.
        assert_eq!(DEFAULT.below(1024).pools, 90);
        assert_eq!(DEFAULT.below(128).pools, 47);
        assert_eq!(DEFAULT.below(4096), DEFAULT);
    }

    #[test]
    fn however_low_the_limit_is_there_is_one_of_each() {
        for limit in [0, 16, 64] {
            let fits = DEFAULT.below(limit);
            assert!(
                fits.pools >= 1 && fits.tenant_plane >= 1 && fits.admin_plane >= 1,
                "{limit}: {fits:?}"
            );
        }
    }

    #[test]
    fn the_listeners_of_a_plane_share_its_cap() {
        let configured = Caps {
            tenant_plane: 3 * 1024,
            more_listeners: 2,
            ..DEFAULT
        };
        let parts = [2048, 1000, 24];
        let unchanged = configured.below(1 << 20);
        assert_eq!(parts.map(|part| unchanged.of_listener(part, configured)), parts);
        let fits = configured.below(1024);
        let shares = parts.map(|part| fits.of_listener(part, configured));
        assert!(shares.iter().sum::<usize>() <= fits.tenant_plane, "{shares:?}");
        assert!(shares.is_sorted_by(|more, fewer| more > fewer), "{shares:?}");
        assert!(fits.needs() <= 1024, "{fits:?}");
        assert_eq!(configured.below(0).of_listener(1, configured), 1);
        let most = usize::try_from(u32::MAX).unwrap();
        let largest = Caps {
            tenant_plane: most,
            ..configured
        };
        assert_eq!(largest.of_listener(most, largest), most);
    }
}
