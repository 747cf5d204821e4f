//! A client of the admin plane, for the commands that go by way of the running service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::config::Settings;
use crate::dev::{RunFile, StateDir};

/// Creating a tenant may take as long as the service lets it.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Speaks to one service.
pub(crate) struct AdminClient {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
}

impl AdminClient {
    /// Finds the service: the URL that is given, else the one that runs in the dev profile's folder, else the
    /// configured address of the admin plane on this host.
    pub(crate) fn find(settings: &Settings, url: Option<Url>) -> anyhow::Result<Self> {
        let state = settings
            .dev
            .as_ref()
            .and_then(|dev| StateDir::find(&dev.state_dir));
        let running = state.as_ref().map(RunFile::read).transpose()?.flatten();
        let made = state.as_ref().map(StateDir::admin_token).transpose()?.flatten();
        let token = settings.admin_plane.token.clone().or(made).context(
            "no token: run this where the service was started, or set admin_plane.token_file to a file that holds one",
        )?;
        let address = running.map_or(settings.admin_plane.listen, |running| running.admin_plane);
        let base = match url {
            Some(url) => plain(url)?,
            None => Url::parse(&format!("http://{}", reachable(address))).context("admin_plane.listen")?,
        };
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .build()
            .context("no HTTP client")?;
        Ok(Self { http, base, token })
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.send(self.http.get(self.url(path)?).query(query)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(self.http.post(self.url(path)?).json(body)).await
    }

    fn url(&self, path: &str) -> anyhow::Result<Url> {
        self.base
            .join(path)
            .with_context(|| format!("{} is no base of a URL", self.base))
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let request = request.bearer_auth(self.token.expose_secret());
        let response = request.send().await.with_context(|| {
            format!(
                "no service answers at {}; start it with `tenantry serve`, or name it with --admin-url",
                self.base
            )
        })?;
        let status = response.status();
        let body: Value = response
            .json()
            .await
            .with_context(|| format!("{} is no admin plane", self.base))?;
        if status.is_success() {
            return Ok(body);
        }
        bail!(
            "{}",
            describe(&body).unwrap_or_else(|| format!("the service answered {status}"))
        )
    }
}

/// Refuses what this client cannot do: it sends its token in a header, over plain HTTP.
fn plain(url: Url) -> anyhow::Result<Url> {
    if url.scheme() != "http" || !url.username().is_empty() || url.password().is_some() || url.path() != "/" {
        bail!("--admin-url is http://HOST:PORT and no more; go through a tunnel where TLS is in front");
    }
    Ok(url)
}

/// A problem in one line: what, why, which fields, and under which id it is logged.
fn describe(problem: &Value) -> Option<String> {
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let mut line = format!("{}: {}", text("code")?, text("title")?);
    if let Some(detail) = text("detail") {
        line = format!("{line}: {detail}");
    }
    for wrong in problem
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let (Some(field), Some(detail)) = (wrong["field"].as_str(), wrong["detail"].as_str()) {
            line = format!("{line}; {field} {detail}");
        }
    }
    Some(format!(
        "{line} (request {})",
        text("request_id").unwrap_or("without an id")
    ))
}

/// Where a service that listens on all addresses is reached from its own host.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
