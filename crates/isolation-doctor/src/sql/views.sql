-- Views that tenants may read: a view reads with its owner's rights and policies.
, entrances AS (
    SELECT DISTINCT relations.oid, name, string_agg(DISTINCT who, ', ') AS whom
    FROM relations JOIN tenant_grants ON relation = relations.oid
    WHERE relkind = 'v'
    GROUP BY relations.oid, name
),
reads (view, relation) AS (
    SELECT oid, oid FROM entrances
    UNION
    SELECT reads.view, refobjid
    FROM reads
    JOIN pg_catalog.pg_rewrite ON ev_class = relation
    JOIN pg_catalog.pg_class ON pg_class.oid = relation AND relkind = 'v'
    JOIN pg_catalog.pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
        AND refclassid = 'pg_class'::regclass
)
SELECT 'VIEW_UNBOUND' AS code, relations.name AS object,
    format('tenants read through the view, and its owner is %s, which row level security does not bind', rolname) AS wrong,
    format('ALTER VIEW %s OWNER TO tenantry_owner', relations.name) AS remedy
FROM relations JOIN pg_catalog.pg_roles ON pg_roles.oid = relowner
WHERE relkind = 'v' AND (rolsuper OR rolbypassrls) AND relations.oid IN (SELECT relation FROM reads)
    AND NOT EXISTS (SELECT FROM unnest(reloptions) AS option WHERE option ~* '^security_invoker=(true|on|yes|1)$')
UNION ALL
SELECT 'VIEW_OVER_UNPROTECTED', entrances.name,
    format('tenants read %1$s through the view, and %1$s has no policy', relations.name),
    format('REVOKE ALL ON %s FROM %s', entrances.name, whom)
FROM entrances
JOIN reads ON view = entrances.oid
JOIN relations ON relations.oid = relation
WHERE relkind IN ('m', 'f')
    OR (relkind IN ('r', 'p') AND tenant_id IS NOT NULL AND NOT (relrowsecurity AND relforcerowsecurity))
