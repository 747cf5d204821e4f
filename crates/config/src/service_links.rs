//! Service links: variables that Kubernetes sets in every pod beside a Service named `tenantry` or `tenantry-…`.
//!
//! They begin with our prefix and are no mistyped keys. The forms are those of
//! <https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables>.

use std::ffi::OsStr;

/// Whether a variable with our prefix is such a service link. Its value decides as well, where a
/// mistyped key of ours could have its name.
pub(super) fn is_service_link(name: &str, value: &OsStr) -> bool {
    let Some(value) = value.to_str() else { return false };
    if name.contains("__") {
        return false;
    }
    let is_url = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url)
        || is_docker_link(name)
}

/// `…_PORT_8080_TCP`, bare or followed by `_PROTO`, `_PORT` or `_ADDR`.
fn is_docker_link(name: &str) -> bool {
    let Some((_, rest)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut parts = rest.split('_');
    let number = parts.next().is_some_and(|part| part.parse::<u16>().is_ok());
    let protocol = parts
        .next()
        .is_some_and(|part| matches!(part, "TCP" | "UDP" | "SCTP"));
    let detail = parts
        .next()
        .is_none_or(|part| matches!(part, "PROTO" | "PORT" | "ADDR"));
    number && protocol && detail && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_service_link;

    #[test]
    fn links_are_told_from_mistyped_keys() {
        for (name, value) in [
            ("TENANTRY_SERVICE_HOST", "10.0.0.7"),
            ("TENANTRY_SERVICE_PORT", "8080"),
            ("TENANTRY_ADMIN_SERVICE_PORT_HTTP", "8081"),
            ("TENANTRY_PORT", "tcp://10.0.0.7:8080"),
            ("TENANTRY_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
            ("TENANTRY_ADMIN_PORT_8081_TCP_ADDR", "10.0.0.8"),
        ] {
            assert!(is_service_link(name, value.as_ref()), "{name}");
        }
        for (name, value) in [
            ("TENANTRY_PORT", "8080"),
            ("TENANTRY_CONTROL_STORE_PORT", "5432"),
            ("TENANTRY_CONTROL_STORE__PORT", "tcp://10.0.0.7:5432"),
            ("TENANTRY_PORT_TCP", "tcp"),
            ("TENANTRY_PORT_80_TCP_OTHER", "tcp"),
        ] {
            assert!(!is_service_link(name, value.as_ref()), "{name}");
        }
    }
}
