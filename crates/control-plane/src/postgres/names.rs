//! The fixed roles, the same in every cluster. They are never configurable: migrations and functions name them.

use tenant_registry::TenantId;

/// Runs the migrations. CREATEROLE and CREATEDB, no superuser.
pub const MIGRATOR: &str = "tenantry_migrator";
/// The service's own login. Owns nothing; may execute the provisioners' functions.
pub const SERVICE: &str = "tenantry_service";
/// Owns every object. NOLOGIN; the migrator acts as it.
pub const OWNER: &str = "tenantry_owner";
/// Holds the grants of all tenants. NOLOGIN.
pub const TENANT_GROUP: &str = "tenantry_tenant";
/// How many provisioners there are.
pub(crate) const PROVISIONERS: u8 = 64;

/// The provisioner that makes this tenant's roles, `provisioner_NN`: also the name of its schema.
pub(crate) fn provisioner(tenant: TenantId) -> String {
    // The last byte is random in every version of UUID that is in use.
    let [.., last] = tenant.as_uuid().into_bytes();
    format!("provisioner_{:02}", last % PROVISIONERS)
}

/// Which of a tenant's two logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The first.
    A,
    /// The other.
    B,
}

impl Slot {
    /// As it stands in the store and at the end of the login's name.
    pub const fn as_char(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }

    /// The slot of PostgreSQL's `"char"`.
    pub(crate) fn from_char(byte: i8) -> Option<Self> {
        match u8::try_from(byte) {
            Ok(b'a') => Some(Self::A),
            Ok(b'b') => Some(Self::B),
            _ => None,
        }
    }
}

/// The name of a tenant's login: `tn_<32 hex>_<a|b>`. `app.tid()` reads the id back from it.
pub fn tenant_login(tenant: TenantId, slot: Slot) -> String {
    format!("tn_{}_{}", tenant.as_uuid().simple(), slot.as_char())
}

/// A tenant's login, as a regular expression of PostgreSQL's. The group is the tenant's id.
pub(crate) const TENANT_LOGIN: &str = "^tn_([0-9a-f]{32})_[abp]$";

/// The name of the login that removes a purged tenant's rows.
pub(crate) fn purge_login(tenant: TenantId) -> String {
    format!("tn_{}_p", tenant.as_uuid().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_carries_its_tenant() {
        let tenant: TenantId = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3fff".parse().unwrap();
        assert_eq!(
            tenant_login(tenant, Slot::B),
            "tn_0199d3a07a1e7c7b9d554a1f0a5f3fff_b"
        );
        assert_eq!(provisioner(tenant), "provisioner_63");
    }
}
