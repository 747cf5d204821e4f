//! The requests. Lines end with `\n` here; `host`, `content-length` and `connection: close` are added where a request
//! says nothing of them.
//!
//! `{a}`, `{b}`: the two tenants' ids. `{mine}`, `{user}`: the ids of a row of each. `{cursor}`: a cursor of `b`. `{key}`: an
//! API key of `a`.
//! `{token}`: the operator's. `{long}`: twenty thousand letters. `{fields}`: three hundred lines. `\u{f780}` to `\u{f7ff}`:
//! the bytes 80 to ff, which alone are no text.

use super::fixture::{Attempt, Expected::{Closed, Ended, Own, Refused, Reset}, Plane::{Admin, Tenant}};

/// An attempt on the tenant plane.
const fn tenant(name: &'static str, request: &'static str, status: u16, code: &'static str) -> Attempt {
    Attempt { name, plane: Tenant, request, expected: Refused(status, code) }
}

/// An attempt on the admin plane.
const fn admin(name: &'static str, request: &'static str, status: u16, code: &'static str) -> Attempt {
    Attempt { name, plane: Admin, request, expected: Refused(status, code) }
}

/// What is answered, with what is the caller's own.
const fn own(name: &'static str, request: &'static str, status: u16) -> Attempt {
    Attempt { name, plane: Tenant, request, expected: Own(status) }
}

/// What is no HTTP that could be answered in JSON: this status, and the connection is closed.
const fn closed(name: &'static str, request: &'static str, status: u16) -> Attempt {
    Attempt { name, plane: Tenant, request, expected: Closed(status) }
}

/// A stream of HTTP/2 that is reset.
const fn reset(name: &'static str, request: &'static str, code: u32) -> Attempt {
    Attempt { name, plane: Tenant, request, expected: Reset(code) }
}

/// Tenant identification: the one header, and everything that might be mistaken for it.
const NAMING: &[Attempt] = &[
    tenant("no header", "GET /v1/internal/users HTTP/1.1", 400, "TENANT_HEADER_MISSING"),
    tenant("two headers, oneself first", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-tenant-id: {b}", 400, "TENANT_HEADER_DUPLICATED"),
    tenant("two headers, the other first", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {b}\nx-tenant-id: {a}", 400, "TENANT_HEADER_DUPLICATED"),
    tenant("two headers of different case", "GET /v1/internal/users HTTP/1.1\nX-Tenant-Id: {a}\nx-TENANT-id: {b}", 400, "TENANT_HEADER_DUPLICATED"),
    tenant("a list in one header", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}, {b}", 400, "TENANT_HEADER_INVALID"),
    tenant("a list with a semicolon", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a};{b}", 400, "TENANT_HEADER_INVALID"),
    tenant("an empty header", "GET /v1/internal/users HTTP/1.1\nx-tenant-id:", 400, "TENANT_HEADER_INVALID"),
    tenant("a wildcard", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: *", 400, "TENANT_HEADER_INVALID"),
    tenant("a name in place of the id", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: globex", 400, "TENANT_HEADER_INVALID"),
    tenant("an id in braces", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {{b}}", 400, "TENANT_HEADER_INVALID"),
    tenant("an id as a URN", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: urn:uuid:{b}", 400, "TENANT_HEADER_INVALID"),
    tenant("an id in quotes", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: \"{b}\"", 400, "TENANT_HEADER_INVALID"),
    tenant("an encoded id", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: %7B{b}%7D", 400, "TENANT_HEADER_INVALID"),
    tenant("SQL in the header", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}' OR '1'='1", 400, "TENANT_HEADER_INVALID"),
    tenant("letters that look alike", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {b}\u{ff10}", 400, "TENANT_HEADER_INVALID"),
    tenant("an unknown id", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: 00000000-0000-0000-0000-000000000000", 404, "TENANT_UNKNOWN"),
    tenant("the highest id", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: ffffffff-ffff-ffff-ffff-ffffffffffff", 404, "TENANT_UNKNOWN"),
    tenant("underscores", "GET /v1/internal/users HTTP/1.1\nx_tenant_id: {b}", 400, "TENANT_HEADER_MISSING"),
    tenant("another spelling", "GET /v1/internal/users HTTP/1.1\ntenant-id: {b}\nx-tenant: {b}\nx-tenantid: {b}", 400, "TENANT_HEADER_MISSING"),
    tenant("a cookie", "GET /v1/internal/users HTTP/1.1\ncookie: x-tenant-id={b}; tenant={b}", 400, "TENANT_HEADER_MISSING"),
    tenant("the host's name", "GET /v1/internal/users HTTP/1.1\nhost: {b}.example.com", 400, "TENANT_HEADER_MISSING"),
    tenant("a token", "GET /v1/internal/users HTTP/1.1\nauthorization: Bearer {b}", 400, "TENANT_HEADER_MISSING"),
    tenant("a user and password in the URI", "GET http://{b}@localhost/v1/internal/users HTTP/1.1", 400, "TENANT_HEADER_MISSING"),
    tenant("a trailer", "POST /v1/internal/users HTTP/1.1\ncontent-type: application/json\ntransfer-encoding: chunked\ntrailer: x-tenant-id\n\nc\n{\"name\":\"x\"}\n0\nx-tenant-id: {b}\n", 400, "TENANT_HEADER_MISSING"),
    tenant("the query", "GET /v1/internal/users?x-tenant-id={b} HTTP/1.1", 400, "TENANT_HEADER_MISSING"),
    tenant("the query, beside the header", "GET /v1/internal/users?tenant_id={b} HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("the body, beside the header", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"x\",\"tenant_id\":\"{b}\"}", 422, "VALIDATION"),
    tenant("the path", "GET /v1/tenants/{b}/users HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("the path, after the routes", "GET /v1/internal/{b}/users HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    own("headers that claim another", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-internal-tenant: {b}\nx-original-tenant-id: {b}\nx-forwarded-tenant: {b}\nx-remote-user: tn_{b}_a\nx-user-id: {user}\nx-forwarded-user: root", 200),
    own("headers that claim to be from within", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-internal: true\nx-admin: 1\nx-forwarded-for: 127.0.0.1\nforwarded: for=127.0.0.1\nx-real-ip: 127.0.0.1", 200),
    own("headers that the connection is to take away", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nconnection: close, x-tenant-id\nx-forwarded-host: {b}", 200),
];

/// Ids of another tenant's rows in every route, compared with an unknown id.
const IDS: &[Attempt] = &[
    tenant("shown", "GET /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("changed", "PATCH /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"hit\"}", 404, "NOT_FOUND"),
    tenant("changed in nothing", "PATCH /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{}", 404, "NOT_FOUND"),
    tenant("changed wrongly", "PATCH /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"\"}", 422, "VALIDATION"),
    tenant("deleted", "DELETE /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("deleted with a body", "DELETE /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"tenant_id\":\"{b}\"}", 404, "NOT_FOUND"),
    tenant("deleted by another method's name", "POST /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\nx-http-method-override: DELETE", 405, "METHOD_NOT_ALLOWED"),
    tenant("replaced", "PUT /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\nif-match: *\ncontent-type: application/json\n\n{\"name\":\"hit\"}", 412, "PRECONDITION_FAILED"),
    tenant("changed if it is there", "PATCH /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {a}\nif-match: *\ncontent-type: application/json\n\n{\"name\":\"hit\"}", 404, "NOT_FOUND"),
    tenant("shown with an encoded slash", "GET /v1/internal/users/{mine}%2f..%2f{user} HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("shown by way of dots", "GET /v1/internal/users/{mine}/../{user} HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("shown by way of encoded dots", "GET /v1/internal/users/%2e%2e/users/{user} HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("shown with a NUL", "GET /v1/internal/users/{user}%00 HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("shown with SQL", "GET /v1/internal/users/{user}'%20OR%20'1'='1 HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("shown with a comma", "GET /v1/internal/users/{mine},{user} HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("shown with bytes that are no text", "GET /v1/internal/users/%ff%fe HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("shown with a parameter of the path", "GET /v1/internal/users/{mine};id={user} HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
    tenant("shown with a query", "GET /v1/internal/users/{mine}?id={user} HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("shown below", "GET /v1/internal/users/{user}/ HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("with two slashes", "GET /v1/internal//users HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("with another case", "GET /V1/Internal/Users HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("the tenant's id for a row's", "GET /v1/internal/users/{b} HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND"),
];

/// The list: filters, orders and cursors.
const LISTS: &[Attempt] = &[
    own("everything", "GET /v1/internal/users?limit=500 HTTP/1.1\nx-tenant-id: {a}", 200),
    own("a part of the other's name", "GET /v1/internal/users?search=payroll HTTP/1.1\nx-tenant-id: {a}", 200),
    own("SQL in the search", "GET /v1/internal/users?search=%27%20OR%201%3D1%20--%20 HTTP/1.1\nx-tenant-id: {a}", 200),
    own("UNION in the search", "GET /v1/internal/users?search=%27%20UNION%20SELECT%20*%20FROM%20app.users%20-- HTTP/1.1\nx-tenant-id: {a}", 200),
    own("wildcards in the search", "GET /v1/internal/users?search=%25_%25 HTTP/1.1\nx-tenant-id: {a}", 200),
    tenant("the other's cursor", "GET /v1/internal/users?sort=name&cursor={cursor} HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("the other's cursor in another order", "GET /v1/internal/users?sort=created_at&cursor={cursor} HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a cursor with something behind it", "GET /v1/internal/users?sort=name&cursor={cursor}x HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a cursor that is none", "GET /v1/internal/users?cursor=' HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a cursor of a tenant's id", "GET /v1/internal/users?cursor={b} HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a cursor of JSON", "GET /v1/internal/users?cursor=WzEsMCx7InRlbmFudF9pZCI6IngifV0 HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("the order of another column", "GET /v1/internal/users?sort=tenant_id HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("SQL in the order", "GET /v1/internal/users?sort=name;DROP%20TABLE%20app.users HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("SQL in the direction", "GET /v1/internal/users?order=asc,(SELECT%201) HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("SQL in the limit", "GET /v1/internal/users?limit=1%20UNION%20SELECT%201 HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a limit below nothing", "GET /v1/internal/users?limit=-1 HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("SQL in a date", "GET /v1/internal/users?created_after=now() HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("SQL in a truth", "GET /v1/internal/users?confirmed=true%20OR%20true HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("half of a letter in the search", "GET /v1/internal/users?search=%ed%a0%80 HTTP/1.1\nx-tenant-id: {a}", 400, "MALFORMED"),
    tenant("a NUL in the search", "GET /v1/internal/users?search=a%00b HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a parameter twice", "GET /v1/internal/users?limit=1&limit=500 HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
    tenant("a parameter of another spelling", "GET /v1/internal/users?filter[tenant_id]={b} HTTP/1.1\nx-tenant-id: {a}", 422, "VALIDATION"),
];

/// Bodies: mass assignment of other fields.
const BODIES: &[Attempt] = &[
    tenant("an id of another's", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"x\",\"id\":\"{user}\"}", 422, "VALIDATION"),
    tenant("dates", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"x\",\"created_at\":\"1970-01-01T00:00:00Z\"}", 422, "VALIDATION"),
    tenant("a tenant, by change", "PATCH /v1/internal/users/{mine} HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"tenant_id\":\"{b}\"}", 422, "VALIDATION"),
    tenant("a prototype", "PATCH /v1/internal/users/{mine} HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"__proto__\":{\"tenant_id\":\"{b}\"}}", 422, "VALIDATION"),
    tenant("a name twice", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"a\",\"name\":\"b\"}", 400, "MALFORMED"),
    tenant("a name twice, once escaped", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"a\",\"n\\u0061me\":\"b\"}", 400, "MALFORMED"),
    tenant("two documents", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"a\"}{\"name\":\"b\"}", 400, "MALFORMED"),
    tenant("many at once", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n[{\"name\":\"a\"},{\"name\":\"b\"}]", 400, "MALFORMED"),
    tenant("an object for a name", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":{\"$ne\":null}}", 422, "VALIDATION"),
    tenant("a NUL in a name", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"a\\u0000b\"}", 422, "VALIDATION"),
    tenant("half of a letter", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"\\ud800\"}", 400, "MALFORMED"),
    tenant("a letter in more bytes than it has", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"\u{f7c0}\u{f7af}\"}", 400, "MALFORMED"),
    tenant("the bytes of half a letter", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"\u{f7ed}\u{f7a0}\u{f780}\"}", 400, "MALFORMED"),
    tenant("depth without end", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":{deep}}", 400, "MALFORMED"),
    tenant("a form", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/x-www-form-urlencoded\n\nname=x&tenant_id={b}", 415, "MEDIA_TYPE"),
    tenant("XML", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/xml\n\n<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><name>&y;</name>", 415, "MEDIA_TYPE"),
    tenant("JSON of no type", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\n\n{\"name\":\"x\"}", 415, "MEDIA_TYPE"),
    tenant("JSON of two types", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: text/plain\ncontent-type: application/json\n\n{\"name\":\"x\"}", 415, "MEDIA_TYPE"),
    tenant("JSON that is packed", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-encoding: gzip\n\n{\"name\":\"x\"}", 415, "MEDIA_TYPE"),
    own("SQL for a name", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"x'); DELETE FROM app.users; --\"}", 201),
    own("a template for a name", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\n\n{\"name\":\"${7*7}{{7*7}}<%= 7*7 %>\"}", 201),
];

/// Request smuggling: requests that a proxy might parse differently.
const FRAMING: &[Attempt] = &[
    tenant("a length beside chunks, with a request behind", "POST /v1/internal/users HTTP/1.1\nconnection: keep-alive\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 4\ntransfer-encoding: chunked\n\n0\n\nGET /v1/internal/users HTTP/1.1\nhost: x\nconnection: close\nx-tenant-id: {b}\n\n", 400, "MALFORMED"),
    own("a length beside chunks that hold something", "POST /v1/internal/users HTTP/1.1\nconnection: keep-alive\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 4\ntransfer-encoding: chunked\n\nc\n{\"name\":\"x\"}\n0\n\nGET /v1/internal/users HTTP/1.1\nhost: x\nconnection: close\nx-tenant-id: {b}\n\n", 201),
    closed("chunks beside a length, in HTTP/1.0", "POST /v1/internal/users HTTP/1.0\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 4\ntransfer-encoding: chunked\n\n0\n\n", 400),
    closed("two lengths", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 12\ncontent-length: 2\n\n{\"name\":\"x\"}", 400),
    closed("a list of lengths", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 12, 2\n\n{\"name\":\"x\"}", 400),
    closed("a length with a sign", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: +12\n\n{\"name\":\"x\"}", 400),
    closed("chunks that are not last", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked, identity\n\n0\n\n", 400),
    closed("chunks of an unknown kind", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: xchunked\n\n0\n\n", 400),
    closed("a length in hexadecimal", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 0x0c\n\n{\"name\":\"x\"}", 400),
    closed("a length below nothing", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: -1\n\n{\"name\":\"x\"}", 400),
    closed("a length without end", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 99999999999999999999999\n\n{\"name\":\"x\"}", 400),
    closed("an empty length", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length:\n\n{\"name\":\"x\"}", 400),
    closed("a line that ends in half", "GET /v1/internal/users HTTP/1.1\nx-a: b\rx-tenant-id: {b}\nx-tenant-id: {a}", 400),
    closed("chunks, and no coding behind them", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\ntransfer-encoding: identity\n\nc\n{\"name\":\"x\"}\n0\n\n", 400),
    closed("chunks with a weight", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked;q=1\n\nc\n{\"name\":\"x\"}\n0\n\n", 400),
    closed("a coding without a name", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding:\n\nc\n{\"name\":\"x\"}\n0\n\n", 400),
    closed("chunks behind a letter that is not seen", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: \x0bchunked\n\nc\n{\"name\":\"x\"}\n0\n\n", 400),
    closed("no coding, beside a length", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: identity\ncontent-length: 12\n\n{\"name\":\"x\"}", 400),
    tenant("chunks that are packed", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: gzip, chunked\n\nc\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("chunks in chunks", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked, chunked\n\nc\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("chunks twice", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\ntransfer-encoding: chunked\n\nc\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk's size with a sign", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\n+c\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk's size with a prefix", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\n0xc\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk's size behind a space", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\n c\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk without a size", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\n\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk's size that goes round", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\n1000000000000000c\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk's extension that ends in half", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\nc;a\rb\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("a chunk's extension without end", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\nc;{long}\n{\"name\":\"x\"}\n0\n\n", 400, "MALFORMED"),
    tenant("hundreds of trailers", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\nc\n{\"name\":\"x\"}\n0\n{fields}\n", 400, "MALFORMED"),
    tenant("a huge trailer", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\ncontent-type: application/json\ntransfer-encoding: chunked\n\nc\n{\"name\":\"x\"}\n0\nx: {long}{long}{long}{long}\n\n", 400, "MALFORMED"),
    own("a request for a body", "GET /v1/internal/users HTTP/1.1\nconnection: keep-alive\nx-tenant-id: {a}\n\nGET /v1/internal/users HTTP/1.1\r\nhost: x\r\nx-tenant-id:{b}\r\n\r\n", 200),
    own("HTTP/2 by an upgrade", "GET /v1/internal/users HTTP/1.1\nconnection: upgrade, http2-settings\nupgrade: h2c\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\nx-tenant-id: {a}", 200),
    own("a web socket", "GET /v1/internal/users HTTP/1.1\nconnection: upgrade\nupgrade: websocket\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\nsec-websocket-version: 13\nx-tenant-id: {a}", 200),
    own("HTTP/2 behind a request", "GET /v1/internal/users HTTP/1.1\nconnection: keep-alive\ncontent-length: 0\nx-tenant-id: {a}\n\nPRI * HTTP/2.0\n\nSM\n\n", 200),
    Attempt { plane: Admin, ..closed("tabs for spaces", "GET\t/livez\tHTTP/1.1", 400) },
    Attempt { plane: Admin, ..closed("two spaces for one", "GET  /livez HTTP/1.1", 400) },
    Attempt { plane: Admin, ..closed("a line without a colon", "GET /livez HTTP/1.1\nx-tenant-id", 400) },
    closed("a target that is no text", "GET /v1/internal/users/\u{f7ff}\u{f7fe} HTTP/1.1\nx-tenant-id: {a}", 400),
    tenant("two hosts", "GET /v1/internal/users HTTP/1.1\nhost: a\nhost: b\nx-tenant-id: {a}", 400, "MALFORMED"),
    tenant("an empty host", "GET /v1/internal/users HTTP/1.1\nhost:\nx-tenant-id: {a}", 400, "MALFORMED"),
    tenant("a host that is none", "GET /v1/internal/users HTTP/1.1\nhost: a b/c@d\nx-tenant-id: {a}", 400, "MALFORMED"),
    tenant("to be allowed by a browser", "OPTIONS /v1/internal/users HTTP/1.1\norigin: http://evil.example\naccess-control-request-method: POST\naccess-control-request-headers: x-tenant-id", 405, "METHOD_NOT_ALLOWED"),
    closed("a space before the colon", "GET /v1/internal/users HTTP/1.1\nx-tenant-id : {b}", 400),
    closed("a folded line", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\n {b}", 400),
    closed("a NUL in a header", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\0{b}", 400),
    closed("a pseudo header of HTTP/2", "GET /v1/internal/users HTTP/1.1\n:authority: {b}\nx-tenant-id: {a}", 400),
    closed("a space in the target", "GET /v1/internal/users x HTTP/1.1\nx-tenant-id: {a}", 400),
    closed("a version that is none", "GET /v1/internal/users HTTP/9.9\nx-tenant-id: {a}", 400),
    closed("a huge header", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-long: {long}{long}{long}{long}", 431),
    own("an absolute target of another host", "GET http://{b}.example.com/v1/internal/users HTTP/1.1\nhost: localhost\nx-tenant-id: {a}", 200),
    tenant("an absolute target of the admin plane", "GET http://127.0.0.1:8081/admin/v1/tenants HTTP/1.1\nx-tenant-id: {a}\nauthorization: Bearer {token}", 404, "ROUTE_UNKNOWN"),
    tenant("a tunnel", "CONNECT 127.0.0.1:5432 HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("all there is", "OPTIONS * HTTP/1.1\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("an echo", "TRACE /v1/internal/users HTTP/1.1\nx-tenant-id: {a}", 405, "METHOD_NOT_ALLOWED"),
    tenant("a long target", "GET /v1/internal/users?search={long} HTTP/1.1\nx-tenant-id: {a}", 414, "URI_TOO_LONG"),
    own("a request id that is no text", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-request-id: <script>\u{e9}", 200),
];

/// Over HTTP/2: the fields, the body and the trailers.
pub const HTTP2: &[Attempt] = &[
    tenant("two headers", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\nx-tenant-id: {b}", 400, "TENANT_HEADER_DUPLICATED"),
    tenant("a trailer", ":method: POST\n:scheme: http\n:path: /v1/internal/users\n:authority: x\ncontent-type: application/json\n\n{\"name\":\"x\"}\n\nx-tenant-id: {b}", 400, "TENANT_HEADER_MISSING"),
    Attempt { name: "the header in capitals", plane: Tenant, request: ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nX-Tenant-Id: {b}", expected: Ended(1) },
    reset("a header for the connection", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\nconnection: close", 1),
    reset("a header for a connection that is kept", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\nkeep-alive: 1", 1),
    reset("chunks", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\ntransfer-encoding: chunked", 1),
    reset("an upgrade", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\nupgrade: h2c", 1),
    reset("codings that are accepted", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\nte: gzip", 1),
    reset("two paths", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:path: /v1/internal/users/{mine}\n:authority: x\nx-tenant-id: {a}", 1),
    reset("a length that is too short", ":method: POST\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 5\n\n{\"name\":\"x\"}", 1),
    reset("a length that is too long", ":method: POST\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\ncontent-type: application/json\ncontent-length: 50\n\n{\"name\":\"x\"}", 1),
    tenant("no host", ":method: GET\n:scheme: http\n:path: /v1/internal/users\nx-tenant-id: {a}", 400, "MALFORMED"),
    tenant("a host beside another", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nhost: y\nx-tenant-id: {a}", 400, "MALFORMED"),
    tenant("a header at the other's host", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: {b}.example.com\nx-tenant-id: {a}", 403, "TENANT_MISMATCH"),
    tenant("a key at the other's host", ":method: GET\n:scheme: http\n:path: /v1/users\n:authority: {b}.example.com\nhost: {b}.example.com\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    own("one's own host", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: {a}.example.com:8080", 200),
    closed("a huge head", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\nx-long: {long}\nx-longer: {long}", 431),
];

/// The admin plane: without a token, and from the tenants' side.
const OPERATORS: &[Attempt] = &[
    admin("no token", "GET /admin/v1/tenants HTTP/1.1", 401, "UNAUTHENTICATED"),
    admin("an empty token", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer ", 401, "UNAUTHENTICATED"),
    admin("a wrong token", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer x", 401, "UNAUTHENTICATED"),
    admin("a tenant's id for a token", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer {a}\nx-tenant-id: {a}", 401, "UNAUTHENTICATED"),
    admin("the token under another scheme", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Basic {token}", 401, "UNAUTHENTICATED"),
    admin("the token without a scheme", "GET /admin/v1/tenants HTTP/1.1\nauthorization: {token}", 401, "UNAUTHENTICATED"),
    admin("the token beside a wrong one", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer x\nauthorization: Bearer {token}", 401, "UNAUTHENTICATED"),
    admin("the token with something behind it", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer {token}x", 401, "UNAUTHENTICATED"),
    admin("the token's beginning", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer a-token-for-test", 401, "UNAUTHENTICATED"),
    admin("the token in the query", "GET /admin/v1/tenants?access_token={token} HTTP/1.1", 401, "UNAUTHENTICATED"),
    admin("the token in a cookie", "GET /admin/v1/tenants HTTP/1.1\ncookie: token={token}", 401, "UNAUTHENTICATED"),
    admin("the token of a proxy", "GET /admin/v1/tenants HTTP/1.1\nproxy-authorization: Bearer {token}\nx-forwarded-user: root\nx-internal: true", 401, "UNAUTHENTICATED"),
    admin("SQL for a token", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer ' OR '1'='1", 401, "UNAUTHENTICATED"),
    admin("to make a tenant", "POST /admin/v1/tenants HTTP/1.1\ncontent-type: application/json\n\n{\"name\":\"mine\"}", 401, "UNAUTHENTICATED"),
    admin("to show a tenant", "GET /admin/v1/tenants/{b} HTTP/1.1\nx-tenant-id: {b}", 401, "UNAUTHENTICATED"),
    admin("to show an unknown tenant", "GET /admin/v1/tenants/00000000-0000-0000-0000-000000000000 HTTP/1.1", 401, "UNAUTHENTICATED"),
    admin("rows, by the operator", "GET /v1/internal/users HTTP/1.1\nauthorization: Bearer {token}\nx-tenant-id: {b}", 404, "ROUTE_UNKNOWN"),
    admin("to take a tenant's id again", "POST /admin/v1/tenants HTTP/1.1\nauthorization: Bearer {token}\ncontent-type: application/json\n\n{\"name\":\"other\",\"id\":\"{b}\"}", 409, "TENANT_EXISTS"),
    admin("to set a tenant's state", "POST /admin/v1/tenants HTTP/1.1\nauthorization: Bearer {token}\ncontent-type: application/json\n\n{\"name\":\"other\",\"state\":\"active\",\"max_connections\":99}", 422, "VALIDATION"),
    admin("encoded letters", "GET /%61dmin/v1/tenants HTTP/1.1", 404, "ROUTE_UNKNOWN"),
    admin("dots", "GET /livez/../admin/v1/tenants HTTP/1.1", 404, "ROUTE_UNKNOWN"),
    admin("two slashes", "GET //admin/v1/tenants HTTP/1.1", 404, "ROUTE_UNKNOWN"),
    tenant("the admin plane by the tenants' port", "GET /admin/v1/tenants HTTP/1.1\nauthorization: Bearer {token}", 404, "ROUTE_UNKNOWN"),
    tenant("a tenant by the tenants' port", "GET /admin/v1/tenants/{b} HTTP/1.1\nauthorization: Bearer {token}\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("the admin plane by way of dots", "GET /v1/internal/../../admin/v1/tenants HTTP/1.1\nauthorization: Bearer {token}\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("the admin plane by its host's name", "GET /v1/tenants HTTP/1.1\nhost: admin.localhost:8081\nauthorization: Bearer {token}\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
    tenant("the admin plane by a header", "GET /v1/internal/nothing HTTP/1.1\nx-original-url: /admin/v1/tenants\nx-rewrite-url: /admin/v1/tenants\nauthorization: Bearer {token}\nx-tenant-id: {a}", 404, "ROUTE_UNKNOWN"),
];

/// From a network that is not trusted.
const NETWORKS: &[Attempt] = &[
    tenant("as one is", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}", 403, "NETWORK_NOT_TRUSTED"),
    tenant("with an address forwarded", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-forwarded-for: 10.0.0.1\nforwarded: for=10.0.0.1\nx-real-ip: 10.0.0.1\ntrue-client-ip: 10.0.0.1\nvia: 1.1 10.0.0.1", 403, "NETWORK_NOT_TRUSTED"),
    tenant("with a header that says trusted", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}\nx-internal: true\nx-forwarded-proto: https", 403, "NETWORK_NOT_TRUSTED"),
    tenant("to write", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {b}\ncontent-type: application/json\n\n{\"name\":\"x\"}", 403, "NETWORK_NOT_TRUSTED"),
    closed("with a proxy's preface", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\nGET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}", 400),
];

/// Where hosts name tenants: hosts against credentials and headers, and hosts that look like one.
const HOSTS: &[Attempt] = &[
    tenant("a key at the other's host", "GET /v1/users HTTP/1.1\nhost: {b}.example.com\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a key at the other's host, to write", "POST /v1/users HTTP/1.1\nhost: {b}.example.com\nauthorization: Bearer {key}\ncontent-type: application/json\n\n{\"name\":\"x\"}", 403, "TENANT_MISMATCH"),
    tenant("the other's row at the other's host", "GET /v1/users/{user} HTTP/1.1\nhost: {b}.example.com\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("the other's row at one's own host", "GET /v1/users/{user} HTTP/1.1\nhost: {a}.example.com\nauthorization: Bearer {key}", 404, "NOT_FOUND"),
    tenant("a key at the host of none", "GET /v1/users HTTP/1.1\nhost: 00000000-0000-0000-0000-000000000000.example.com\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a key at the other's host in capitals, with a dot and a port", "GET /v1/users HTTP/1.1\nhost: {b}.EXAMPLE.com.:8443\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a made-up key at the other's host", "GET /v1/users HTTP/1.1\nhost: {b}.example.com\nauthorization: Bearer tnt_key_x", 401, "UNAUTHENTICATED"),
    tenant("no key at the other's host", "GET /v1/users HTTP/1.1\nhost: {b}.example.com", 401, "UNAUTHENTICATED"),
    tenant("a key, its host and the other's header", "GET /v1/users HTTP/1.1\nhost: {a}.example.com\nx-tenant-id: {b}\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a key, its header and the other's host", "GET /v1/users HTTP/1.1\nhost: {b}.example.com\nx-tenant-id: {a}\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a key, its host and the other's target", "GET http://{b}.example.com/v1/users HTTP/1.1\nhost: {a}.example.com\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a key, a host of none and the other's target", "GET http://{b}.example.com/v1/users HTTP/1.1\nhost: localhost\nauthorization: Bearer {key}", 403, "TENANT_MISMATCH"),
    tenant("a key and two hosts", "GET /v1/users HTTP/1.1\nhost: {a}.example.com\nhost: {b}.example.com\nauthorization: Bearer {key}", 400, "MALFORMED"),
    tenant("a header at the other's host", "GET /v1/internal/users HTTP/1.1\nhost: {b}.example.com\nx-tenant-id: {a}", 403, "TENANT_MISMATCH"),
    tenant("the other's header at one's own host", "GET /v1/internal/users HTTP/1.1\nhost: {a}.example.com\nx-tenant-id: {b}", 403, "TENANT_MISMATCH"),
    tenant("a header and the other's target", "GET http://{b}.example.com/v1/internal/users HTTP/1.1\nhost: localhost\nx-tenant-id: {a}", 403, "TENANT_MISMATCH"),
    tenant("a host and the other's target", "GET http://{b}.example.com/v1/internal/users HTTP/1.1\nhost: {a}.example.com", 403, "TENANT_MISMATCH"),
    tenant("two headers at one's own host", "GET /v1/internal/users HTTP/1.1\nhost: {a}.example.com\nx-tenant-id: {a}\nx-tenant-id: {b}", 400, "TENANT_HEADER_DUPLICATED"),
    tenant("an unknown id as a host", "GET /v1/internal/users HTTP/1.1\nhost: ffffffff-ffff-ffff-ffff-ffffffffffff.example.com", 404, "TENANT_UNKNOWN"),
    tenant("two ids in a host", "GET /v1/internal/users HTTP/1.1\nhost: {b}.{a}.example.com", 400, "TENANT_HEADER_MISSING"),
    tenant("something before the id", "GET /v1/internal/users HTTP/1.1\nhost: x.{b}.example.com", 400, "TENANT_HEADER_MISSING"),
    tenant("a domain that ends alike", "GET /v1/internal/users HTTP/1.1\nhost: {b}.evil-example.com", 400, "TENANT_HEADER_MISSING"),
    tenant("a domain that begins alike", "GET /v1/internal/users HTTP/1.1\nhost: {b}.example.com.evil.example", 400, "TENANT_HEADER_MISSING"),
    tenant("a domain without its dot", "GET /v1/internal/users HTTP/1.1\nhost: {b}example.com", 400, "TENANT_HEADER_MISSING"),
    tenant("an encoded dot", "GET /v1/internal/users HTTP/1.1\nhost: {b}%2Eexample.com", 400, "TENANT_HEADER_MISSING"),
    tenant("two dots at the end", "GET /v1/internal/users HTTP/1.1\nhost: {b}.example.com..", 400, "TENANT_HEADER_MISSING"),
    tenant("an id in braces as a host", "GET /v1/internal/users HTTP/1.1\nhost: {{b}}.example.com", 400, "MALFORMED"),
    tenant("a host that a proxy forwards", "GET /v1/internal/users HTTP/1.1\nx-forwarded-host: {b}.example.com\nforwarded: host={b}.example.com\nx-host: {b}.example.com", 400, "TENANT_HEADER_MISSING"),
    tenant("an id as a user of the target", "GET http://{b}@example.com/v1/internal/users HTTP/1.1", 400, "TENANT_HEADER_MISSING"),
    own("one's own host", "GET /v1/internal/users HTTP/1.1\nhost: {a}.example.com", 200),
    own("a key at its own host", "GET /v1/users HTTP/1.1\nhost: {a}.example.com\nauthorization: Bearer {key}", 200),
    own("a key at the other's name", "GET /v1/users HTTP/1.1\nhost: globex.example.com\nauthorization: Bearer {key}", 200),
];

/// Attempts that succeed, to test that the checks find them, with the expected message.
pub const FOUND: &[(&str, Attempt)] = &[
    ("the answer shows the other tenant", own("the other's rows, in its name", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {b}", 200)),
    ("more than one answer", own("two requests on one connection", "GET /v1/internal/users HTTP/1.1\nconnection: keep-alive\ncontent-length: 0\nx-tenant-id: {a}\n\nGET /v1/internal/users HTTP/1.1\nhost: x\nconnection: close\nx-tenant-id: {a}\n\n", 200)),
    ("but HTTP/1.1 200", tenant("another answer", "GET /v1/internal/users HTTP/1.1\nx-tenant-id: {a}", 404, "NOT_FOUND")),
    ("it differs from an unknown tenant's", own("a row's own tenant", "GET /v1/internal/users/{user} HTTP/1.1\nx-tenant-id: {b}", 200)),
    ("it changed the other's rows", own("a row more, in the other's name", "POST /v1/internal/users HTTP/1.1\nx-tenant-id: {b}\ncontent-type: application/json\n\n{\"name\":\"x\"}", 201)),
    ("it changed the other's rows, or a tenant", Attempt { name: "a tenant more", plane: Admin, request: "POST /admin/v1/tenants HTTP/1.1\nauthorization: Bearer {token}\ncontent-type: application/json\n\n{\"name\":\"mine\"}", expected: Own(201) }),
];

/// Has hosts name tenants.
pub const TENANT_HOSTS: &str = "tenant_plane.tenant_hosts={tenant}.example.com";

/// By name: with which keys of the configuration, and what is tried.
pub const THEMES: &[(&str, &[&str], &[Attempt])] = &[
    ("naming", &[], NAMING),
    ("ids", &[], IDS),
    ("lists", &[], LISTS),
    ("bodies", &[], BODIES),
    // Where a connection is kept, the service is to close it, with nothing more said.
    ("framing", &["tenant_plane.idle_timeout=1s"], FRAMING),
    ("operators", &[], OPERATORS),
    ("networks", &["tenant_plane.trusted_networks=10.0.0.0/8"], NETWORKS),
    ("hosts", &[TENANT_HOSTS], HOSTS),
];

/// As [`FOUND`], over HTTP/2.
pub const FOUND_HTTP2: &[(&str, Attempt)] = &[
    ("the answer shows the other tenant", own("the other's rows, in its name", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {b}", 200)),
    ("Reset(1), but", reset("an honest request", ":method: GET\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}", 1)),
];
