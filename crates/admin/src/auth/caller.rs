//! [`Caller`]: extractor of the request's actor.

use axum::extract::FromRequestParts;
use control_plane::{Actor, Role};
use http::request::Parts;
use web::{Code, Problem};

/// The owner of the request's token, as the audit log names it.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Actor);

impl Caller {
    /// Answers `FORBIDDEN` if the caller's role is weaker. Routes declare the role of their methods; handlers call this
    /// where a parameter needs a stronger one.
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
            .ok_or_else(|| Problem::internal("an admin route is not behind authentication"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_includes_all_weaker_ones() {
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
