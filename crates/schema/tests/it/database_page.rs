//! docs/database.md: its tables name what is in the catalogs, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sqlx::postgres::PgConnection;
use testkit::Databases;

use testkit::{in_store, one};

/// Lines of the page, as the catalog of one database has them. Of the 64 provisioners the first stands for all.
const OBJECTS: &str = include_str!("database_page/objects.sql");

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The rows of the table between two markers: their cells, without the backticks of the whole cell.
fn table(page: &str, name: &str) -> Vec<Vec<String>> {
    let (_, begun) = page.split_once(&format!("<!-- {name}:begin -->\n")).unwrap();
    let (table, _) = begun.split_once(&format!("<!-- {name}:end -->\n")).unwrap();
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split(" | ");
        cells
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    table.lines().skip(2).map(cells).collect()
}

/// What the page says of one database in this table: the cells that the catalog knows.
fn said(page: &str, name: &str, database: &str) -> BTreeSet<String> {
    let rows = table(page, name).into_iter();
    rows.filter(|row| row[0] == database)
        .map(|row| match name {
            "schemas" => format!("{}, {}", row[1], row[2]),
            "functions" => format!("{}, {}", row[1], kind(&row[2])),
            "grants" => format!("{}, {}, {}", row[1], row[2], row[3]),
            _ => row[1].clone(),
        })
        .collect()
}

fn kind(called_by: &str) -> &'static str {
    if called_by.contains("*definer*") {
        "definer"
    } else {
        "invoker"
    }
}

async fn found(session: &mut PgConnection, table: &str) -> BTreeSet<String> {
    let lines: Vec<String> = sqlx::query_scalar(OBJECTS)
        .bind(table)
        .fetch_all(session)
        .await
        .unwrap();
    lines.into_iter().collect()
}

async fn is_forked(session: &mut PgConnection) -> bool {
    let forked = "SELECT EXISTS (SELECT FROM tenantry.migrations WHERE version > 1000)";
    one(session, forked).await
}

#[tokio::test]
async fn the_page_names_what_is_in_the_databases() {
    let page = fs::read_to_string(root().join("docs/database.md")).unwrap();
    let databases = Databases::new().await;
    let data = databases.server().superuser(databases.data().as_str()).await;
    for (database, mut session) in [("control", in_store(&databases).await), ("data", data)] {
        // A fork has more, and its page need not be another.
        let forked = is_forked(&mut session).await;
        for name in ["schemas", "tables", "functions", "triggers", "grants"] {
            let (said, found) = (said(&page, name, database), found(&mut session, name).await);
            let missing: Vec<_> = found.difference(&said).collect();
            assert!(
                forked || missing.is_empty(),
                "{database}, {name}: not on the page: {missing:#?}"
            );
            let gone: Vec<_> = said.difference(&found).collect();
            assert!(
                gone.is_empty() || (forked && name == "grants"),
                "{database}, {name}: only on the page: {gone:#?}"
            );
        }
    }
}

#[tokio::test]
async fn the_page_names_the_fixed_roles() {
    let page = fs::read_to_string(root().join("docs/database.md")).unwrap();
    let databases = Databases::new().await;
    let said: BTreeSet<_> = table(&page, "roles")
        .iter()
        .map(|row| format!("{}, {}", row[0], row[1]))
        .collect();
    let found = found(&mut in_store(&databases).await, "roles").await;
    assert_eq!(said, found);
}

#[test]
fn the_page_names_the_migrations() {
    let page = fs::read_to_string(root().join("docs/database.md")).unwrap();
    let mut found = BTreeSet::new();
    for database in ["control", "tenant"] {
        for file in fs::read_dir(root().join("migrations").join(database)).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            // Numbers above 1000 are a fork's.
            if file[..4] <= *"1000" {
                found.insert(format!("{database}/{file}"));
            }
        }
    }
    let said: BTreeSet<_> = table(&page, "migrations")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(said, found);
}
