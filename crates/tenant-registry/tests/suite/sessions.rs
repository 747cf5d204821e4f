//! Sessions: settings that override a tenant's own, and sessions that are refused.

use std::error::Error;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};
use tenant_registry::{Failure, Registry, TenantDb, TenantId, explain_pooling};
use testkit::Proxy;

use crate::engine::{self, Pool};

use super::support::{Db, Setup, World, login, within_long};

async fn show(db: &Db, setting: &str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)")
        .bind(setting)
        .fetch_one(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn start_up_options_hold_against_what_a_tenant_sets_for_its_role() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::default()).await;
    let held = [
        ("search_path", "app, public", "pg_catalog"),
        ("row_security", "off", "on"),
        ("role", "tenantry_tenant", "none"),
        ("default_transaction_isolation", "serializable", "read committed"),
        ("statement_timeout", "1h", "15s"),
        ("lock_timeout", "1h", "5s"),
        ("idle_in_transaction_session_timeout", "1h", "30s"),
        ("client_connection_check_interval", "0", "200ms"),
        ("application_name", "another name", "tenantry"),
        ("local_preload_libraries", "no_such_library", ""),
        ("idle_session_timeout", "1ms", "0"),
    ];
    // From 17 on a login can lock itself out with this one.
    let transaction_timeout = ("transaction_timeout", "1h", "0");
    let since_17 = show(&db, "server_version_num").await.as_str() >= "170000";
    let held = || held.into_iter().chain(since_17.then_some(transaction_timeout));
    for (setting, poison, _) in held() {
        let alter = format!("ALTER ROLE {} SET {setting} = '{poison}'", login(tenant));
        db.execute(AssertSqlSafe(alter.replace("'app, public'", "app, public")))
            .await
            .unwrap();
    }
    let fresh = world.db(tenant, Setup::default()).await;
    // A plain pool learns from its first login what the server takes.
    let _first = fresh.acquire().await.unwrap();
    for (setting, _, expected) in held() {
        assert_eq!(show(&fresh, setting).await, expected, "{setting}");
    }
}

/// Hosters make a database read-only when its disk fills: the service does not write there all the same.
#[tokio::test]
async fn a_database_that_is_made_read_only_stays_so() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let alter = format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        world.databases.data()
    );
    world
        .superuser()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
    let db = world.db(tenant, Setup::default()).await;
    assert_eq!(show(&db, "default_transaction_read_only").await, "on");
}

/// The failure of a query in a new pool, when the superuser has run this.
async fn failure_after(alter: &str) -> Failure {
    failure_in(&World::new().await, alter, Setup::default()).await
}

/// The same for a new tenant of this world.
async fn failure_in(world: &World, alter: &str, setup: Setup) -> Failure {
    let tenant = world.tenant().await;
    let alter = alter.replace("{login}", &login(tenant));
    world
        .superuser()
        .await
        .execute(AssertSqlSafe(alter))
        .await
        .unwrap();
    failure(&world.registry(setup.impatient()), tenant).await
}

async fn failure(registry: &Registry<Pool>, tenant: TenantId) -> Failure {
    let db = TenantDb::new(registry.lease(tenant).await.unwrap());
    let error = within_long(sqlx::query("SELECT 1").execute(&db))
        .await
        .unwrap_err();
    Failure::of(&error)
}

#[tokio::test]
async fn a_login_that_row_level_security_does_not_bind_is_refused() {
    let world = World::new().await;
    // By a table, without one, and where the one that was named is not there.
    for table in [
        Some("app.users"),
        None,
        Some("app.no_such_table"),
        Some("no_such.table"),
    ] {
        let setup = || {
            let mut setup = Setup::default();
            setup.pool.session.isolated_table = table.map(str::to_owned);
            setup
        };
        for power in ["SUPERUSER", "BYPASSRLS"] {
            let alter = format!("ALTER ROLE {{login}} {power}");
            let failure = failure_in(&world, &alter, setup()).await;
            assert_eq!(failure, Failure::NotIsolated, "{power} {table:?}");
        }
        let db = world.db(world.tenant().await, setup()).await;
        within_long(sqlx::query("SELECT 1").execute(&db)).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_that_a_table_without_row_level_security_would_not_bind_is_refused() {
    let mut setup = Setup::default();
    setup.pool.session.isolated_table = Some("app.users".to_owned());
    let disable = "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY";
    let failure = failure_in(&World::new().await, disable, setup).await;
    assert_eq!(failure, Failure::NotIsolated);
}

/// The error and what is behind it.
fn causes(error: &dyn Error) -> String {
    let behind = error.source().map(causes).unwrap_or_default();
    format!("{error}; {behind}")
}

/// As a client meets one of another where a pooler gives both the same session.
#[tokio::test]
async fn a_prepared_statement_of_another_client_is_told_as_a_pooler_in_transaction_mode() {
    let world = World::new().await;
    let mut session = world.superuser().await;
    session.execute("PREPARE sqlx_s_1 AS SELECT 1").await.unwrap();
    let error = sqlx::query("SELECT $1::int4")
        .bind(1)
        .execute(&mut session)
        .await
        .unwrap_err();
    let text = causes(&explain_pooling(error));
    assert!(
        text.contains("transaction mode") && text.contains("sqlx_s_1"),
        "{text}"
    );
}

#[tokio::test]
async fn a_session_without_its_start_up_options_is_refused_by_the_name_of_the_first() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let proxy = Proxy::before(world.databases.server().cluster());
    let mut setup = Setup::default().impatient();
    setup.by_way_of.insert(tenant, proxy.address());
    let registry = world.registry(setup);
    proxy.drop_start_up_options();
    let db = TenantDb::new(registry.lease(tenant).await.unwrap());
    let error = within_long(sqlx::query("SELECT 1").execute(&db))
        .await
        .unwrap_err();
    assert_eq!(Failure::of(&error), Failure::LoginRefused, "{error}");
    let text = causes(&error);
    assert!(text.contains("search_path") && text.contains("pooler"), "{text}");
    // And is served where they arrive.
    proxy.heal();
    within_long(async { while sqlx::query("SELECT 1").execute(&db).await.is_err() {} }).await;
}

#[tokio::test]
async fn a_changed_password_and_a_login_that_may_not_are_refused() {
    for (alter, failure) in [
        ("ALTER ROLE {login} PASSWORD 'another'", engine::LOCKED_OUT),
        ("ALTER ROLE {login} NOLOGIN", engine::LOCKED_OUT),
    ] {
        assert_eq!(failure_after(alter).await, failure, "{alter}");
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut setup = Setup::default().impatient();
    setup.pool.session.min_server_version = 990_000;
    assert_eq!(
        failure(&world.registry(setup), tenant).await,
        Failure::LoginRefused
    );
}

#[tokio::test]
async fn time_limits_are_the_settings_own() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut setup = Setup::default();
    setup.pool.session.statement_timeout = Duration::from_secs(1);
    let db = world.db(tenant, setup).await;
    let error = within_long(sqlx::query("SELECT pg_sleep(600)").execute(&db))
        .await
        .unwrap_err();
    assert_eq!(Failure::of(&error), Failure::StatementTimeout);
    // The connection is as good as before.
    sqlx::query("SELECT 1").execute(&db).await.unwrap();
}

#[tokio::test]
async fn a_callers_limit_ends_statements_wherever_they_run() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    // A connection for each statement: none waits for the clean-up of another.
    let db = world.db(tenant, Setup::connections(5)).await;
    let db = db.statement_timeout(Some(Duration::from_millis(200)));
    let timed_out = |error: sqlx::Error| {
        assert_eq!(Failure::of(&error), Failure::StatementTimeout, "{error}");
        assert!(error.to_string().ends_with("given up after 200 ms"), "{error}");
    };
    let sleep = || sqlx::query("SELECT pg_sleep(600)");
    let mut connection = within_long(db.acquire()).await.unwrap();
    let mut transaction = within_long(db.begin()).await.unwrap();
    // A clone has the same limit.
    let clone = db.clone();
    let (executed, fetched, on_connection, in_transaction) = within_long(async {
        tokio::join!(
            sleep().execute(&db),
            sleep().fetch_one(&clone),
            sleep().execute(&mut connection),
            sleep().fetch_one(&mut transaction),
        )
    })
    .await;
    timed_out(executed.unwrap_err());
    timed_out(fetched.unwrap_err());
    timed_out(on_connection.unwrap_err());
    timed_out(in_transaction.unwrap_err());
    let unlimited = db.statement_timeout(None);
    let longer = sqlx::query("SELECT pg_sleep(0.3)");
    within_long(longer.execute(&unlimited)).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_idles_is_ended() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut setup = Setup::connections(1);
    setup.pool.session.idle_in_transaction_timeout = Duration::from_millis(200);
    let db = world.db(tenant, setup).await;
    let mut transaction = db.begin().await.unwrap();
    world.until_backends(tenant, 0).await;
    let error = sqlx::query("SELECT 1")
        .execute(&mut transaction)
        .await
        .unwrap_err();
    assert!(
        matches!(
            Failure::of(&error),
            Failure::StatementTimeout | Failure::Unreachable
        ),
        "{error}"
    );
    drop(transaction);
    within_long(sqlx::query("SELECT 1").execute(&db)).await.unwrap();
}
