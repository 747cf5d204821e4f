//! Names of tenants' logins, and of the provisioners that manage them.

use uuid::Uuid;

use crate::names::PROVISIONERS;

/// Matches a tenant's login, as a regular expression of PostgreSQL's. The group is the tenant's id.
pub const TENANT_LOGIN: &str = "^tn_([0-9a-f]{32})_[abp]$";

/// One of a tenant's two logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// The letter of the slot in the store and in the login's name.
    pub const fn as_char(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }

    /// The slot of a value of PostgreSQL's type `"char"`.
    pub fn from_char(byte: i8) -> Option<Self> {
        match u8::try_from(byte) {
            Ok(b'a') => Some(Self::A),
            Ok(b'b') => Some(Self::B),
            _ => None,
        }
    }
}

/// The name of a tenant's login: `tn_<32 hex>_<a|b>`. `app.tid()` reads the id back from it.
pub fn tenant_login(tenant: impl Into<Uuid>, slot: Slot) -> String {
    format!("tn_{}_{}", tenant.into().simple(), slot.as_char())
}

/// The name of the login that deletes a purged tenant's rows.
pub fn purge_login(tenant: impl Into<Uuid>) -> String {
    format!("tn_{}_p", tenant.into().simple())
}

/// The schema of the provisioner that manages this tenant's logins, `provisioner_NN`.
pub fn provisioner(tenant: impl Into<Uuid>) -> String {
    // The last byte is random in every version of UUID that is in use.
    let [.., last] = tenant.into().into_bytes();
    format!("provisioner_{:02}", last % PROVISIONERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_derived_from_the_tenant_id() {
        let tenant: Uuid = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3fff".parse().unwrap();
        assert_eq!(
            tenant_login(tenant, Slot::B),
            "tn_0199d3a07a1e7c7b9d554a1f0a5f3fff_b"
        );
        assert_eq!(provisioner(tenant), "provisioner_63");
    }
}
