-- Keys by which a request that is sent again is answered as it was the first time, and runs once.

CREATE TABLE control.idempotency_keys (
    -- The token's id, or `configured`: callers do not meet each other's keys.
    caller text NOT NULL,
    key text NOT NULL,
    -- SHA-256 of the request.
    request bytea NOT NULL,
    -- Who runs it. Who has lost the lock to another can neither answer nor release.
    run uuid NOT NULL,
    -- Whoever runs it holds this off; it passes when that process is gone. NULL: answered.
    locked_until timestamptz,
    -- The answer, without what is shown once.
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key),
    CONSTRAINT idempotency_keys_key_check CHECK (key ~ '^[!-~]{1,255}$'),
    CONSTRAINT idempotency_keys_request_check CHECK (octet_length(request) = 32),
    CONSTRAINT idempotency_keys_answer_check CHECK (
        num_nonnulls(status, headers, body) = CASE WHEN locked_until IS NULL THEN 3 ELSE 0 END
    ),
    CONSTRAINT idempotency_keys_status_check CHECK (status BETWEEN 200 AND 499)
);
CREATE INDEX idempotency_keys_created_at_idx ON control.idempotency_keys (created_at);
GRANT SELECT, DELETE ON control.idempotency_keys TO tenantry_service;
GRANT INSERT (caller, key, request, run, locked_until) ON control.idempotency_keys TO tenantry_service;
GRANT UPDATE (run, locked_until, status, headers, body) ON control.idempotency_keys TO tenantry_service;

-- The log is read by these as well, the newest first.
CREATE INDEX audit_log_actor_idx ON control.audit_log (actor, id);
CREATE INDEX audit_log_action_idx ON control.audit_log (action, id);
