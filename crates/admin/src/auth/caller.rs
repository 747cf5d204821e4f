//! [`Caller`]: extractor of the request's actor.

use axum::extract::FromRequestParts;
use control_plane::{Actor, Role};
use http::request::Parts;
use web::{Code, Problem};

/// Who presented the request's token: what a change is written into the audit log under.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Actor);

impl Caller {
    /// Answers `FORBIDDEN` where the caller's role is a weaker one. A route says which role its methods need; this is
    /// for what more a request may ask for.
    pub(crate) fn needs(&self, role: Role) -> Result<(), Problem> {
        let has = self.0.role;
        if has.is_some_and(|has| has >= role) {
            return Ok(());
        }
        let has = has.map_or("none", Role::as_str);
        let detail = format!("this needs the role {}; the token has {has}", role.as_str());
        Err(Problem::new(Code::Forbidden).detail(detail))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Actor>().cloned();
        actor
            .map(Self)
            .ok_or_else(|| Problem::internal("a route of the admin plane stands outside of authentication"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_do_all_that_weaker_ones_may_and_the_service_itself_has_none() {
        for has in Role::ALL {
            let mut actor = Actor::service("test");
            actor.role = Some(has);
            for needed in Role::ALL {
                let allowed = Caller(actor.clone()).needs(needed);
                assert_eq!(allowed.is_ok(), has >= needed, "{has:?} {needed:?}");
            }
        }
        let refused = Caller(Actor::service("test")).needs(Role::Viewer).unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden);
        assert!(format!("{refused:?}").contains("needs the role viewer; the token has none"));
    }
}
