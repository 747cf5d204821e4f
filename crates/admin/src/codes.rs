//! Error codes of the admin plane, in addition to the shared ones.

web::plane_codes! {
    TENANT_UNKNOWN NOT_FOUND
        "There is no such tenant"
        "Check the tenant's id.";
    PLAN_UNKNOWN NOT_FOUND
        "There is no such plan"
        "Check the plan's name; list what there is.";
    TENANT_EXISTS CONFLICT
        "There is a tenant of that name or id"
        "Choose another, or use the one that exists.";
    PLAN_EXISTS CONFLICT
        "There is a plan of that name"
        "Choose another, or change the one that exists.";
    PLAN_IN_USE CONFLICT
        "The plan is in use"
        "Give its tenants another plan first; the default plan stays.";
    IDEMPOTENCY_IN_PROGRESS CONFLICT
        "A request with this Idempotency-Key is still running"
        "Send it again after the time in Retry-After.";
    TENANT_STATE CONFLICT
        "The tenant's state does not allow this"
        "Look at the tenant's state; `detail` names it.";
    IDEMPOTENCY_KEY_REUSED UNPROCESSABLE_ENTITY
        "The Idempotency-Key stands for another request"
        "Send each new request with a new key.";
    CLUSTER_BUSY SERVICE_UNAVAILABLE retry 1
        "The database has no connection left for now"
        "Retry after the time in Retry-After.";
    TENANT_NOT_READY SERVICE_UNAVAILABLE retry 2
        "The tenant is still being made"
        "Retry after the time in Retry-After.";
    CONTROL_STORE_DOWN SERVICE_UNAVAILABLE retry 5
        "The store of tenants cannot be reached"
        "Retry after the time in Retry-After.";
    NOT_ISOLATED SERVICE_UNAVAILABLE retry 60
        "It is not proved that tenants are kept apart"
        "An operator has to look at `tenantry doctor`; retry after the time in Retry-After, if there is one.";
}
