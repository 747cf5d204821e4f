//! `tenantry tenant`

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::{ServiceArgs, TenantCommand};
use crate::client::AdminClient;
use crate::config::{Inputs, Purpose, load};
use crate::output;

const TENANTS: &str = "/admin/v1/tenants";

/// Goes by way of the running service.
pub(super) async fn run(inputs: &Inputs, command: TenantCommand, service: ServiceArgs) -> anyhow::Result<()> {
    let settings = load(inputs, Purpose::Client)?.settings;
    let client = AdminClient::find(&settings, service.admin_url)?;
    match command {
        TenantCommand::Create { name, id } => {
            let mut body = json!({ "name": name });
            if let Some(id) = id {
                body["id"] = json!(id);
            }
            one(&client.post(TENANTS, &body).await?, service.json)
        }
        TenantCommand::Show { id } => one(&client.get(&format!("{TENANTS}/{id}"), &[]).await?, service.json),
        TenantCommand::List => many(&all(&client).await?, service.json),
    }
}

/// Every page of the list.
async fn all(client: &AdminClient) -> anyhow::Result<Vec<Value>> {
    let mut tenants = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "500")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut page = client.get(TENANTS, &query).await?;
        let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
            anyhow::bail!("the service's answer is no list")
        };
        tenants.extend(items);
        match page.get_mut("next_cursor").map(Value::take) {
            Some(Value::String(next)) => cursor = Some(next),
            _ => return Ok(tenants),
        }
    }
}

fn one(tenant: &Value, json: bool) -> anyhow::Result<()> {
    if json {
        output::line(serde_json::to_string_pretty(tenant).context("the tenant")?)?;
        return Ok(());
    }
    for field in ["id", "name", "state", "created_at", "updated_at"] {
        output::line(format_args!("{field:<12}{}", text(tenant, field)))?;
    }
    Ok(())
}

fn many(tenants: &[Value], json: bool) -> anyhow::Result<()> {
    if json {
        output::line(serde_json::to_string_pretty(tenants).context("the tenants")?)?;
        return Ok(());
    }
    output::line(format_args!("{:<38}{:<14}{:<22}NAME", "ID", "STATE", "CREATED"))?;
    for tenant in tenants {
        let created = text(tenant, "created_at");
        let seconds = created.get(..19).unwrap_or(created);
        let (id, state, name) = (text(tenant, "id"), text(tenant, "state"), text(tenant, "name"));
        output::line(format_args!("{id:<38}{state:<14}{seconds:<22}{name}"))?;
    }
    Ok(())
}

fn text<'a>(tenant: &'a Value, field: &str) -> &'a str {
    tenant[field].as_str().unwrap_or("-")
}
