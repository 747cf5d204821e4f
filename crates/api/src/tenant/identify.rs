//! The header `x-tenant-id`.

use http::{HeaderMap, HeaderName};
use tenant_registry::TenantId;
use web::Problem;
use web::read::parse_uuid;

use crate::codes;

/// Names the tenant by its UUID, exactly once.
const TENANT_HEADER: HeaderName = HeaderName::from_static("x-tenant-id");

/// The tenant that the request names by the header, by its host, or by both alike.
pub(super) fn tenant(headers: &HeaderMap, by_host: Option<TenantId>) -> Result<TenantId, Problem> {
    match (named_tenant(headers)?, by_host) {
        (Some(named), Some(other)) if named != other => Err(codes::TENANT_MISMATCH.into()),
        (Some(tenant), _) | (None, Some(tenant)) => Ok(tenant),
        (None, None) => Err(codes::TENANT_HEADER_MISSING.into()),
    }
}

/// The tenant that the header names, if there is one.
pub(crate) fn named_tenant(headers: &HeaderMap) -> Result<Option<TenantId>, Problem> {
    let mut given = headers.get_all(TENANT_HEADER).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    if given.next().is_some() {
        return Err(codes::TENANT_HEADER_DUPLICATED.into());
    }
    let id = value
        .to_str()
        .ok()
        .and_then(parse_uuid)
        .ok_or(codes::TENANT_HEADER_INVALID)?;
    Ok(Some(id.into()))
}

#[cfg(test)]
mod tests {
    use web::Code;

    use super::*;

    const ID: &str = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f10";

    fn read(values: &[&[u8]]) -> Result<String, Code> {
        read_at(None, values)
    }

    fn read_at(host: Option<&str>, values: &[&[u8]]) -> Result<String, Code> {
        let by_host = host.map(|id| TenantId::from(parse_uuid(id).unwrap()));
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TENANT_HEADER, http::HeaderValue::from_bytes(value).unwrap());
        }
        tenant(&headers, by_host)
            .map(|id| id.to_string())
            .map_err(|problem| problem.code())
    }

    #[test]
    fn exactly_one_uuid() {
        assert_eq!(read(&[ID.as_bytes()]), Ok(ID.to_owned()));
        assert_eq!(read(&[]), Err(codes::TENANT_HEADER_MISSING));
        assert_eq!(
            read(&[ID.as_bytes(), ID.as_bytes()]),
            Err(codes::TENANT_HEADER_DUPLICATED)
        );
        for wrong in [
            &b""[..],
            b"1",
            b"\xff",
            b"0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f10, x",
        ] {
            assert_eq!(read(&[wrong]), Err(codes::TENANT_HEADER_INVALID), "{wrong:?}");
        }
    }

    #[test]
    fn the_host_stands_in_for_the_header_and_does_not_contradict_it() {
        let other = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f11";
        let own = Ok(ID.to_owned());
        assert_eq!(read_at(Some(ID), &[]), own);
        assert_eq!(read_at(Some(ID), &[ID.as_bytes()]), own);
        assert_eq!(
            read_at(Some(other), &[ID.as_bytes()]),
            Err(codes::TENANT_MISMATCH)
        );
        assert_eq!(read_at(Some(ID), &[b"1"]), Err(codes::TENANT_HEADER_INVALID));
        assert_eq!(
            read_at(Some(ID), &[ID.as_bytes(), ID.as_bytes()]),
            Err(codes::TENANT_HEADER_DUPLICATED)
        );
    }
}
