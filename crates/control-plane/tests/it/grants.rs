//! Rules for every table and function in schema `app`, read from the catalog, so that they hold for future resources too.
//! And all grants in the other schemas, line by line.

use sqlx::postgres::PgConnection;
use testkit::{Databases, in_store};

use crate::support::{one, run};

/// Each query returns its violations, a sentence each.
const RULES: &str = include_str!("grants/rules.sql");

/// Grants in some schemas, and how their functions run.
const GRANTS: &str = include_str!("grants/granted.sql");

async fn violations(session: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(RULES).fetch_all(session).await.unwrap()
}

async fn superuser(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.data().as_str()).await
}

#[tokio::test]
async fn everything_in_app_satisfies_the_rules() {
    let databases = Databases::new().await;
    assert_eq!(
        violations(&mut superuser(&databases).await).await,
        Vec::<String>::new()
    );
}

/// A table created without care violates nearly every rule; one created with `isolate` none.
#[tokio::test]
async fn a_careless_resource_is_reported() {
    let databases = Databases::new().await;
    let mut session = superuser(&databases).await;
    // Never committed: its role would outlive the database.
    run(&mut session, "BEGIN").await.unwrap();
    run(&mut session, include_str!("grants/careless.sql"))
        .await
        .unwrap();
    let found = violations(&mut session).await;
    let expected: Vec<&str> = include_str!("grants/careless.txt").lines().collect();
    assert_eq!(found, expected, "{found:#?}");
}

#[tokio::test]
async fn a_careful_resource_is_not_reported() {
    let databases = Databases::new().await;
    let mut session = superuser(&databases).await;
    run(&mut session, include_str!("grants/careful.sql"))
        .await
        .unwrap();
    assert_eq!(violations(&mut session).await, Vec::<String>::new());
}

async fn grants_in(session: &mut PgConnection, schemas: &str) -> Vec<String> {
    sqlx::query_scalar(GRANTS)
        .bind(schemas)
        .fetch_all(session)
        .await
        .unwrap()
}

/// Grants by column, to the service alone: the list is all that the service can do in the store. A fork's additions are
/// for the service alone as well.
#[tokio::test]
async fn grants_of_the_control_store_are_known() {
    let databases = Databases::new().await;
    let mut store = in_store(&databases).await;
    let found = grants_in(&mut store, "^(control|tenantry)$").await;
    let expected: Vec<&str> = include_str!("grants/store.txt").lines().collect();
    let forked = "SELECT EXISTS (SELECT FROM tenantry.migrations WHERE version > 1000)";
    if !one::<bool>(&mut store, forked).await {
        assert_eq!(found, expected, "{found:#?}");
    }
    for line in expected {
        assert!(
            found.iter().any(|found| extends(found, line)),
            "{line}: {found:#?}"
        );
    }
    for line in found {
        let others = line.replace("tenantry_service", "").replace("tenantry_owner", "");
        assert!(
            !others.contains("tenantry_") && !others.contains("PUBLIC"),
            "{line}"
        );
        assert!(
            !line.contains(" definer") || line.contains("search_path=pg_catalog, pg_temp"),
            "{line}"
        );
    }
}

/// Whether a line equals the known one, or lists more columns.
fn extends(line: &str, known: &str) -> bool {
    let parts = |line: &str| {
        let (head, columns) = line.split_once(" (").unwrap_or((line, ""));
        let columns: Vec<String> = columns
            .trim_end_matches(')')
            .split(", ")
            .map(str::to_owned)
            .collect();
        (head.to_owned(), columns)
    };
    let ((head, columns), (known_head, known_columns)) = (parts(line), parts(known));
    head == known_head && known_columns.iter().all(|column| columns.contains(column))
}

/// All 64 alike, and to the service alone.
#[tokio::test]
async fn grants_of_the_provisioners_are_known() {
    let databases = Databases::new().await;
    let mut session = superuser(&databases).await;
    let expected: Vec<&str> = include_str!("grants/provisioner.txt").lines().collect();
    for number in 0..64 {
        let provisioner = format!("provisioner_{number:02}");
        let found: Vec<String> = grants_in(&mut session, &format!("^{provisioner}$"))
            .await
            .iter()
            .map(|line| line.replace(&provisioner, "provisioner_NN"))
            .collect();
        assert_eq!(found, expected, "{found:#?}");
    }
}

/// Adding tenants to their group, for the provisioners alone.
#[tokio::test]
async fn grants_of_the_granter_are_known() {
    let databases = Databases::new().await;
    let found = grants_in(&mut superuser(&databases).await, "^granter$").await;
    let provisioners: Vec<String> = (0..64)
        .map(|number| format!("tenantry_provisioner_{number:02}"))
        .collect();
    let may_execute = provisioners.join(" may execute it, ");
    let mut expected = vec![format!(
        "granter.admit(text): tenantry_granter, definer, search_path=pg_catalog, pg_temp, {may_execute} may execute it"
    )];
    expected.extend(
        provisioners
            .iter()
            .map(|provisioner| format!("schema granter: {provisioner} usage")),
    );
    assert_eq!(found, expected, "{found:#?}");
}

/// Ending tenants' sessions, for the service alone.
#[tokio::test]
async fn grants_of_the_watchdog_are_known() {
    let databases = Databases::new().await;
    let found = grants_in(&mut superuser(&databases).await, "^watchdog$").await;
    let expected = [
        "schema watchdog: tenantry_service usage",
        "watchdog.end_session(uuid,integer,integer): tenantry_watchdog, definer, search_path=pg_catalog, pg_temp, \
         tenantry_service may execute it",
    ];
    assert_eq!(found, expected, "{found:#?}");
}

/// The doctor's probe, for the service alone.
#[tokio::test]
async fn grants_of_the_doctor_are_known() {
    let databases = Databases::new().await;
    let found = grants_in(&mut superuser(&databases).await, "^doctor$").await;
    let expected: Vec<&str> = include_str!("grants/doctor.txt").lines().collect();
    assert_eq!(found, expected, "{found:#?}");
}
