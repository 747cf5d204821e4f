-- What a fork may have in the control store: a table of its own, and a column of a table that is there.

CREATE TABLE control.regions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE
);
GRANT SELECT, INSERT (name) ON control.regions TO tenantry_service;

ALTER TABLE control.tenants ADD COLUMN region_id uuid REFERENCES control.regions (id);
GRANT UPDATE (region_id) ON control.tenants TO tenantry_service;
