//! Limits of a request.

use std::time::Duration;

use http::HeaderValue;

use super::{AllowedHosts, TrustedProxies};

/// Limits of a request, and how its plane logs it.
#[derive(Clone, Debug)]
pub struct StackSettings {
    /// The plane's name in the log.
    pub plane: &'static str,
    /// The listener's name in the log, where the plane has several.
    pub listener: Option<&'static str>,
    /// How the secrets begin that are redacted in logged paths, and that no request id may have.
    pub secret_prefix: Option<&'static str>,
    /// The time that a request may take until the head of its response is ready.
    pub deadline: Duration,
    /// The longest body, in bytes.
    pub body_limit: usize,
    /// The longest pause between two frames of a body.
    pub body_pause: Duration,
    /// The time in which a body must be whole, counted from the request's head.
    pub body_whole: Duration,
    /// The longest path and query, in bytes.
    pub uri_limit: usize,
    /// `Strict-Transport-Security` of every response, for a plane that speaks TLS. See [`hsts`].
    pub hsts: Option<HeaderValue>,
    /// The hosts that a request may name; by default any.
    pub allowed_hosts: AllowedHosts,
    /// Paths that begin so are closed to other sites' pages, but for a link that a browser follows.
    pub same_site_below: Option<&'static str>,
    /// Proxies whose word is taken for the client's address; by default none.
    pub trusted_proxies: TrustedProxies,
    /// Origins whose pages may call the plane (CORS), each as a browser sends it; by default none.
    pub cors_origins: Vec<HeaderValue>,
}

/// Tells browsers to use HTTPS alone for so many days (RFC 6797, section 6.1); `None` where that is none.
pub fn hsts(days: u32) -> Option<HeaderValue> {
    let seconds = u64::from(days) * 24 * 60 * 60;
    (days > 0).then(|| HeaderValue::try_from(format!("max-age={seconds}")).ok())?
}

impl StackSettings {
    /// Limits for small JSON documents: 30 s for a request, 256 KiB for its body, which may pause for 5 s
    /// and take 20 s, and 8 KiB for its URI (the length that RFC 9110, section 4.1, asks everyone to
    /// support).
    pub fn new(plane: &'static str) -> Self {
        Self {
            plane,
            listener: None,
            secret_prefix: None,
            deadline: Duration::from_secs(30),
            body_limit: 256 * 1024,
            body_pause: Duration::from_secs(5),
            body_whole: Duration::from_secs(20),
            uri_limit: 8 * 1024,
            hsts: None,
            allowed_hosts: AllowedHosts::default(),
            same_site_below: None,
            trusted_proxies: TrustedProxies::default(),
            cors_origins: Vec::new(),
        }
    }
}
