//! The tenant of a request, for the log.

use std::sync::{Arc, OnceLock};

use http::Extensions;
use tracing::{Span, field};
use uuid::Uuid;

/// A place in a request's extensions where an inner layer says for which tenant it is, as soon as it knows.
/// It reaches the access line also where no response does, since the client has hung up.
#[derive(Clone, Debug, Default)]
pub struct TenantLabel(Arc<OnceLock<Uuid>>);

impl TenantLabel {
    /// Says that the request with these extensions is for `tenant`: in the access line, and in the request's
    /// span if that is the current one. The first call holds. Without a [stack](crate::stack) it does
    /// nothing.
    pub fn record(extensions: &Extensions, tenant: Uuid) {
        let Some(Self(label)) = extensions.get() else {
            return;
        };
        if label.set(tenant).is_ok() {
            Span::current().record("tenant", field::display(tenant));
        }
    }

    pub(super) fn get(&self) -> Option<Uuid> {
        self.0.get().copied()
    }
}
