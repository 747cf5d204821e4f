//! Seeded tenants, on the admin plane.

use std::collections::HashMap;
use std::time::Duration;

use admin_types::{Operation, Page, Tenant};
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::retries::Retries;
use crate::args::Prefix;
use crate::client::{AdminClient, ClientError, Paging, Request, TENANTS, Watcher};

/// Time limit for the creation of one tenant.
const OPERATION: Duration = Duration::from_mins(5);

/// A tenant that was found or created.
#[derive(Debug, Clone)]
pub(super) struct SeedTenant {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) is_new: bool,
    /// Whether its requests are answered, or will be.
    pub(super) is_served: bool,
}

/// The name of a seeded tenant: the same in each run.
pub(super) fn name(prefix: &Prefix, number: u32) -> String {
    format!("{}-{number:05}", prefix.0)
}

/// The tenants whose names begin so, by name.
pub(super) async fn existing(
    client: &AdminClient,
    prefix: &Prefix,
) -> Result<HashMap<String, SeedTenant>, ClientError> {
    let request = Request::get(TENANTS).query("name_prefix", Some(format!("{}-", prefix.0)));
    let paging = Paging {
        all: true,
        ..Paging::default()
    };
    let page: Page<_> = client.list(request, &paging).await?;
    let mut existing = HashMap::new();
    for item in &page.items {
        let item: &RawValue = item;
        let found = found(serde_json::from_str(item.get())?);
        existing.insert(found.name.clone(), found);
    }
    Ok(existing)
}

fn found(tenant: Tenant) -> SeedTenant {
    SeedTenant {
        id: tenant.id,
        is_served: matches!(&*tenant.state, "active" | "provisioning"),
        name: tenant.name,
        is_new: false,
    }
}

/// The tenant of this name, created if it does not exist.
pub(super) async fn ensure(
    client: &AdminClient,
    existing: &HashMap<String, SeedTenant>,
    name: String,
) -> Result<SeedTenant, ClientError> {
    if let Some(found) = existing.get(&name) {
        return Ok(found.clone());
    }
    // The request is the same each time, and so is its key: it makes one tenant however often it is sent.
    let request = Request::post(TENANTS).json(&json!({ "name": name }))?;
    let mut retries = Retries::new();
    let answer = loop {
        match client.send(&request).await {
            Ok(answer) => break answer,
            Err(ClientError::Refused(refusal)) if refusal.is_temporary() && retries.wait(None).await => {}
            Err(error) => return Err(error),
        }
    };
    let id = if answer.accepted {
        let ended = client.follow(answer, OPERATION, &mut Unwatched).await?;
        ended.read::<Operation>()?.tenant_id
    } else {
        answer.read::<Tenant>()?.id
    };
    Ok(SeedTenant {
        id,
        name,
        is_new: true,
        is_served: true,
    })
}

/// The progress of many operations at once is counted and not shown.
struct Unwatched;

impl Watcher for Unwatched {
    fn operation(&mut self, _: &Operation) {}

    fn unavailable(&mut self, _: &ClientError) {}
}
