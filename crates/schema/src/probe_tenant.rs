//! Ids of the tenants that the doctor's probe uses.

use uuid::Uuid;

/// The prefix of their ids, as `migrations/tenant/0006_probe.sql` makes them.
const PREFIX: [u8; 8] = [0xd0, 0xc7, 0xd0, 0xc7, 0xd0, 0xc7, 0x4d, 0x0c];

/// Whether this id is reserved for the doctor's probe: no tenant may have it.
pub fn is_probe_tenant(tenant: impl Into<Uuid>) -> bool {
    tenant.into().into_bytes().starts_with(&PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_probe_are_recognised() {
        let id = |text: &str| text.parse::<Uuid>().unwrap();
        assert!(is_probe_tenant(id("d0c7d0c7-d0c7-4d0c-8123-456789abcdea")));
        assert!(!is_probe_tenant(id("d0c7d0c7-d0c7-4d0d-8123-456789abcdea")));
    }
}
