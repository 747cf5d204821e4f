-- Since when the server has refused the tenant's login with the password that stands in the store; NULL: it has not, as
-- far as is known. A tenant can change the password of its own login by SQL, and is locked out from then on. No change
-- that a pool must learn of, and none that an operator makes.
ALTER TABLE control.tenants
    ADD COLUMN login_refused_at timestamptz,
    ADD CONSTRAINT tenants_login_refused_at_check
        CHECK (login_refused_at >= '2000-01-01T00:00:00Z' AND login_refused_at < '9999-01-01T00:00:00Z');
CREATE INDEX tenants_login_refused_at_idx ON control.tenants (login_refused_at) WHERE login_refused_at IS NOT NULL;
GRANT UPDATE (login_refused_at) ON control.tenants TO tenantry_service;
