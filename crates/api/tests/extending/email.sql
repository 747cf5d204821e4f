-- The e-mail address of a user.

ALTER TABLE app.users
    ADD COLUMN email text CONSTRAINT users_email_check CHECK (char_length(email) BETWEEN 3 AND 320);

-- Once more, for the new column: PostgreSQL keeps no statistics of it.
SELECT tenantry.isolate('app.users');

GRANT INSERT (email), UPDATE (email) ON app.users TO tenantry_tenant;
