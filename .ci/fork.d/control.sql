-- What a fork may have in the control store: a table of its own, and a column of a table that is there.

CREATE TABLE control.plans (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE
);
GRANT SELECT, INSERT (name) ON control.plans TO tenantry_service;

ALTER TABLE control.tenants ADD COLUMN plan_id uuid REFERENCES control.plans (id);
GRANT UPDATE (plan_id) ON control.tenants TO tenantry_service;
