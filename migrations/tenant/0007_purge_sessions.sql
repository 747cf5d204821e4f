-- Ending a tenant's sessions ends those of its purge as well: one whose service has vanished without a word would keep
-- the roles from being dropped for as long as TCP does not notice.

SET LOCAL ROLE tenantry_migrator;

DO $do$
DECLARE
    provisioner text;
BEGIN
    FOR number IN 0..63 LOOP
        provisioner := 'provisioner_' || lpad(number::text, 2, '0');
        EXECUTE format('SET LOCAL ROLE %I', 'tenantry_' || provisioner);
        -- As it was made by 0004, which says why it is so; only the third login is new.
        EXECUTE format($sql$
            CREATE OR REPLACE FUNCTION %I.end_sessions(tenant uuid, backend integer) RETURNS integer
                LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                role text := 'tn_' || replace(tenant::text, '-', '');
                options text := '';
                login name;
                sessions integer[];
                ended integer := 0;
            BEGIN
                IF current_setting('server_version_num')::integer >= 160000 THEN
                    options := 'WITH INHERIT TRUE, SET FALSE';
                END IF;
                FOR login IN
                    SELECT DISTINCT usename FROM pg_stat_activity
                    WHERE usename IN (role || '_a', role || '_b', role || '_p') AND (backend IS NULL OR pid = backend)
                    ORDER BY usename
                LOOP
                    EXECUTE format('GRANT %%I TO CURRENT_USER %%s', login, options);
                    sessions := ARRAY(
                        SELECT pid FROM pg_stat_activity
                        WHERE usename = login AND backend_type = 'client backend' AND (backend IS NULL OR pid = backend)
                    );
                    ended := ended + (
                        SELECT count(*) FROM unnest(sessions) AS session WHERE pg_terminate_backend(session)
                    );
                    EXECUTE format('REVOKE %%I FROM CURRENT_USER', login);
                END LOOP;
                RETURN ended;
            END
            $function$
        $sql$, provisioner);
        SET LOCAL ROLE tenantry_migrator;
    END LOOP;
END
$do$;

SET LOCAL ROLE tenantry_owner;
