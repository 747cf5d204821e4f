//! What operators may say of a tenant.

use std::ops::RangeInclusive;

use control_plane::{ExternalId, Metadata, TenantName};
use serde_json::value::RawValue;
use tenant_registry::MAX_CONNECTIONS_PER_TENANT;
use web::read::rule::{Rule, Wrong, integer, object, text};

/// A rule over another one's values.
pub(super) struct Checked<R, F>(R, F);

impl<R: Rule, T, F: FnOnce(R::Value) -> Result<T, Wrong>> Rule for Checked<R, F> {
    type Value = T;

    fn text(self, text: &str) -> Result<T, Wrong> {
        self.0.text(text).and_then(self.1)
    }

    fn json(self, value: &RawValue) -> Result<T, Wrong> {
        self.0.json(value).and_then(self.1)
    }
}

/// A tenant's name.
pub(super) fn name() -> impl Rule<Value = TenantName> {
    let check = |name: String| TenantName::new(name).map_err(|wrong| wrong.to_string().into());
    Checked(text(1..=TenantName::MAX), check)
}

/// A tenant's id in another system.
pub(super) fn external_id() -> impl Rule<Value = ExternalId> {
    let check = |id: String| ExternalId::new(id).map_err(|wrong| wrong.to_string().into());
    Checked(text(1..=ExternalId::MAX), check)
}

/// What operators note of it.
pub(super) fn metadata() -> impl Rule<Value = Metadata> {
    let check = |noted: Box<RawValue>| Metadata::new(noted).map_err(|wrong| wrong.to_string().into());
    Checked(object(), check)
}

/// The most connections that it may hold.
pub(super) fn max_connections() -> impl Rule<Value = u32> {
    connections(1..=i64::from(MAX_CONNECTIONS_PER_TENANT))
}

/// The connections that nobody else gets.
pub(super) fn reserved_connections() -> impl Rule<Value = u32> {
    connections(0..=i64::from(MAX_CONNECTIONS_PER_TENANT))
}

fn connections(bounds: RangeInclusive<i64>) -> impl Rule<Value = u32> {
    let check = |number: i64| u32::try_from(number).map_err(|_| "is too large".into());
    Checked(integer(bounds), check)
}
