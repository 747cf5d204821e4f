//! Attributes that make a tenant's login unusable, such as an operator's SQL can set.

use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use crate::plane::ControlPlane;
use crate::tenant::Tenant;
use crate::tenant::state::TenantState;
use schema::tenant_login;

/// The query's timeout: an operator waits for the rest of the answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Attributes of a login: superuser, BYPASSRLS, LOGIN, expired password.
type Attributes = (bool, bool, bool, bool);

/// Why an active tenant's login cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginFault {
    /// What is wrong with the login.
    pub wrong: String,
    /// How to correct it: SQL for an administrator of the data cluster, or an operation on the tenant.
    pub remedy: String,
}

impl ControlPlane {
    /// What is wrong with an active tenant's login. `None` also when the data cluster does not answer within two seconds.
    pub async fn login_fault(&self, tenant: &Tenant) -> Option<LoginFault> {
        if tenant.state != TenantState::Active {
            return None;
        }
        let query = async {
            let slot = self.store.credential(tenant.id).await.ok()??.slot;
            let login = tenant_login(tenant.id, slot);
            let attributes = sqlx::query_as(
                "SELECT rolsuper, rolbypassrls, rolcanlogin, coalesce(rolvaliduntil <= now(), false)
                 FROM pg_catalog.pg_roles WHERE rolname = $1",
            )
            .bind(&login)
            .fetch_optional(&self.data);
            fault(&login, attributes.await.ok()?)
        };
        timeout(TIMEOUT, query).await.ok().flatten()
    }
}

fn fault(login: &str, attributes: Option<Attributes>) -> Option<LoginFault> {
    let Some((superuser, bypasses, may_log_in, expired)) = attributes else {
        return Some(LoginFault {
            wrong: format!("the login {login} does not exist"),
            remedy: "suspend and resume the tenant, which makes its login again".to_owned(),
        });
    };
    let (wrong, remedies): (Vec<_>, Vec<_>) = [
        (superuser, "is a superuser", "NOSUPERUSER"),
        (bypasses, "has BYPASSRLS", "NOBYPASSRLS"),
        (!may_log_in, "has NOLOGIN", "LOGIN"),
        (expired, "has an expired password", "VALID UNTIL 'infinity'"),
    ]
    .into_iter()
    .filter_map(|(is_so, wrong, remedy)| is_so.then_some((wrong, remedy)))
    .unzip();
    (!wrong.is_empty()).then(|| LoginFault {
        wrong: format!("the login {}", wrong.join(", ")),
        remedy: format!("ALTER ROLE {login} {}", remedies.join(" ")),
    })
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn one_statement_corrects_all_faults() {
        assert_eq!(fault("tn_1_a", Some((false, false, true, false))), None);
        let found = fault("tn_1_a", Some((true, true, false, true))).unwrap();
        assert_eq!(
            found.remedy,
            "ALTER ROLE tn_1_a NOSUPERUSER NOBYPASSRLS LOGIN VALID UNTIL 'infinity'"
        );
        assert!(
            found
                .wrong
                .ends_with("BYPASSRLS, has NOLOGIN, has an expired password")
        );
        assert!(fault("tn_1_a", None).unwrap().remedy.contains("resume"));
    }
}
