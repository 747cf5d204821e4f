//! Actions in the audit log. An action has the same name whatever its outcome.

use std::fmt;

/// Declares the actions with their names, and the names of attempts in earlier logs: method and route.
macro_rules! actions {
    ($($(#[$doc:meta])+ $action:ident $name:literal [$($former:literal),*];)+) => {
        /// An action in the audit log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditAction {
            $($(#[$doc])+ $action,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            /// The action's name in the store and in answers.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }

            /// Former names of its refused and failed attempts; each `GET` implies a `HEAD`.
            const fn former(self) -> &'static [&'static str] {
                match self {
                    $(Self::$action => &[$($former),*],)+
                }
            }
        }
    };
}

actions! {
    /// A request without a valid token; the entry counts those that have none of their own.
    Authenticate "authenticate" [];
    /// List tenants.
    TenantList "tenant.list" ["GET /admin/v1/tenants"];
    /// Show a tenant.
    TenantShow "tenant.show" ["GET /admin/v1/tenants/{id}"];
    /// Create a tenant.
    TenantCreate "tenant.create" ["POST /admin/v1/tenants"];
    /// Change a tenant's properties.
    TenantChange "tenant.change" ["PATCH /admin/v1/tenants/{id}"];
    /// Suspend a tenant.
    TenantSuspend "tenant.suspend" ["POST /admin/v1/tenants/{id}/suspend"];
    /// Resume a tenant.
    TenantResume "tenant.resume" ["POST /admin/v1/tenants/{id}/resume"];
    /// Delete a tenant, with a grace period.
    TenantDelete "tenant.delete" ["DELETE /admin/v1/tenants/{id}"];
    /// Bring a deleted tenant back.
    TenantUndelete "tenant.undelete" ["POST /admin/v1/tenants/{id}/undelete"];
    /// Purge a deleted tenant before its time.
    TenantPurge "tenant.purge" ["POST /admin/v1/tenants/{id}/purge"];
    /// A new tenant, or a resumed one, is served.
    TenantServed "tenant.served" [];
    /// A deleted tenant is back.
    TenantRestored "tenant.restored" [];
    /// A tenant's rows, roles and credentials are gone.
    TenantPurged "tenant.purged" [];
    /// Open psql as a tenant, from the command line.
    TenantSession "tenant.session" [];
    /// List API keys, of one tenant or of all.
    ApiKeyList "api_key.list" ["GET /admin/v1/api-keys", "GET /admin/v1/tenants/{id}/api-keys"];
    /// Show an API key.
    ApiKeyShow "api_key.show" ["GET /admin/v1/api-keys/{id}"];
    /// Create an API key.
    ApiKeyCreate "api_key.create" ["POST /admin/v1/tenants/{id}/api-keys"];
    /// Set when an API key ends.
    ApiKeyExpire "api_key.expire" ["POST /admin/v1/api-keys/{id}/expire"];
    /// Revoke an API key.
    ApiKeyRevoke "api_key.revoke" ["POST /admin/v1/api-keys/{id}/revoke"];
    /// List plans.
    PlanList "plan.list" [];
    /// Show a plan.
    PlanShow "plan.show" [];
    /// Create a plan.
    PlanCreate "plan.create" [];
    /// Change a plan.
    PlanChange "plan.change" [];
    /// Delete a plan.
    PlanDelete "plan.delete" [];
    /// List admin tokens.
    AdminTokenList "admin_token.list" ["GET /admin/v1/admin-tokens"];
    /// Show an admin token.
    AdminTokenShow "admin_token.show" ["GET /admin/v1/admin-tokens/{id}"];
    /// Create an admin token.
    AdminTokenCreate "admin_token.create" ["POST /admin/v1/admin-tokens"];
    /// Revoke an admin token.
    AdminTokenRevoke "admin_token.revoke" ["POST /admin/v1/admin-tokens/{id}/revoke"];
    /// List operations.
    OperationList "operation.list" ["GET /admin/v1/operations"];
    /// Show an operation.
    OperationShow "operation.show" ["GET /admin/v1/operations/{id}"];
    /// Try a running operation again now.
    OperationRetry "operation.retry" ["POST /admin/v1/operations/{id}/retry"];
    /// List the pools of a replica.
    PoolList "pool.list" ["GET /admin/v1/pools"];
    /// Show a tenant's pool.
    PoolShow "pool.show" ["GET /admin/v1/pools/{id}"];
    /// Close a tenant's pool.
    PoolEvict "pool.evict" ["POST /admin/v1/pools/{id}/evict"];
    /// Open a tenant's pool.
    PoolWarm "pool.warm" ["POST /admin/v1/pools/{id}/warm"];
    /// Show the doctor's last report.
    DoctorShow "doctor.show" ["GET /admin/v1/doctor"];
    /// Examine whether tenants are kept apart.
    DoctorExamine "doctor.examine" ["POST /admin/v1/doctor"];
    /// List the issuers of tokens.
    IssuerList "issuer.list" [];
    /// Read the audit log.
    AuditList "audit.list" ["GET /admin/v1/audit"];
}

impl AuditAction {
    /// All names of the action in the log.
    pub(crate) fn names(self) -> Vec<String> {
        let mut names = vec![self.as_str().to_owned()];
        for former in self.former() {
            names.push((*former).to_owned());
            names.extend(former.strip_prefix("GET ").map(|route| format!("HEAD {route}")));
        }
        names
    }
}

/// Unknown name of an action. The message lists the valid names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownAction;

impl fmt::Display for UnknownAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be one of: ")?;
        for (index, action) in AuditAction::ALL.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", action.as_str())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownAction {}

/// Parses the action's name, or one of its former names.
impl std::str::FromStr for AuditAction {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let found = Self::ALL
            .iter()
            .find(|action| action.names().iter().any(|known| known == name));
        found.copied().ok_or(UnknownAction)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_is_of_one_action() {
        let mut names = BTreeSet::new();
        for action in AuditAction::ALL {
            for name in action.names() {
                assert_eq!(name.parse(), Ok(*action));
                assert!(names.insert(name.clone()), "{name}");
            }
        }
        assert_eq!(
            AuditAction::TenantShow.names(),
            [
                "tenant.show",
                "GET /admin/v1/tenants/{id}",
                "HEAD /admin/v1/tenants/{id}"
            ]
        );
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        for unknown in ["", "tenant", "tenant.Suspend", "POST /admin/v1/tenants/"] {
            let error = unknown.parse::<AuditAction>().unwrap_err().to_string();
            assert!(
                error.starts_with("must be one of: authenticate, tenant.list,"),
                "{error}"
            );
            assert!(error.ends_with(", audit.list"), "{error}");
        }
    }
}
