//! Names of the fixed roles. They are the same in every cluster, since migrations and functions name them.

/// The login that runs migrations: CREATEROLE and CREATEDB, no superuser.
pub const MIGRATOR: &str = "tenantry_migrator";
/// The service's login. It owns nothing; it may execute the provisioners' functions.
pub const SERVICE: &str = "tenantry_service";
/// The owner of every object. NOLOGIN; the migrator acts as it.
pub const OWNER: &str = "tenantry_owner";
/// The group that holds the grants of all tenants. NOLOGIN.
pub const TENANT_GROUP: &str = "tenantry_tenant";
/// The number of provisioners.
pub(crate) const PROVISIONERS: u8 = 64;
