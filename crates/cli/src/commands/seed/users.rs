//! Seeded users, on the tenant plane.

use std::collections::HashSet;

use anyhow::bail;
use serde::Deserialize;
use serde_json::json;

use super::retries::Retries;
use super::tenants::SeedTenant;
use crate::client::{Request, TenantAnswer, TenantPlane};

/// What the names of seeded users begin with.
const BEGINNING: &str = "User ";
const USERS: &str = "/v1/internal/users";
/// The size of the largest page.
const PAGE: &str = "500";

#[derive(Deserialize)]
struct UserPage {
    items: Vec<User>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct User {
    name: String,
}

/// The name of a seeded user: the same in each run.
fn name(number: u32) -> String {
    format!("{BEGINNING}{number:05}")
}

/// The numbers of the tenant's users that are missing, up to this one.
pub(super) async fn missing(
    plane: &TenantPlane,
    tenant: &SeedTenant,
    users: u32,
) -> anyhow::Result<Vec<u32>> {
    let existing = if tenant.is_new || users == 0 {
        HashSet::new()
    } else {
        existing(plane, tenant, BEGINNING).await?
    };
    Ok((1..=users)
        .filter(|number| !existing.contains(&name(*number)))
        .collect())
}

/// The names of the tenant's users that contain this text.
async fn existing(plane: &TenantPlane, tenant: &SeedTenant, text: &str) -> anyhow::Result<HashSet<String>> {
    let mut names = HashSet::new();
    let mut cursor: Option<String> = None;
    loop {
        let request = Request::get(USERS)
            .query("limit", Some(PAGE))
            .query("sort", Some("name"))
            .query("search", Some(text))
            .query("cursor", cursor.as_deref());
        let mut retries = Retries::new();
        let page: UserPage = loop {
            match plane.send(tenant.id, request.clone()).await? {
                TenantAnswer::Success(body) => break serde_json::from_slice(&body)?,
                TenantAnswer::RetryLater(seconds, why) => {
                    if !retries.wait(seconds).await {
                        bail!("{}: {why}", tenant.name);
                    }
                }
                TenantAnswer::Refused(why) => bail!("{}: {why}", tenant.name),
            }
        };
        names.extend(page.items.into_iter().map(|user| user.name));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(names);
        }
    }
}

/// Adds the user of this number.
pub(super) async fn add(plane: &TenantPlane, tenant: &SeedTenant, number: u32) -> anyhow::Result<()> {
    let name = name(number);
    let request = Request::post_once(USERS).json(&json!({ "name": name }))?;
    let mut retries = Retries::new();
    loop {
        match plane.send(tenant.id, request.clone()).await? {
            TenantAnswer::Success(_) => return Ok(()),
            TenantAnswer::RetryLater(seconds, why) => {
                if !retries.wait(seconds).await {
                    bail!("{}: {why}", tenant.name);
                }
                // A request that failed for now may have added the user all the same.
                if existing(plane, tenant, &name).await?.contains(&name) {
                    return Ok(());
                }
            }
            TenantAnswer::Refused(why) => bail!("{}: {why}", tenant.name),
        }
    }
}
