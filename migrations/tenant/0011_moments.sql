-- Moments that RFC 3339 can write: the years 1 to 9999. PostgreSQL holds more, such as infinity, and who reads such a row
-- cannot show it; a tenant may set updated_at as it likes.
--
-- The constraint comes first, so that none is written while those that are there move to the nearest moment within: a
-- row that broke it could not be changed any more. They are found by the tenants' indexes, for the table is locked
-- meanwhile and may be large; for the same reason it is not read through to have the constraint called valid.
ALTER TABLE app.users
    ADD CONSTRAINT users_moments_check CHECK (
        created_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
        AND updated_at BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 23:59:59.999999Z'
    ) NOT VALID;

ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    first_moment CONSTANT timestamptz := '0001-01-01 00:00Z';
    last_moment CONSTANT timestamptz := '9999-12-31 23:59:59.999999Z';
    tenant uuid;
BEGIN
    SELECT tenant_id INTO tenant FROM app.users ORDER BY tenant_id LIMIT 1;
    WHILE tenant IS NOT NULL LOOP
        UPDATE app.users
        SET created_at = least(greatest(created_at, first_moment), last_moment),
            updated_at = least(greatest(updated_at, first_moment), last_moment)
        WHERE (tenant_id = tenant AND created_at < first_moment)
            OR (tenant_id = tenant AND created_at > last_moment)
            OR (tenant_id = tenant AND updated_at < first_moment)
            OR (tenant_id = tenant AND updated_at > last_moment);
        SELECT tenant_id INTO tenant FROM app.users WHERE tenant_id > tenant ORDER BY tenant_id LIMIT 1;
    END LOOP;
END
$$;
ALTER TABLE app.users FORCE ROW LEVEL SECURITY;
