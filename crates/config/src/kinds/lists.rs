//! Lists of networks, hosts and origins, by commas or in TOML.

use std::net::IpAddr;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use ipnet::IpNet;
use url::{Host, Url};

use super::{parsed, shown, text};

/// By commas, or as a list of TOML's.
pub(super) fn list(text: &str) -> Value {
    if text.trim_start().starts_with('[') {
        let list = Toml::from_str::<Dict>(&format!("list = {text}"));
        let list = list.ok().and_then(|mut dict| dict.remove("list"));
        return list.unwrap_or_else(|| text.into());
    }
    match text.trim() {
        "" => text.into(),
        list => Value::from(list.split(',').map(str::trim).collect::<Vec<_>>()),
    }
}

pub(super) fn each<T>(
    value: &Value,
    what: &str,
    check: fn(&Value) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let Some(values) = value.as_array() else {
        text(value)?;
        return Err(format!("{} is not a list of {what}", shown(value)));
    };
    values.iter().map(check).collect()
}

pub(super) fn network(value: &Value) -> Result<IpNet, String> {
    parsed(value, "a network in CIDR notation such as \"10.0.0.0/8\"")
}

pub(super) fn proxies(value: &Value) -> Result<IpNet, String> {
    let network = network(value)?;
    if network.prefix_len() == 0 {
        return Err(format!(
            "{network} is every address: any client could then choose its own"
        ));
    }
    Ok(network)
}

/// As requests name it: in lower case, in ASCII, without a trailing dot; an address without brackets.
pub(super) fn request_host(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().to_string());
    }
    let (prefix, name) = text.strip_prefix("*.").map_or(("", text), |name| ("*.", name));
    match Host::parse(name.strip_suffix('.').unwrap_or(name)) {
        Ok(Host::Domain(name)) if !name.contains('*') => Ok(format!("{prefix}{name}")),
        Ok(Host::Ipv4(address)) if prefix.is_empty() => Ok(address.to_string()),
        Ok(Host::Ipv6(address)) if prefix.is_empty() => Ok(IpAddr::V6(address).to_canonical().to_string()),
        _ => Err(format!(
            "{text:?} is not a host such as \"api.example.org\", \"*.example.org\" or \"127.0.0.1\", without a port"
        )),
    }
}

/// The domain behind `{tenant}.`, as requests name it.
pub(super) fn tenant_host(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    text.strip_prefix("{tenant}.").and_then(domain).ok_or_else(|| {
        format!(
            "{text:?} is not a host such as \"{{tenant}}.example.com\": {{tenant}}, a dot and a domain, without a port"
        )
    })
}

fn domain(text: &str) -> Option<String> {
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(plain)
    };
    match Host::parse(text.strip_suffix('.').unwrap_or(text)) {
        Ok(Host::Domain(name)) if name.split('.').all(is_label) => Some(name),
        _ => None,
    }
}

/// As a browser sends it.
pub(super) fn origin(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    let url = Url::parse(text).ok().filter(|url| {
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && bare && anonymous && !text.contains('*')
    });
    url.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        format!("{text:?} is not an origin such as \"https://app.example.org\": a scheme, a host, a port")
    })
}
