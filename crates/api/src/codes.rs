//! Error codes of the tenant plane, beside those that all planes share.

web::plane_codes! {
    TENANT_HEADER_MISSING BAD_REQUEST
        "The request names no tenant"
        "Send the header x-tenant-id.";
    TENANT_HEADER_INVALID BAD_REQUEST
        "The tenant's id is not a UUID"
        "Send the tenant's UUID in x-tenant-id.";
    TENANT_HEADER_DUPLICATED BAD_REQUEST
        "The request names a tenant more than once"
        "Send x-tenant-id exactly once.";
    NETWORK_NOT_TRUSTED FORBIDDEN
        "The route is closed to the caller's network"
        "Call from a trusted network, or have yours configured as one.";
    TENANT_MISMATCH FORBIDDEN
        "The request names two tenants"
        "Have x-tenant-id, the host and the API key or token name the same tenant; one of them is enough.";
    INSUFFICIENT_SCOPE FORBIDDEN
        "The credentials do not allow this"
        "Use an API key or a token with the scope that `detail` names.";
    TENANT_SUSPENDED FORBIDDEN
        "The tenant is suspended"
        "Ask the operator to resume the tenant.";
    TENANT_LOCKED_OUT FORBIDDEN
        "The database refuses the tenant's login"
        "Ask the operator to look at the tenant; a retry does not help.";
    TENANT_UNKNOWN NOT_FOUND
        "There is no such tenant"
        "Check the tenant's id.";
    IDEMPOTENCY_IN_PROGRESS CONFLICT
        "A request with this Idempotency-Key is still running"
        "Send it again after the time in Retry-After.";
    IDEMPOTENCY_KEY_REUSED UNPROCESSABLE_ENTITY
        "The Idempotency-Key stands for another request"
        "Send each new request with a new key.";
    RESPONSE_TOO_LARGE UNPROCESSABLE_ENTITY
        "The answer is larger than the tenant's may be"
        "Ask for less at once: a smaller limit or a narrower filter. A change has had its effect.";
    RATE_LIMITED TOO_MANY_REQUESTS retry 1
        "The tenant makes more requests a second than it may"
        "Retry after the time in Retry-After; `GET /v1/limits` has the limits.";
    CONCURRENCY_LIMITED TOO_MANY_REQUESTS retry 1
        "The tenant has as many requests under way as it may"
        "Retry after the time in Retry-After, with fewer requests at once.";
    POOL_BUSY TOO_MANY_REQUESTS retry 1
        "All of the tenant's own connections are in use"
        "Retry after the time in Retry-After, with fewer requests at once.";
    OVERLOADED SERVICE_UNAVAILABLE retry 1
        "The service has more requests under way than it can answer in time"
        "Retry after the time in Retry-After.";
    CLUSTER_BUSY SERVICE_UNAVAILABLE retry 1
        "The database has no connection left for now"
        "Retry after the time in Retry-After.";
    TENANT_DB_DOWN SERVICE_UNAVAILABLE retry 5
        "The tenant's database cannot be reached"
        "Retry after the time in Retry-After.";
    TENANT_DB_UNAVAILABLE SERVICE_UNAVAILABLE retry 5
        "The tenant's database cannot do this for now"
        "Retry after the time in Retry-After.";
    TENANT_NOT_READY SERVICE_UNAVAILABLE retry 2
        "The tenant is still being made"
        "Retry after the time in Retry-After.";
    CONTROL_STORE_DOWN SERVICE_UNAVAILABLE retry 5
        "The store of tenants cannot be reached"
        "Retry after the time in Retry-After.";
    TOKEN_KEYS_UNAVAILABLE SERVICE_UNAVAILABLE retry 5
        "The keys of the token's issuer are not known for now"
        "Retry after the time in Retry-After.";
    NOT_ISOLATED SERVICE_UNAVAILABLE retry 60
        "It is not proved that tenants are kept apart"
        "An operator has to look at `tenantry doctor`; retry after the time in Retry-After, if there is one.";
    STATEMENT_TIMEOUT GATEWAY_TIMEOUT
        "A statement took longer than it may"
        "Retry; if it stays so, ask for less at once: a smaller limit or a narrower filter.";
    CONNECTION_LOST GATEWAY_TIMEOUT
        "The connection to the database broke under the request"
        "Check whether it had an effect, then retry.";
}
