-- Whoever reserves more connections for a tenant has this row locked, from before it adds up what is reserved for all
-- until its change is committed: two at once would else each find room for itself alone.
CREATE TABLE control.reservation_turn (
    single boolean PRIMARY KEY DEFAULT true CHECK (single)
);
INSERT INTO control.reservation_turn DEFAULT VALUES;
-- PostgreSQL wants a right to UPDATE from whoever locks a row.
GRANT SELECT, UPDATE (single) ON control.reservation_turn TO tenantry_service;
