//! Kinds of values: how text becomes one, and what is wrong with one.

mod lists;

use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use figment::error::Kind::UnknownVariant;
use figment::value::Value;
use humantime_serde::re::humantime;
use ipnet::IpNet;
use schema::{DatabaseName, DatabaseNameError};
use serde::de::DeserializeOwned;
use tenant_registry::MAX_CONNECTIONS_PER_TENANT;
use tracing_subscriber::EnvFilter;

use super::declare::Kind;
use lists::{each, list, network, origin, proxies, request_host, tenant_host};

/// The name of the listener of the section `[tenant_plane]` itself.
pub(super) const DEFAULT_LISTENER: &str = "default";

/// PostgreSQL's timeouts are 32-bit milliseconds.
const LONGEST: Duration = Duration::from_hours(24 * 24);

/// A duration that may also be zero: do not wait.
pub(super) struct Deadline;
/// A TCP port to connect to.
pub(super) struct Port;
/// A count that may also be zero.
pub(super) struct Amount;
/// An integer from `MIN` to `MAX`.
pub(super) struct Within<const MIN: u32, const MAX: u32>;
/// Connections of one tenant.
pub(super) struct TenantConnections;
/// Directives of tracing's `EnvFilter`.
pub(super) struct Filter;
/// A list of networks in CIDR notation.
pub(super) struct Networks;
/// A list of networks of trusted proxies.
pub(super) struct Proxies;
/// A list of hosts that requests name.
pub(super) struct Hosts;
/// A list of hosts that name a tenant, `{tenant}` and a domain; its values are the domains.
pub(super) struct TenantHosts;
/// A list of origins of web pages.
pub(super) struct Origins;
/// The name of a listener.
pub(super) struct ListenerName;
/// A host name, an address or the absolute path of a socket's folder.
pub(super) struct Host;
/// A version of PostgreSQL, as `server_version_num` has it: 14.5 is 140005.
pub(super) struct ServerVersion;
/// A word, each of which is a variant of an enum.
pub(super) struct Word<T>(PhantomData<T>);
/// A list of such words, not an empty one.
pub(super) struct Words<T>(PhantomData<T>);

/// `Kind [generics] => Output, check` and, where a text is more than a string, how it is read.
macro_rules! kinds {
    ($($kind:ty $([$($generics:tt)*])? => $output:ty, $check:expr $(, $read:expr)?;)*) => {$(
        impl $(<$($generics)*>)? Kind for $kind {
            type Output = $output;

            $(fn read(text: &str) -> Value {
                $read(text)
            })?

            fn check(value: &Value) -> Result<$output, String> {
                $check(value)
            }
        }
    )*};
}

kinds! {
    String => String, |value| text(value).map(str::to_owned);
    PathBuf => PathBuf, |value| text(value).map(PathBuf::from);
    SocketAddr => SocketAddr, |value| parsed(value, "an address with a port such as \"127.0.0.1:8080\"");
    u32 => u32, |value| integer(value, 1, u32::MAX), literal::<i64>;
    u64 => u64, |value| integer(value, 1, u32::MAX), literal::<i64>;
    usize => usize, |value| integer(value, 1, u32::MAX), literal::<i64>;
    Amount => u32, |value| integer(value, 0, u32::MAX), literal::<i64>;
    Port => u16, |value| integer(value, 1, u16::MAX.into()), literal::<i64>;
    Within<MIN, MAX> [const MIN: u32, const MAX: u32] => u32, |value| integer(value, MIN, MAX), literal::<i64>;
    TenantConnections => u32, tenant_connections, literal::<i64>;
    Duration => Duration, |value| duration(value, Duration::from_millis(1));
    Deadline => Duration, |value| duration(value, Duration::ZERO);
    bool => bool, flag, literal::<bool>;
    Word<T> [T: DeserializeOwned] => T, word;
    Words<T> [T: DeserializeOwned] => Vec<T>, words, list;
    ListenerName => String, listener_name;
    DatabaseName => DatabaseName, database;
    Filter => String, filter;
    Host => String, host;
    Networks => Vec<IpNet>, |value| each(value, "networks", network), list;
    Proxies => Vec<IpNet>, |value| each(value, "networks", proxies), list;
    Hosts => Vec<String>, |value| each(value, "hosts", request_host), list;
    TenantHosts => Vec<String>, |value| each(value, "hosts", tenant_host), list;
    Origins => Vec<String>, |value| each(value, "origins", origin), list;
    ServerVersion => u32, version;
}

/// A value as an error shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Num(_, number) => match (number.to_i128(), number.to_u128(), number.to_f64()) {
            (Some(number), ..) => number.to_string(),
            (_, Some(number), _) => number.to_string(),
            (.., float) => float.unwrap_or(f64::NAN).to_string(),
        },
        Value::Array(..) => "a list".to_owned(),
        _ => "a table".to_owned(),
    }
}

/// The value that the text is in TOML, where that is a number or a flag.
fn literal<T: FromStr + Into<Value>>(text: &str) -> Value {
    let value = text.trim().parse::<T>();
    value.map_or_else(|_| text.into(), Into::into)
}

fn text(value: &Value) -> Result<&str, String> {
    match value.as_str() {
        Some("") => Err("must not be empty".to_owned()),
        Some(text) => Ok(text),
        None => Err(format!("{} is not a string: put it in quotes", shown(value))),
    }
}

fn parsed<T: FromStr>(value: &Value, what: &str) -> Result<T, String> {
    let text = text(value)?;
    text.parse().map_err(|_| format!("{text:?} is not {what}"))
}

fn integer<T: TryFrom<i128>>(value: &Value, min: u32, max: u32) -> Result<T, String> {
    let number = value.to_i128().or_else(|| value.to_u128()?.try_into().ok());
    number
        .filter(|number| (i128::from(min)..=i128::from(max)).contains(number))
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| format!("{} is not an integer from {min} to {max}", shown(value)))
}

fn tenant_connections(value: &Value) -> Result<u32, String> {
    integer(value, 1, MAX_CONNECTIONS_PER_TENANT)
        .map_err(|reason| format!("{reason}: a pool tracks its idle connections in one 64-bit word"))
}

fn duration(value: &Value, shortest: Duration) -> Result<Duration, String> {
    let no_unit = || {
        format!(
            "{} is not a duration: give it a unit, as in \"30s\"",
            shown(value)
        )
    };
    let text = value.as_str().ok_or_else(no_unit)?;
    match humantime::parse_duration(text) {
        Err(_) => Err(format!(
            "{text:?} is not a duration such as \"30s\", from 1 ms to 24 days"
        )),
        Ok(duration) if duration.is_zero() && shortest.is_zero() => Ok(duration),
        // Less would round to 0 ms, which PostgreSQL takes for no limit at all.
        Ok(duration) if duration < Duration::from_millis(1) => Err(format!("{text:?} is shorter than 1 ms")),
        Ok(duration) if duration > LONGEST => Err(format!("{text:?} is longer than 24 days")),
        Ok(duration) => Ok(duration),
    }
}

fn flag(value: &Value) -> Result<bool, String> {
    value
        .to_bool()
        .ok_or_else(|| format!("{} is neither true nor false", shown(value)))
}

fn word<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    text(value)?;
    value
        .deserialize()
        .map_err(|error: figment::Error| match error.kind {
            UnknownVariant(word, words) => format!("{word:?} is not one of {}", words.join(", ")),
            other => other.to_string(),
        })
}

fn words<T: DeserializeOwned>(value: &Value) -> Result<Vec<T>, String> {
    let words = each(value, "words", word)?;
    if words.is_empty() {
        return Err("must not be an empty list".to_owned());
    }
    Ok(words)
}

fn listener_name(value: &Value) -> Result<String, String> {
    let name = text(value)?;
    if name == DEFAULT_LISTENER {
        return Err(format!(
            "{name:?} is the name of the listener at tenant_plane.listen"
        ));
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.len() > 32 || !name.chars().all(fits) {
        return Err(format!("{name:?} is not a name of 1 to 32 of a-z, 0-9, - and _"));
    }
    Ok(name.to_owned())
}

fn database(value: &Value) -> Result<DatabaseName, String> {
    let name = text(value)?;
    name.parse()
        .map_err(|reason: DatabaseNameError| format!("{name:?} is refused: {reason}"))
}

fn filter(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    let parsed = EnvFilter::builder().parse(text).map(|_| text.to_owned());
    parsed
        .map_err(|error| format!("{text:?} is not a list of directives such as \"info,sqlx=warn\" ({error})"))
}

/// The value is not shown: a URL may have a password in it.
fn host(value: &Value) -> Result<String, String> {
    let host = text(value)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.starts_with('/') || host.chars().all(plain) {
        return Ok(host.to_owned());
    }
    Err("takes a host name, an address or the path of a socket's folder, not a URL".to_owned())
}

fn version(value: &Value) -> Result<u32, String> {
    let text = text(value)?;
    let number = |part: &str, valid: std::ops::RangeInclusive<u32>| {
        let number = part.parse::<u16>().ok()?.into();
        valid.contains(&number).then_some(number)
    };
    text.split_once('.')
        .and_then(|(major, minor)| Some(number(major, 14..=99)? * 10_000 + number(minor, 0..=9_999)?))
        .ok_or_else(|| format!("{text:?} is not a version of PostgreSQL, \"major.minor\", 14.0 at least"))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_as_the_server_counts_them() {
        let version = |text: &str| version(&text.into());
        assert_eq!(version("14.5").unwrap(), 140_005);
        assert_eq!(version("18.10").unwrap(), 180_010);
        assert!(version("14.10").unwrap() > version("14.9").unwrap());
        for wrong in ["13.22", "14", "14.x", "14.1.2", "", "-14.0", "100.0", "14.10000"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }
}
