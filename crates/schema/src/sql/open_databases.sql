-- Databases that PUBLIC may connect to or create temporary tables in: this one and those that every cluster has.
-- $1: the maintenance database. harden.sql and harden_shared_databases.sql revoke the same privileges.
SELECT format('PUBLIC has %s on database %s', lower(acl.privilege_type), datname)
FROM pg_catalog.pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
WHERE datname IN (current_database(), 'postgres', 'template1', $1) AND acl.grantee = 0
ORDER BY 1
