//! Deliberate defects (mutants) and the codes that must report them: a name, DDL for a superuser in the tenants'
//! database ({a} and {b} are the prefixes of two tenants' logins), the code.
//!
//! Objects are called `fixture_…`, which no migration of a fork uses: the tests run with a fork's migrations too.

pub(crate) type Mutant = (&'static str, &'static str, &'static str);

/// A table that satisfies all rules, for properties that app.users does not have.
pub(crate) const NOTES: &str = "SET ROLE tenantry_owner;
    CREATE TABLE app.fixture_notes (
        tenant_id uuid NOT NULL DEFAULT app.tid(), id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid, title text NOT NULL, pinned integer NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id)
    );
    SELECT tenantry.isolate('app.fixture_notes');
    GRANT SELECT, INSERT (user_id, title), UPDATE (title) ON app.fixture_notes TO tenantry_tenant;
    RESET ROLE";

/// A partitioned table that satisfies all rules.
pub(crate) const EVENTS: &str = "SET ROLE tenantry_owner;
    CREATE TABLE app.fixture_events (
        tenant_id uuid NOT NULL DEFAULT app.tid(), id uuid NOT NULL DEFAULT gen_random_uuid(), at timestamptz NOT NULL
    ) PARTITION BY RANGE (at);
    CREATE TABLE app.fixture_events_all PARTITION OF app.fixture_events FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
    SELECT tenantry.isolate('app.fixture_events');
    GRANT SELECT, INSERT (at) ON app.fixture_events TO tenantry_tenant;
    RESET ROLE";

pub(crate) const TABLES: &[Mutant] = &[
    ("no FORCE", "ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY", "RLS_NOT_FORCED"),
    ("row level security off", "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY", "RLS_DISABLED"),
    ("no policy", "DROP POLICY tenant_isolation ON app.users", "POLICY_MISSING"),
    (
        "no WITH CHECK",
        "DROP POLICY tenant_isolation ON app.users;
         CREATE POLICY tenant_isolation ON app.users USING (tenant_id = (SELECT app.tid()))",
        "POLICY_ALTERED",
    ),
    ("USING (true)", "ALTER POLICY tenant_isolation ON app.users USING (true)", "POLICY_ALTERED"),
    ("WITH CHECK (true)", "ALTER POLICY tenant_isolation ON app.users WITH CHECK (true)", "POLICY_ALTERED"),
    (
        "a policy by a setting",
        "ALTER POLICY tenant_isolation ON app.users USING (tenant_id = current_setting('app.tenant')::uuid)",
        "POLICY_ALTERED",
    ),
    (
        "a policy by current_user",
        "ALTER POLICY tenant_isolation ON app.users USING (tenant_id = substr(current_user::text, 4, 32)::uuid)",
        "POLICY_ALTERED",
    ),
    ("a policy TO the group", "ALTER POLICY tenant_isolation ON app.users TO tenantry_tenant", "POLICY_ALTERED"),
    (
        "a policy for one command",
        "DROP POLICY tenant_isolation ON app.users;
         CREATE POLICY tenant_isolation ON app.users FOR SELECT USING (tenant_id = (SELECT app.tid()))",
        "POLICY_MISSING",
    ),
    ("a second policy", "CREATE POLICY fixture_support ON app.users USING (true)", "POLICY_ADDED"),
    ("a second policy TO PUBLIC for SELECT", "CREATE POLICY fixture_open ON app.users FOR SELECT TO PUBLIC USING (true)", "POLICY_ADDED"),
    ("a policy under another name", "ALTER POLICY tenant_isolation ON app.users USING (true);
         ALTER POLICY tenant_isolation ON app.users RENAME TO fixture_isolation", "POLICY_ADDED"),
    ("tenant_id may be NULL", "ALTER TABLE app.fixture_events ALTER tenant_id DROP NOT NULL", "TENANT_ID_NULLABLE"),
    ("tenant_id without default", "ALTER TABLE app.users ALTER tenant_id DROP DEFAULT", "TENANT_ID_DEFAULT"),
    ("tenant_id with another default", "ALTER TABLE app.users ALTER tenant_id SET DEFAULT gen_random_uuid()", "TENANT_ID_DEFAULT"),
    ("a table without tenant_id", "CREATE TABLE app.fixture_flags (name text); ALTER TABLE app.fixture_flags OWNER TO tenantry_owner;
         GRANT SELECT ON app.fixture_flags TO tenantry_tenant", "TENANT_ID_MISSING"),
    ("a forgotten table", "CREATE TABLE app.fixture_forgotten (tenant_id uuid NOT NULL DEFAULT app.tid()); ALTER TABLE app.fixture_forgotten OWNER TO tenantry_owner;
         ALTER TABLE app.fixture_forgotten ALTER tenant_id SET STATISTICS 0", "RLS_DISABLED"),
    ("tenant_id is text", "CREATE TABLE app.fixture_texts (tenant_id text NOT NULL); ALTER TABLE app.fixture_texts OWNER TO tenantry_owner;
         ALTER TABLE app.fixture_texts ALTER tenant_id SET STATISTICS 0; ALTER TABLE app.fixture_texts ENABLE ROW LEVEL SECURITY;
         ALTER TABLE app.fixture_texts FORCE ROW LEVEL SECURITY", "TENANT_ID_TYPE"),
    ("statistics", "ALTER TABLE app.users ALTER name SET STATISTICS 100", "STATISTICS_ON"),
    ("a column with statistics", "ALTER TABLE app.users ADD COLUMN fixture_email text", "STATISTICS_ON"),
    ("statistics of a partition", "ALTER TABLE app.fixture_events_all ALTER at SET STATISTICS -1", "STATISTICS_ON"),
    ("statistics of an expression", "CREATE INDEX ON app.users (tenant_id, lower(name))", "STATISTICS_ON"),
    ("extended statistics", "CREATE STATISTICS app.fixture_together ON name, confirmed FROM app.users", "STATISTICS_EXTENDED"),
    ("a trigger", "CREATE TRIGGER fixture_noisy BEFORE UPDATE ON app.users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", "TRIGGER_PRESENT"),
    ("a rule", "CREATE RULE fixture_quiet AS ON DELETE TO app.users DO INSTEAD NOTHING", "RULE_PRESENT"),
    ("a publication", "CREATE PUBLICATION fixture_everything FOR TABLE app.users", "PUBLISHED"),
    ("an owner who is a superuser", "ALTER TABLE app.users OWNER TO CURRENT_USER", "OWNER_WRONG"),
];

pub(crate) const KEYS: &[Mutant] = &[
    (
        "a global UNIQUE",
        "ALTER TABLE app.users ADD CONSTRAINT fixture_users_name_key UNIQUE (name)",
        "KEY_GLOBAL",
    ),
    (
        "a global unique index",
        "CREATE UNIQUE INDEX fixture_users_named ON app.users (name) WHERE confirmed",
        "KEY_GLOBAL",
    ),
    (
        "a key with tenant_id last",
        "ALTER TABLE app.users ADD CONSTRAINT fixture_users_swapped UNIQUE (id, tenant_id)",
        "KEY_GLOBAL",
    ),
    (
        "a global primary key",
        "ALTER TABLE app.fixture_notes DROP CONSTRAINT fixture_notes_pkey, ADD CONSTRAINT fixture_notes_pkey PRIMARY KEY (id)",
        "KEY_GLOBAL",
    ),
    (
        "a global exclusion",
        "ALTER TABLE app.users ADD CONSTRAINT fixture_apart EXCLUDE (name WITH =)",
        "KEY_GLOBAL",
    ),
    (
        "an index past tenants",
        "CREATE INDEX fixture_users_by_name ON app.users (name)",
        "INDEX_GLOBAL",
    ),
    (
        "a global foreign key",
        "ALTER TABLE app.users ADD CONSTRAINT fixture_users_id_key UNIQUE (id);
         ALTER TABLE app.fixture_notes ADD CONSTRAINT fixture_notes_user_fk FOREIGN KEY (user_id) REFERENCES app.users (id)",
        "FOREIGN_KEY_GLOBAL",
    ),
];

pub(crate) const GRANTS: &[Mutant] = &[
    ("TRUNCATE", "GRANT TRUNCATE ON app.users TO tenantry_tenant", "TRUNCATE_GRANTED"),
    ("REFERENCES", "GRANT REFERENCES ON app.users TO tenantry_tenant", "REFERENCES_GRANTED"),
    ("REFERENCES by column", "GRANT REFERENCES (id) ON app.users TO tenantry_tenant", "REFERENCES_GRANTED"),
    ("TRIGGER", "GRANT TRIGGER ON app.users TO tenantry_tenant", "TRIGGER_GRANTED"),
    ("UPDATE of the table", "GRANT UPDATE ON app.users TO tenantry_tenant; GRANT UPDATE (name) ON app.users TO tenantry_tenant", "UPDATE_GRANTED"),
    ("DELETE", "GRANT DELETE ON app.users TO tenantry_tenant", "DELETE_GRANTED"),
    ("INSERT into the table", "GRANT INSERT ON app.users TO tenantry_tenant", "INSERT_GRANTED"),
    ("INSERT (tenant_id)", "GRANT INSERT (tenant_id) ON app.users TO tenantry_tenant", "TENANT_ID_GRANTED"),
    ("UPDATE (tenant_id)", "GRANT UPDATE (tenant_id) ON app.users TO tenantry_tenant", "TENANT_ID_GRANTED"),
    ("a grant to pass on", "GRANT SELECT ON app.users TO tenantry_tenant WITH GRANT OPTION", "GRANT_OPTION"),
    ("PUBLIC reads a table", "GRANT SELECT ON app.users TO PUBLIC", "PUBLIC_GRANTED"),
    ("PUBLIC reads a column", "GRANT SELECT (name) ON app.users TO PUBLIC", "PUBLIC_GRANTED"),
    ("one tenant reads a table", "GRANT SELECT ON app.users TO {a}_a", "TENANT_GRANTED"),
    ("the service reads tenants' rows", "GRANT SELECT ON app.users TO tenantry_service", "STRANGER_GRANTED"),
    ("a sequence", "CREATE SEQUENCE app.fixture_counter; ALTER SEQUENCE app.fixture_counter OWNER TO tenantry_owner; GRANT USAGE ON app.fixture_counter TO tenantry_tenant", "SEQUENCE_GRANTED"),
    (
        "a materialised view",
        "CREATE MATERIALIZED VIEW app.fixture_names AS SELECT name FROM app.users; ALTER MATERIALIZED VIEW app.fixture_names OWNER TO tenantry_owner;
         GRANT SELECT ON app.fixture_names TO tenantry_tenant",
        "MATERIALIZED_VIEW_GRANTED",
    ),
    ("a partition", "GRANT SELECT ON app.fixture_events_all TO tenantry_tenant", "LEAF_GRANTED"),
    ("the migrations' history", "GRANT SELECT ON tenantry.migrations TO tenantry_tenant", "INTERNAL_GRANTED"),
    ("the schema of the migrations", "GRANT USAGE ON SCHEMA tenantry TO tenantry_tenant", "INTERNAL_GRANTED"),
    ("the watchdog's function", "GRANT EXECUTE ON FUNCTION watchdog.end_session(uuid, integer, integer) TO tenantry_tenant", "INTERNAL_GRANTED"),
    ("the granter's function", "GRANT EXECUTE ON FUNCTION granter.admit(text) TO tenantry_tenant", "INTERNAL_GRANTED"),
    ("a provisioner's function", "GRANT EXECUTE ON FUNCTION provisioner_07.create_tenant(uuid, text) TO tenantry_tenant", "INTERNAL_GRANTED"),
    ("CREATE in app", "GRANT CREATE ON SCHEMA app TO tenantry_tenant", "SCHEMA_CREATE"),
    ("CREATE in public", "GRANT CREATE ON SCHEMA public TO PUBLIC", "SCHEMA_CREATE"),
    ("the guard is off", "ALTER EVENT TRIGGER tenantry_guard DISABLE", "GUARD_MISSING"),
    ("PUBLIC uses app", "GRANT USAGE ON SCHEMA app TO PUBLIC", "PUBLIC_GRANTED"),
    ("the next table is open", "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_owner IN SCHEMA app GRANT SELECT ON TABLES TO tenantry_tenant", "DEFAULT_PRIVILEGES"),
    ("the next function is open", "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC", "DEFAULT_PRIVILEGES"),
    ("pg_statistic is open", "GRANT SELECT ON pg_catalog.pg_statistic TO tenantry_tenant", "SYSTEM_GRANTED"),
    ("advisory locks are open", "GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO PUBLIC", "SYSTEM_FUNCTION_OPEN"),
    ("statistics of sessions are open", "GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer) TO PUBLIC", "SYSTEM_FUNCTION_TELLS"),
    ("the place in the write-ahead log is open", "GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_checkpoint(), pg_catalog.pg_current_wal_lsn() TO PUBLIC", "SYSTEM_FUNCTION_TELLS"),
    ("reading files is granted", "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO tenantry_tenant", "SYSTEM_GRANTED"),
];

pub(crate) const VIEWS_AND_ROUTINES: &[Mutant] = &[
    ("a view of a superuser's", "CREATE VIEW app.fixture_all_users AS SELECT * FROM app.users; GRANT SELECT ON app.fixture_all_users TO tenantry_tenant", "VIEW_UNBOUND"),
    (
        "a view over a superuser's view",
        "CREATE VIEW app.fixture_inner_users AS SELECT * FROM app.users; CREATE VIEW app.fixture_outer_users AS SELECT * FROM app.fixture_inner_users;
         ALTER VIEW app.fixture_outer_users OWNER TO tenantry_owner; GRANT SELECT ON app.fixture_inner_users TO tenantry_owner;
         GRANT SELECT ON app.fixture_outer_users TO tenantry_tenant",
        "VIEW_UNBOUND",
    ),
    (
        "a view over a materialised one",
        "CREATE MATERIALIZED VIEW app.fixture_kept AS SELECT name FROM app.users; ALTER MATERIALIZED VIEW app.fixture_kept OWNER TO tenantry_owner;
         CREATE VIEW app.fixture_shown AS SELECT * FROM app.fixture_kept; ALTER VIEW app.fixture_shown OWNER TO tenantry_owner; GRANT SELECT ON app.fixture_shown TO tenantry_tenant",
        "VIEW_OVER_UNPROTECTED",
    ),
    (
        "a view over a partition",
        "CREATE VIEW app.fixture_past AS SELECT * FROM app.fixture_events_all; ALTER VIEW app.fixture_past OWNER TO tenantry_owner; GRANT SELECT ON app.fixture_past TO tenantry_tenant",
        "VIEW_OVER_UNPROTECTED",
    ),
    ("app.tid() replaced", "CREATE OR REPLACE FUNCTION app.tid() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
         RETURN current_setting('app.tenant')::uuid", "IDENTITY_ALTERED"),
    ("app.tid() by current_user", "CREATE OR REPLACE FUNCTION app.tid() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
         RETURN substr(current_user::text, 4, 32)::uuid", "IDENTITY_ALTERED"),
    ("app.tid() as a definer", "ALTER FUNCTION app.tid() SECURITY DEFINER SET search_path = pg_catalog, pg_temp", "IDENTITY_ALTERED"),
    ("app.tid() owned by another", "ALTER FUNCTION app.tid() OWNER TO tenantry_migrator", "IDENTITY_ALTERED"),
    ("a definer without search_path", "ALTER FUNCTION app.delete_user(uuid) RESET search_path", "DEFINER_SEARCH_PATH"),
    ("a definer with another search_path", "ALTER FUNCTION app.delete_user(uuid) SET search_path = app, pg_catalog", "DEFINER_SEARCH_PATH"),
    ("a definer without pg_temp last", "ALTER FUNCTION app.delete_user(uuid) SET search_path = pg_catalog, app", "DEFINER_SEARCH_PATH"),
    ("a definer of a superuser's", "ALTER FUNCTION app.delete_user(uuid) OWNER TO CURRENT_USER", "DEFINER_OWNER"),
    ("PUBLIC executes", "GRANT EXECUTE ON FUNCTION app.delete_user(uuid) TO PUBLIC", "PUBLIC_EXECUTE"),
    ("a leakproof function", "ALTER FUNCTION app.delete_user(uuid) LEAKPROOF", "LEAKPROOF"),
    (
        "a function in C",
        "CREATE FUNCTION app.fixture_raw(text) RETURNS integer LANGUAGE internal AS 'textlen'; ALTER FUNCTION app.fixture_raw(text) OWNER TO tenantry_owner;
         REVOKE ALL ON FUNCTION app.fixture_raw(text) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.fixture_raw(text) TO tenantry_tenant",
        "UNTRUSTED_ROUTINE",
    ),
    ("an untrusted language is trusted", "UPDATE pg_catalog.pg_language SET lanpltrusted = true WHERE lanname = 'c'", "LANGUAGE_OPEN"),
    ("a large object", "SELECT lo_create(4711)", "LARGE_OBJECT"),
    (
        "an event trigger",
        "CREATE FUNCTION tenantry.fixture_watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ALTER FUNCTION tenantry.fixture_watch() OWNER TO tenantry_owner;
         REVOKE ALL ON FUNCTION tenantry.fixture_watch() FROM PUBLIC; CREATE EVENT TRIGGER fixture_watch ON ddl_command_end EXECUTE FUNCTION tenantry.fixture_watch()",
        "EVENT_TRIGGER",
    ),
];

/// What PostgreSQL itself is made of, as a superuser could bend it.
pub(crate) const POSTGRES: &[Mutant] = &[
    (
        "every uuid is every other",
        "CREATE OR REPLACE FUNCTION pg_catalog.uuid_eq(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
        "CATALOG_ALTERED",
    ),
    (
        "substr of another's",
        "CREATE OR REPLACE FUNCTION pg_catalog.substr(text, integer, integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'",
        "CATALOG_ALTERED",
    ),
    (
        "a function among PostgreSQL's own",
        "CREATE FUNCTION pg_catalog.lower(uuid) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "CATALOG_ALTERED",
    ),
    (
        "a cast from text to uuid",
        "CREATE FUNCTION app.fixture_as_uuid(text) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'; ALTER FUNCTION app.fixture_as_uuid(text) OWNER TO tenantry_owner;
         REVOKE ALL ON FUNCTION app.fixture_as_uuid(text) FROM PUBLIC; CREATE CAST (text AS uuid) WITH FUNCTION app.fixture_as_uuid(text)",
        "CATALOG_ALTERED",
    ),
    (
        "a foreign server",
        "CREATE FOREIGN DATA WRAPPER fixture_afar; CREATE SERVER fixture_afar FOREIGN DATA WRAPPER fixture_afar; GRANT USAGE ON FOREIGN SERVER fixture_afar TO tenantry_tenant",
        "FOREIGN_SERVER_OPEN",
    ),
];

/// What older servers do not know, and since when it is known.
pub(crate) const SINCE: &[(u32, Mutant)] = &[
    (
        150_000,
        (
            "a superuser's setting is granted",
            "GRANT SET ON PARAMETER session_replication_role TO tenantry_tenant",
            "PARAMETER_GRANTED",
        ),
    ),
    // Before that a login may be shared by its owner, and is reported as that.
    (
        150_000,
        ("a tenant is another", "GRANT {b}_a TO {a}_a", "TENANT_MEMBERSHIP"),
    ),
    (
        170_000,
        (
            "MAINTAIN",
            "GRANT MAINTAIN ON app.users TO tenantry_tenant",
            "MAINTAIN_GRANTED",
        ),
    ),
];

pub(crate) const ROLES: &[Mutant] = &[
    (
        "a tenant is SUPERUSER",
        "ALTER ROLE {a}_a SUPERUSER",
        "TENANT_SUPERUSER",
    ),
    (
        "a tenant has BYPASSRLS",
        "ALTER ROLE {a}_a BYPASSRLS",
        "TENANT_BYPASSRLS",
    ),
    (
        "a tenant has CREATEROLE",
        "ALTER ROLE {a}_a CREATEROLE",
        "TENANT_CREATEROLE",
    ),
    (
        "a tenant has CREATEDB",
        "ALTER ROLE {a}_a CREATEDB",
        "TENANT_CREATEDB",
    ),
    (
        "a tenant has REPLICATION",
        "ALTER ROLE {a}_a REPLICATION",
        "TENANT_REPLICATION",
    ),
    (
        "a role of a tenant's name logs in",
        "CREATE ROLE {a} LOGIN",
        "TENANT_ROLE_LOGIN",
    ),
    (
        "another login of a tenant's name",
        "CREATE ROLE tn_{hex}_c LOGIN",
        "TENANT_LOOKALIKE",
    ),
    (
        "a login that is read as a tenant's",
        "CREATE ROLE \"xx_{hex}\" LOGIN",
        "TENANT_LOOKALIKE",
    ),
    (
        "a tenant is the owner",
        "GRANT tenantry_owner TO {a}_a",
        "TENANT_MEMBERSHIP",
    ),
    (
        "a tenant reads all data",
        "GRANT pg_read_all_data TO {a}_a",
        "TENANT_MEMBERSHIP",
    ),
    (
        "a tenant admits tenants",
        "GRANT tenantry_tenant TO {a}_a WITH ADMIN OPTION",
        "TENANT_ADMIN_OPTION",
    ),
    (
        "the group reads all data",
        "GRANT pg_read_all_data TO tenantry_tenant",
        "FIXED_ROLE_MEMBERSHIP",
    ),
    (
        "the service is the owner",
        "GRANT tenantry_owner TO tenantry_service",
        "FIXED_ROLE_MEMBERSHIP",
    ),
    (
        "a person is the owner",
        "CREATE ROLE fixture_person LOGIN; GRANT tenantry_owner TO fixture_person",
        "FIXED_ROLE_SHARED",
    ),
    (
        "the owner logs in",
        "ALTER ROLE tenantry_owner LOGIN",
        "FIXED_ROLE_LOGIN",
    ),
    (
        "the granter logs in",
        "ALTER ROLE tenantry_granter LOGIN",
        "FIXED_ROLE_LOGIN",
    ),
    (
        "the granter is the owner",
        "GRANT tenantry_owner TO tenantry_granter",
        "FIXED_ROLE_MEMBERSHIP",
    ),
    (
        "the watchdog logs in",
        "ALTER ROLE tenantry_watchdog LOGIN",
        "FIXED_ROLE_LOGIN",
    ),
    (
        "the watchdog reads everything",
        "GRANT pg_read_all_data TO tenantry_watchdog",
        "FIXED_ROLE_MEMBERSHIP",
    ),
    (
        "a person is the watchdog",
        "CREATE ROLE guard LOGIN; GRANT tenantry_watchdog TO guard",
        "FIXED_ROLE_SHARED",
    ),
    (
        "a tenant is the watchdog",
        "GRANT tenantry_watchdog TO {a}_a",
        "TENANT_MEMBERSHIP",
    ),
    (
        "the watchdog may not signal",
        "REVOKE pg_signal_backend FROM tenantry_watchdog",
        "WATCHDOG_POWERLESS",
    ),
    (
        "a tenant is the granter",
        "GRANT tenantry_granter TO {a}_a",
        "TENANT_MEMBERSHIP",
    ),
    (
        "a person is the granter",
        "CREATE ROLE fixture_helper LOGIN; GRANT tenantry_granter TO fixture_helper",
        "FIXED_ROLE_SHARED",
    ),
    (
        "a provisioner logs in",
        "ALTER ROLE tenantry_provisioner_09 LOGIN",
        "FIXED_ROLE_LOGIN",
    ),
    (
        "the owner has BYPASSRLS",
        "ALTER ROLE tenantry_owner BYPASSRLS",
        "FIXED_ROLE_POWER",
    ),
    (
        "the service has CREATEROLE",
        "ALTER ROLE tenantry_service CREATEROLE",
        "FIXED_ROLE_POWER",
    ),
    (
        "the migrator is SUPERUSER",
        "ALTER ROLE tenantry_migrator SUPERUSER",
        "FIXED_ROLE_POWER",
    ),
    (
        "a tenant owns a table",
        "CREATE TABLE tenantry.fixture_owned (); ALTER TABLE tenantry.fixture_owned OWNER TO {a}_a",
        "TENANT_OWNS",
    ),
    (
        "the service owns a table",
        "CREATE TABLE tenantry.fixture_kept (); ALTER TABLE tenantry.fixture_kept OWNER TO tenantry_service",
        "FIXED_ROLE_OWNS",
    ),
    (
        "a tenant's login expires",
        "ALTER ROLE {a}_a VALID UNTIL '2040-01-01'",
        "TENANT_EXPIRES",
    ),
    (
        "a login with BYPASSRLS",
        "CREATE ROLE fixture_reporting LOGIN BYPASSRLS",
        "BYPASSRLS_LOGIN",
    ),
    (
        "a login without a limit",
        "ALTER ROLE {a}_a CONNECTION LIMIT -1",
        "LOGIN_LIMIT",
    ),
    (
        "a login with a limit that is too high",
        "ALTER ROLE {a}_a CONNECTION LIMIT 50",
        "LOGIN_LIMIT",
    ),
    (
        "a login with a limit that is too low",
        "ALTER ROLE {a}_a CONNECTION LIMIT 1",
        "LOGIN_LIMIT",
    ),
    (
        "a poisoned tenant's login",
        "ALTER ROLE {a}_a SET search_path = pg_temp, app",
        "TENANT_SETTING",
    ),
    (
        "a poisoned service's login",
        "ALTER ROLE tenantry_service SET search_path = public",
        "FIXED_ROLE_SETTING",
    ),
    (
        "triggers off by a role",
        "ALTER ROLE {a}_a IN DATABASE tenantry_data SET session_replication_role = replica",
        "SETTING_DANGEROUS",
    ),
    (
        "triggers off by the database",
        "ALTER DATABASE tenantry_data SET session_replication_role = replica",
        "SETTING_DANGEROUS",
    ),
    // The last one: from PostgreSQL 16 it takes all tenants out of their group as well.
    (
        "the granter has lost its right",
        "SET ROLE tenantry_migrator; REVOKE ADMIN OPTION FOR tenantry_tenant FROM tenantry_granter CASCADE; RESET ROLE",
        "GRANTER_POWERLESS",
    ),
];

pub(crate) const DATABASES: &[Mutant] = &[
    (
        "PUBLIC connects",
        "GRANT CONNECT ON DATABASE tenantry_data TO PUBLIC",
        "DATABASE_OPEN",
    ),
    (
        "PUBLIC makes temporary tables",
        "GRANT TEMPORARY ON DATABASE tenantry_data TO PUBLIC",
        "DATABASE_OPEN",
    ),
    (
        "tenants make schemas",
        "GRANT CREATE ON DATABASE tenantry_data TO tenantry_tenant",
        "DATABASE_OPEN",
    ),
    (
        "tenants connect to the control store",
        "GRANT CONNECT ON DATABASE tenantry_control TO tenantry_tenant",
        "DATABASE_OPEN",
    ),
    (
        "PUBLIC connects to postgres",
        "GRANT CONNECT ON DATABASE postgres TO PUBLIC",
        "SHARED_DATABASE_OPEN",
    ),
    (
        "a superuser owns the database",
        "ALTER DATABASE tenantry_data OWNER TO CURRENT_USER",
        "DATABASE_OWNER",
    ),
];

/// In the control store.
pub(crate) const STORE: &[Mutant] = &[
    (
        "tenants read credentials",
        "GRANT SELECT ON control.tenant_credentials TO tenantry_tenant",
        "STORE_GRANTED",
    ),
    (
        "PUBLIC reads a column",
        "GRANT SELECT (name) ON control.tenants TO PUBLIC",
        "PUBLIC_GRANTED",
    ),
    (
        "PUBLIC uses the schema",
        "GRANT USAGE ON SCHEMA control TO PUBLIC",
        "PUBLIC_GRANTED",
    ),
    (
        "PUBLIC executes",
        "GRANT EXECUTE ON FUNCTION control.notify_change() TO PUBLIC",
        "PUBLIC_EXECUTE",
    ),
    (
        "a tenant reads keys",
        "GRANT SELECT ON control.tenant_keys TO {a}_a",
        "STORE_GRANTED",
    ),
    (
        "the next function is open",
        "ALTER DEFAULT PRIVILEGES FOR ROLE tenantry_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "DEFAULT_PRIVILEGES",
    ),
    (
        "a table of a superuser's",
        "ALTER TABLE control.tenants OWNER TO CURRENT_USER",
        "OWNER_WRONG",
    ),
];

/// For the probe alone, without the lint.
pub(crate) const ATTACKED: &[Mutant] = &[
    ("row level security off", "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY", "PROBE_READ"),
    ("USING (true)", "ALTER POLICY tenant_isolation ON app.users USING (true)", "PROBE_READ"),
    ("a second policy", "CREATE POLICY fixture_support ON app.users FOR SELECT USING (true)", "PROBE_READ"),
    ("a second policy for UPDATE", "CREATE POLICY fixture_a ON app.users FOR SELECT USING (true); CREATE POLICY fixture_b ON app.users FOR UPDATE USING (true)", "PROBE_WROTE"),
    ("app.tid() is one for all", "CREATE OR REPLACE FUNCTION app.tid() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
         RETURN 'd0c7d0c7-d0c7-4d0c-8000-00000000000b'::uuid", "PROBE_READ"),
    ("TRUNCATE", "GRANT TRUNCATE ON app.users TO tenantry_tenant", "PROBE_TRUNCATED"),
    ("UPDATE of the table", "GRANT UPDATE ON app.users TO tenantry_tenant", "PROBE_LOCKED"),
    ("DELETE and no policy on it", "GRANT DELETE ON app.users TO tenantry_tenant; CREATE POLICY fixture_a ON app.users USING (true)", "PROBE_WROTE"),
    ("INSERT (tenant_id) and no check", "GRANT INSERT (tenant_id) ON app.users TO tenantry_tenant; ALTER POLICY tenant_isolation ON app.users WITH CHECK (true)", "PROBE_FORGED"),
    ("a global UNIQUE", "ALTER TABLE app.users ADD CONSTRAINT fixture_users_name_key UNIQUE (name)", "PROBE_COLLIDED"),
    ("a view of a superuser's", "CREATE VIEW app.fixture_all_users AS SELECT * FROM app.users; GRANT SELECT ON app.fixture_all_users TO tenantry_tenant", "PROBE_READ"),
    ("a definer without a check", "CREATE OR REPLACE FUNCTION app.delete_user(user_id uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
         SET search_path = pg_catalog, pg_temp AS 'BEGIN DELETE FROM app.users WHERE id = user_id; RETURN FOUND; END';
         ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY", "PROBE_ALTERED"),
    ("tenants have BYPASSRLS", "DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname ~ '^tn_d0c7d0c7' LOOP
         EXECUTE format('ALTER ROLE %I BYPASSRLS', r); END LOOP; END $$", "PROBE_READ"),
    ("CREATE in app", "GRANT CREATE ON SCHEMA app TO tenantry_tenant; ALTER EVENT TRIGGER tenantry_guard DISABLE", "PROBE_CREATED"),
    ("tenants connect to the control store", "GRANT CONNECT ON DATABASE tenantry_control TO tenantry_tenant", "PROBE_ENTERED"),
];
