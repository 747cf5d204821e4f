-- Bearer tokens of the admin plane. A token is 256 random bits, so a plain hash of it is as good as a slow one.

CREATE TABLE control.admin_tokens (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT admin_tokens_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT admin_tokens_sha256_key UNIQUE (sha256),
    CONSTRAINT admin_tokens_sha256_check CHECK (octet_length(sha256) = 32)
);

GRANT SELECT ON control.admin_tokens TO tenantry_service;
GRANT INSERT (id, name, sha256) ON control.admin_tokens TO tenantry_service;
