-- Moments that RFC 3339 can write: the years 1 to 9999. PostgreSQL holds more, such as infinity, and who reads such a row
-- cannot show it. The constraint comes first, so that none is written while those that are there move to the nearest
-- moment within.

ALTER TABLE control.tenants
    ADD CONSTRAINT tenants_moments_check CHECK (
        created_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND updated_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND purge_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    ) NOT VALID,
    -- The request that made the tenant, so that it finds it when it is sent again. NULL: it named none.
    ADD COLUMN request uuid;
GRANT INSERT (request) ON control.tenants TO tenantry_service;
UPDATE control.tenants
SET created_at = least(greatest(created_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    updated_at = least(greatest(updated_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    -- NULL stays: an edge counts only beside a moment.
    purge_at = CASE WHEN purge_at IS NOT NULL
        THEN least(greatest(purge_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z') END
WHERE created_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR updated_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR purge_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z';
ALTER TABLE control.tenants VALIDATE CONSTRAINT tenants_moments_check;

ALTER TABLE control.operations
    ADD CONSTRAINT operations_moments_check CHECK (
        created_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND updated_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND due_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND finished_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    ) NOT VALID;
UPDATE control.operations
SET created_at = least(greatest(created_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    updated_at = least(greatest(updated_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    due_at = least(greatest(due_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    finished_at = CASE WHEN finished_at IS NOT NULL
        THEN least(greatest(finished_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z') END
WHERE created_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR updated_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR due_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR finished_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z';
ALTER TABLE control.operations VALIDATE CONSTRAINT operations_moments_check;

ALTER TABLE control.api_keys
    ADD CONSTRAINT api_keys_moments_check CHECK (
        created_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND expires_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND revoked_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    ) NOT VALID;
UPDATE control.api_keys
SET created_at = least(greatest(created_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    expires_at = CASE WHEN expires_at IS NOT NULL
        THEN least(greatest(expires_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z') END,
    revoked_at = CASE WHEN revoked_at IS NOT NULL
        THEN least(greatest(revoked_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z') END
WHERE created_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR expires_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR revoked_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z';
ALTER TABLE control.api_keys VALIDATE CONSTRAINT api_keys_moments_check;

ALTER TABLE control.admin_tokens
    ADD CONSTRAINT admin_tokens_moments_check CHECK (
        created_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND expires_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND revoked_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    ) NOT VALID;
UPDATE control.admin_tokens
SET created_at = least(greatest(created_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z'),
    expires_at = CASE WHEN expires_at IS NOT NULL
        THEN least(greatest(expires_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z') END,
    revoked_at = CASE WHEN revoked_at IS NOT NULL
        THEN least(greatest(revoked_at, '0001-01-01 00:00Z'), '9999-12-31 23:59:59.999999Z') END
WHERE created_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR expires_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    OR revoked_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z';
ALTER TABLE control.admin_tokens VALIDATE CONSTRAINT admin_tokens_moments_check;

-- A log may be long: what is in it is found by its index and not read through once more.
ALTER TABLE control.audit_log
    ADD CONSTRAINT audit_log_moments_check
        CHECK (at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z') NOT VALID;
UPDATE control.audit_log SET at = '0001-01-01 00:00Z' WHERE at < '0001-01-01 00:00Z';
UPDATE control.audit_log SET at = '9999-12-31 23:59:59.999999Z' WHERE at > '9999-12-31 23:59:59.999999Z';
