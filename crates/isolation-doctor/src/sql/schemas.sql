-- Schemas, owners, default privileges, languages, foreign servers and other objects of the database.
SELECT 'SCHEMA_CREATE' AS code, schemas.name AS object, format('%s may create in the schema', grantee::regrole) AS wrong,
    format('REVOKE CREATE ON SCHEMA %s FROM %s', schemas.name, grantee::regrole) AS remedy
FROM schemas, aclexplode(nspacl)
WHERE privilege_type = 'CREATE' AND grantee <> 0 AND grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'INTERNAL_GRANTED', name, format('%s may use the schema, but it is internal', grantee::regrole),
    format('REVOKE ALL ON SCHEMA %s FROM %s', name, grantee::regrole)
FROM schemas, aclexplode(nspacl)
WHERE internal AND privilege_type = 'USAGE' AND grantee <> 0 AND grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'TENANT_GRANTED', name, format('%s may use the schema by a grant of its own', grantee::regrole),
    format('REVOKE ALL ON SCHEMA %s FROM %s', name, grantee::regrole)
FROM schemas, aclexplode(nspacl)
WHERE grantee <> 0 AND grantee::regrole::text ~ '^tn_'
UNION ALL
SELECT 'OWNER_WRONG', format('schema %s', name), format('its owner is %s', pg_get_userbyid(nspowner)),
    format('ALTER SCHEMA %s OWNER TO tenantry_owner', name)
FROM schemas WHERE name IN ('app', 'tenantry') AND pg_get_userbyid(nspowner) <> 'tenantry_owner'
UNION ALL
SELECT 'OWNER_WRONG', format('schema %s', name), format('its owner is %s', pg_get_userbyid(nspowner)),
    format('ALTER SCHEMA %s OWNER TO tenantry_%s', name, CASE name WHEN 'doctor' THEN 'provisioner_00' ELSE name END)
FROM schemas
WHERE name ~ '^(doctor|granter|watchdog|provisioner_[0-9]{2})$'
    AND pg_get_userbyid(nspowner) <> 'tenantry_' || CASE name WHEN 'doctor' THEN 'provisioner_00' ELSE name END
UNION ALL
SELECT 'OWNER_WRONG', name, format('its owner is %s', pg_get_userbyid(relowner)),
    format('ALTER %s %s OWNER TO tenantry_owner', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
        WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, name)
FROM relations
WHERE NOT internal AND NOT extension AND pg_get_userbyid(relowner) <> 'tenantry_owner'
    AND (oid IN (SELECT relation FROM tenant_grants) OR tenant_id IS NOT NULL OR name ~ '^app\.')
    -- A sequence of a column has its table's owner.
    AND NOT (relkind = 'S' AND EXISTS (
        SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_class'::regclass AND objid = relations.oid AND deptype IN ('a', 'i')
    ))
UNION ALL
SELECT 'DEFAULT_PRIVILEGES', creator.rolname::text, format('what it creates is granted to %s: %s',
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type),
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM %s', creator.rolname,
        ' IN SCHEMA ' || quote_ident(nspname),
        CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'n' THEN 'SCHEMAS'
            WHEN 'L' THEN 'LARGE OBJECTS' ELSE 'TYPES' END,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_catalog.pg_default_acl
CROSS JOIN aclexplode(defaclacl)
JOIN pg_catalog.pg_roles AS creator ON creator.oid = defaclrole
LEFT JOIN pg_catalog.pg_namespace ON pg_namespace.oid = defaclnamespace
-- A tenant may set its own, and cannot create objects. hardening_gaps.sql checks PUBLIC's rights on functions.
WHERE NOT (grantee = 0 AND defaclobjtype = 'f' AND defaclnamespace = 0) AND grantee IN (SELECT oid FROM tenants) AND defaclobjtype <> 'T' AND creator.rolname !~ '^tn_'
UNION ALL
SELECT 'LANGUAGE_OPEN', quote_ident(lanname), 'the language is marked as trusted',
    format('UPDATE pg_catalog.pg_language SET lanpltrusted = false WHERE lanname = %L', lanname)
FROM pg_catalog.pg_language
WHERE lanpltrusted AND lanname IN ('c', 'internal', 'plperlu', 'plpython3u', 'pltclu')
UNION ALL
SELECT 'FOREIGN_SERVER_OPEN', quote_ident(srvname), format('%s may use the foreign server', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END),
    format('REVOKE ALL ON FOREIGN SERVER %I FROM %s', srvname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_catalog.pg_foreign_server, aclexplode(srvacl)
WHERE grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'FOREIGN_SERVER_OPEN', quote_ident(fdwname), format('%s may use the foreign data wrapper', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END),
    format('REVOKE ALL ON FOREIGN DATA WRAPPER %I FROM %s', fdwname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_catalog.pg_foreign_data_wrapper, aclexplode(fdwacl)
WHERE grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'EVENT_TRIGGER', quote_ident(evtname), format('it runs %s on DDL', evtfoid::regproc), format('DROP EVENT TRIGGER %I', evtname)
FROM pg_catalog.pg_event_trigger
-- hardening_gaps.sql checks the guard.
WHERE evtenabled <> 'D' AND evtname <> 'tenantry_guard' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_event_trigger'::regclass AND objid = pg_event_trigger.oid AND deptype = 'e'
)
UNION ALL
SELECT 'SUBSCRIBED', quote_ident(subname), 'a subscription writes into this database past row level security', format('DROP SUBSCRIPTION %I', subname)
FROM pg_catalog.pg_subscription JOIN pg_catalog.pg_database ON pg_database.oid = subdbid
WHERE datname = current_database()
UNION ALL
SELECT 'LARGE_OBJECT', format('%s large objects', count(*)), 'there are large objects', 
    string_agg(format('SELECT lo_unlink(%s)', oid), '; ' ORDER BY oid)
FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0
UNION ALL
SELECT 'SYSTEM_GRANTED', pg_class.oid::regclass::text, format('%s may %s it', grantee::regrole, lower(privilege_type)),
    format('REVOKE ALL ON %s FROM %s', pg_class.oid::regclass, grantee::regrole)
FROM pg_catalog.pg_class, aclexplode(relacl)
WHERE relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND grantee <> 0 AND grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'SYSTEM_GRANTED', pg_proc.oid::regprocedure::text, format('%s may execute it', grantee::regrole),
    format('REVOKE EXECUTE ON FUNCTION %s FROM %s', pg_proc.oid::regprocedure, grantee::regrole)
FROM pg_catalog.pg_proc, aclexplode(proacl)
WHERE pronamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND grantee <> 0 AND grantee IN (SELECT oid FROM tenants)
UNION ALL
SELECT 'SYSTEM_GRANTED', pg_class.oid::regclass::text, 'PUBLIC may read it, which PostgreSQL does not allow by default',
    format('REVOKE ALL ON %s FROM PUBLIC', pg_class.oid::regclass)
FROM pg_catalog.pg_class, aclexplode(relacl)
WHERE grantee = 0 AND relnamespace = 'pg_catalog'::regnamespace
    AND relname IN ('pg_authid', 'pg_statistic', 'pg_largeobject', 'pg_statistic_ext_data', 'pg_hba_file_rules', 'pg_file_settings')
UNION ALL
SELECT 'SCHEMA_MISSING', format('schema %s', wanted), 'there is no such schema', NULL
FROM (VALUES ('app'), ('tenantry'), ('doctor'), ('granter'), ('watchdog'), ('provisioner_00'), ('provisioner_63')) AS ours (wanted)
WHERE wanted NOT IN (SELECT name FROM schemas)
