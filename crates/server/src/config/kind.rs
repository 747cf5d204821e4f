//! What values a key takes: how text becomes one, and what is wrong with one.

use std::{net::SocketAddr, time::Duration};

use control_plane::postgres::DatabaseName;
use figment::{
    providers::{Format, Toml},
    value::{Dict, Value},
};
use humantime_serde::re::humantime;
use ipnet::IpNet;

use super::settings::ServerVersion;
use crate::telemetry;

/// The longest duration. PostgreSQL's timeouts are 32-bit milliseconds; and no clock overflows.
const LONGEST: Duration = Duration::from_hours(24 * 24);

/// What values a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Any text but the empty one.
    Text,
    /// The name of a database that the migrations make.
    Database,
    /// A host name, an address or the absolute path of a folder with a socket.
    Host,
    /// The path of a file or folder.
    Path,
    /// Text that is shown to nobody.
    Secret,
    /// Directives of tracing's `EnvFilter`.
    Filter,
    /// Address and port to listen on.
    Address,
    /// A list of networks in CIDR notation.
    Networks,
    /// A TCP port to connect to.
    Port,
    /// An integer from 1 to 2³² − 1.
    Count,
    /// An integer from 1 to this one; and why there is an end to it.
    AtMost(u32, &'static str),
    /// An integer from the first to the second.
    Within(u32, u32),
    /// A count that may also be zero: none.
    Amount,
    /// A duration from 1 ms to 24 days.
    Duration,
    /// A duration that may also be zero: do not wait.
    Deadline,
    /// true or false.
    Flag,
    /// A PostgreSQL version, `major.minor`.
    ServerVersion,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// The value that a variable's or flag's text stands for. What cannot be read stays text, for
    /// [`Self::check`] to refuse. Only where the key asks for a number is one read, so that a password or
    /// a name made of digits stays what it is.
    pub(super) fn read(self, text: &str) -> Value {
        match self {
            Self::Port | Self::Count | Self::AtMost(..) | Self::Within(..) | Self::Amount => text
                .trim()
                .parse::<i64>()
                .map_or_else(|_| text.into(), Value::from),
            Self::Flag => text
                .trim()
                .parse::<bool>()
                .map_or_else(|_| text.into(), Value::from),
            Self::Networks => networks(text),
            _ => text.into(),
        }
    }

    /// What is wrong with `value`, as the end of a sentence that begins with the key.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        match self {
            // A secret's value has been taken out already.
            Self::Secret => Ok(()),
            Self::Text | Self::Path => text(value).map(drop),
            Self::Host => host(text(value)?),
            Self::Database => {
                let name = text(value)?;
                name.parse::<DatabaseName>()
                    .map(drop)
                    .map_err(|error| format!("{name:?} is refused: {error}"))
            }
            Self::Filter => telemetry::filter(text(value)?)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::Address => parsed::<SocketAddr>(value, "an address with a port such as \"127.0.0.1:8080\""),
            Self::Networks => each_network(value),
            Self::Port => integer(value, 1, u32::from(u16::MAX)),
            Self::Count => integer(value, 1, u32::MAX),
            Self::AtMost(max, why) => integer(value, 1, max).map_err(|error| format!("{error}: {why}")),
            Self::Within(min, max) => integer(value, min, max),
            Self::Amount => integer(value, 0, u32::MAX),
            Self::Duration => duration(value, Duration::from_millis(1)),
            Self::Deadline => duration(value, Duration::ZERO),
            Self::Flag => match value {
                Value::Bool(..) => Ok(()),
                _ => Err(format!("{} is neither true nor false", shown(value))),
            },
            Self::ServerVersion => text(value)?
                .parse::<ServerVersion>()
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::OneOf(words) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(()),
                _ => Err(format!("{} is none of {}", shown(value), words.join(", "))),
            },
        }
    }
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

fn text(value: &Value) -> Result<&str, String> {
    match value.as_str() {
        Some("") => Err("must not be empty".to_owned()),
        Some(text) => Ok(text),
        None => Err(format!("{} is no text: put it in quotes", shown(value))),
    }
}

/// The value is not shown: whoever gives a URL here may have put a password in it.
fn host(host: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.starts_with('/') || host.chars().all(plain) {
        return Ok(());
    }
    Err("takes a host name, an address or the path of a socket's folder, not a URL".to_owned())
}

fn parsed<T: std::str::FromStr>(value: &Value, what: &str) -> Result<(), String> {
    let text = text(value)?;
    text.parse::<T>()
        .map(drop)
        .map_err(|_| format!("{text:?} is not {what}"))
}

fn networks(text: &str) -> Value {
    if text.trim_start().starts_with('[') {
        let list = Toml::from_str::<Dict>(&format!("list = {text}"));
        return list
            .ok()
            .and_then(|mut dict| dict.remove("list"))
            .unwrap_or_else(|| text.into());
    }
    match text.trim() {
        "" => text.into(),
        list => Value::from(list.split(',').map(str::trim).collect::<Vec<_>>()),
    }
}

fn each_network(value: &Value) -> Result<(), String> {
    let Value::Array(_, networks) = value else {
        text(value)?;
        return Err(format!("{} is not a list of networks", shown(value)));
    };
    networks
        .iter()
        .try_for_each(|network| parsed::<IpNet>(network, "a network in CIDR notation such as \"10.0.0.0/8\""))
}

/// The value as a number, if it is an integer and not negative.
pub(super) fn whole_number(value: &Value) -> Option<u128> {
    value
        .to_u128()
        .or_else(|| value.to_i128().and_then(|number| u128::try_from(number).ok()))
}

fn integer(value: &Value, min: u32, max: u32) -> Result<(), String> {
    match whole_number(value) {
        Some(number) if (u128::from(min)..=u128::from(max)).contains(&number) => Ok(()),
        _ => Err(format!("{} is not an integer from {min} to {max}", shown(value))),
    }
}

fn duration(value: &Value, shortest: Duration) -> Result<(), String> {
    let Some(text) = value.as_str() else {
        return Err(format!(
            "{} is not a duration: give it a unit, as in \"30s\"",
            shown(value)
        ));
    };
    match humantime::parse_duration(text) {
        Err(_) => Err(format!(
            "{text:?} is not a duration such as \"30s\", from 1 ms to 24 days"
        )),
        Ok(duration) if duration.is_zero() && shortest.is_zero() => Ok(()),
        // Less would round to 0 ms, which PostgreSQL takes for no limit at all.
        Ok(duration) if duration < Duration::from_millis(1) => Err(format!("{text:?} is shorter than 1 ms")),
        Ok(duration) if duration > LONGEST => Err(format!("{text:?} is longer than 24 days")),
        Ok(_) => Ok(()),
    }
}
