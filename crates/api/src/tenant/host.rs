//! The tenant that a request's host names, as in `{tenant}.example.com`.
//!
//! `{tenant}` is the tenant's id. Its name would take a query of the control store for each request, or all names in the
//! memory of each replica, and an operator can change it at any time.

use std::sync::Arc;

use http::Request;
use tenant_registry::TenantId;
use uuid::Uuid;
use web::Problem;
use web::middleware::named_hosts;

use crate::codes;

/// Domains right below which a host's label is a tenant's id. By default there is none, and no host names a tenant.
#[derive(Debug, Clone, Default)]
pub struct TenantHosts(Option<Arc<[Box<str>]>>);

impl TenantHosts {
    /// ASCII domains: `example.com` for `{tenant}.example.com`.
    pub fn new<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        let domains: Arc<[Box<str>]> = domains.into_iter().map(Box::from).collect();
        Self((!domains.is_empty()).then_some(domains))
    }

    /// The tenant that the request's host names, if it names one. Whether that tenant exists is not looked up.
    ///
    /// # Errors
    /// `TENANT_MISMATCH` where an absolute target and the header Host name two.
    pub(crate) fn tenant<B>(&self, request: &Request<B>) -> Result<Option<TenantId>, Problem> {
        let Some(domains) = &self.0 else {
            return Ok(None);
        };
        let mut named = named_hosts(request).filter_map(|host| read(domains, host));
        let first = named.next();
        if named.any(|other| Some(other) != first) {
            return Err(codes::TENANT_MISMATCH.into());
        }
        Ok(first.map(TenantId::from))
    }
}

/// The id that is the first label of this host, if the rest is one of the domains.
fn read(domains: &[Box<str>], host: &[u8]) -> Option<Uuid> {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let dot = host.iter().position(|byte| *byte == b'.')?;
    let (label, domain) = (host.get(..dot)?, host.get(dot + 1..)?);
    domains
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(domain))
        .then(|| id(label))?
}

/// The two forms that are names of hosts; the `uuid` crate would also take braces and `urn:uuid:`.
fn id(label: &[u8]) -> Option<Uuid> {
    matches!(label.len(), 32 | 36).then(|| Uuid::try_parse_ascii(label).ok())?
}

#[cfg(test)]
mod tests {
    use http::Version;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0199_d3a0_7a1e_7c7b_9d55_4a1f_0a5f_3f10);
    const SIMPLE: &str = "0199d3a07a1e7c7b9d554a1f0a5f3f10";

    fn hosts() -> TenantHosts {
        TenantHosts::new(["example.com", "xn--bcher-kva.example", "localhost"])
    }

    fn request(version: Version, target: &str, host: Option<&str>) -> Request<()> {
        let mut request = Request::builder().version(version).uri(target);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        request.body(()).unwrap()
    }

    fn named(host: &str) -> Option<Uuid> {
        let tenant = hosts().tenant(&request(Version::HTTP_11, "/", Some(host)));
        tenant.unwrap().map(TenantId::as_uuid)
    }

    #[test]
    fn an_id_right_below_a_domain_is_a_tenant() {
        let upper = ID.to_string().to_uppercase();
        for host in [
            format!("{ID}.example.com"),
            format!("{SIMPLE}.example.com"),
            format!("{upper}.EXAMPLE.Com"),
            format!("{ID}.example.com."),
            format!("{ID}.example.com:8443"),
            format!("{ID}.example.com.:8443"),
            format!("{ID}.example.com:"),
            format!("{ID}.xn--bcher-kva.example"),
            format!("{ID}.XN--BCHER-KVA.example"),
            format!("{ID}.localhost:8080"),
        ] {
            assert_eq!(named(&host), Some(ID), "{host}");
        }
    }

    #[test]
    fn any_other_host_names_none() {
        for host in [
            String::new(),
            ".".to_owned(),
            "example.com".to_owned(),
            ".example.com".to_owned(),
            ID.to_string(),
            format!("{ID}."),
            format!("{ID}.com"),
            format!("{ID}.evil-example.com"),
            format!("{ID}-example.com"),
            format!("{ID}example.com"),
            format!("a.{ID}.example.com"),
            format!("{ID}.a.example.com"),
            format!("{ID}..example.com"),
            format!("{ID}.example.com.."),
            format!("{ID}.example.com.evil.example"),
            format!("{ID}.example.co"),
            format!("{ID}.xample.com"),
            format!("{ID}.b%C3%BCcher.example"),
            format!("{ID}.b\u{fc}cher.example"),
            format!("{ID}.example%2Ecom"),
            "acme.example.com".to_owned(),
            "www.example.com".to_owned(),
            format!("{}.example.com", &SIMPLE[1..]),
            format!("{SIMPLE}0.example.com"),
            format!("{}.example.com", SIMPLE.replace('f', "g")),
            format!("{}.example.com", ID.to_string().replace('-', "_")),
            format!("{}.example.com", SIMPLE.replacen("7a1e", "-a1-", 1)),
            format!("{{{ID}}}.example.com"),
            format!("urn:uuid:{ID}.example.com"),
            "[::1]:8080".to_owned(),
            "127.0.0.1".to_owned(),
        ] {
            assert_eq!(named(&host), None, "{host}");
        }
        let none = TenantHosts::default();
        let request = request(Version::HTTP_11, "/", Some(&format!("{ID}.example.com")));
        assert!(matches!(none.tenant(&request), Ok(None)));
    }

    #[test]
    fn each_form_of_a_request_names_its_host() {
        let (own, plain) = (format!("{ID}.example.com"), "api.example.com");
        let absolute = format!("http://{own}:8080/v1/users");
        let other = format!("{}.example.com", Uuid::from_u128(8));
        let read = |version, target: &str, host| hosts().tenant(&request(version, target, host));
        for (version, target, host) in [
            (Version::HTTP_11, "/v1/users", Some(own.as_str())),
            (Version::HTTP_11, &absolute, Some(&own)),
            (Version::HTTP_11, &absolute, Some(plain)),
            (Version::HTTP_11, "http://api.example.com/", Some(&own)),
            (Version::HTTP_10, &absolute, None),
            (Version::HTTP_2, &absolute, None),
        ] {
            let tenant = read(version, target, host).unwrap();
            assert_eq!(tenant.map(TenantId::as_uuid), Some(ID), "{version:?} {target}");
        }
        assert_eq!(read(Version::HTTP_10, "/", None).unwrap(), None);
        let user = format!("http://{ID}@localhost/v1/users");
        assert_eq!(read(Version::HTTP_11, &user, Some("localhost")).unwrap(), None);
        let two = read(Version::HTTP_11, &absolute, Some(&other));
        assert_eq!(two.unwrap_err().code(), codes::TENANT_MISMATCH);
    }
}
