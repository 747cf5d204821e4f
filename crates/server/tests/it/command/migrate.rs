//! `tenantry migrate`: reports success only if the service would serve tenants on the databases.

use schema::OWNER;
use secrecy::ExposeSecret as _;
use sqlx::{AssertSqlSafe, Executor as _};
use testkit::TestServer;

use super::process::{command, output};

const DATA: &str = "tenantry_data";

/// A cluster for one test: its broken roles must not affect other tests.
struct Cluster {
    server: TestServer,
    folder: tempfile::TempDir,
}

impl Cluster {
    async fn new() -> Self {
        Self {
            server: TestServer::bare().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// In production, as an operator runs it: exit code and standard error.
    async fn migrate(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let server = &self.server;
        let (cluster, superuser) = (server.cluster(), server.superuser_login());
        let mut migrate = command(self.folder.path(), &[&["migrate"], arguments].concat());
        migrate.env("TENANTRY_PROFILE", "production");
        for section in ["CONTROL_STORE", "DATA_CLUSTER"] {
            for (key, value) in [
                ("HOST", cluster.host.as_str()),
                ("PORT", &cluster.port.to_string()),
                ("TLS", "disable"),
                ("SERVICE_PASSWORD", server.service().password.expose_secret()),
                ("MIGRATOR_PASSWORD", server.migrator().password.expose_secret()),
                ("BOOTSTRAP_USER", &superuser.user),
                ("BOOTSTRAP_PASSWORD", superuser.password.expose_secret()),
            ] {
                migrate.env(format!("TENANTRY_{section}__{key}"), value);
            }
        }
        let (code, _, error) = output(migrate).await;
        (code, error)
    }

    /// Runs SQL as a migration would.
    async fn as_owner(&self, sql: &str) {
        let mut session = self.server.superuser(DATA).await;
        let sql = format!("SET ROLE {OWNER}; {sql}");
        session.execute(AssertSqlSafe(sql)).await.unwrap();
    }
}

/// A naive migration leaves a column with statistics, which `EXPLAIN` reveals.
#[tokio::test]
async fn a_column_that_is_not_isolated_is_refused_by_name_with_the_sql() {
    let cluster = Cluster::new().await;
    let (code, error) = cluster.migrate(&[]).await;
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("\"migrated\""), "{error}");

    cluster
        .as_owner("ALTER TABLE app.users ADD COLUMN fixture_email text")
        .await;
    let remedy = "ALTER TABLE app.users ALTER fixture_email SET STATISTICS 0;";
    let (code, error) = cluster.migrate(&[]).await;
    assert_eq!(code, Some(1), "{error}");
    let (_, refusal) = error.split_once("\ntenantry: ").expect(&error);
    for part in [
        "no tenant would be served (NOT_ISOLATED): 1 finding\n",
        "  STATISTICS_ON in tenantry_data: app.users.fixture_email: the column has statistics\n",
        remedy,
        "migrate again",
    ] {
        assert!(refusal.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("\"migrated\""), "{error}");
    // With `doctor.on_start=false`, findings are reported and do not fail the migration.
    let (code, error) = cluster.migrate(&["--set", "doctor.on_start=false"]).await;
    assert_eq!(code, Some(0), "{error}");
    assert!(
        error.contains("STATISTICS_ON") && error.contains("\"migrated\""),
        "{error}"
    );

    cluster.as_owner(remedy).await;
    let (code, error) = cluster.migrate(&[]).await;
    assert_eq!(code, Some(0), "{error}");
}

#[tokio::test]
async fn warnings_are_shown_and_refuse_nothing() {
    let cluster = Cluster::new().await;
    assert_eq!(cluster.migrate(&[]).await.0, Some(0));
    cluster
        .as_owner(
            "CREATE TRIGGER fixture_trigger BEFORE UPDATE ON app.users
             FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        )
        .await;
    let (code, error) = cluster.migrate(&[]).await;
    assert_eq!(code, Some(0), "{error}");
    assert!(
        error.contains("TRIGGER_PRESENT") && error.contains("DROP TRIGGER fixture_trigger ON app.users"),
        "{error}"
    );
}
