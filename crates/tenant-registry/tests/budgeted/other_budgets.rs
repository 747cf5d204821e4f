//! Several budgets of one server: each is warned of the others when they claim more than there is.

use std::time::Duration;

use tenant_registry::{Budget, BudgetSettings, SentinelSettings};
use testkit::{CapturedLog, TestServer};
use tokio::time::sleep;

use crate::suite::support::within_long;

const WARNING: &str = "other services use this server";

fn budget(server: &TestServer, database: &str) -> Budget {
    let connect = server.cluster().options(server.superuser_login(), database);
    Budget::start(BudgetSettings::new(SentinelSettings::new(connect)))
}

/// The warning of another budget that uses this database.
async fn warning(log: &CapturedLog, database: &str) -> String {
    let sessions = format!("sessions=\"1 from 127.0.0.1 in {database}\"");
    let is_it = |line: &&str| line.contains(WARNING) && line.contains(&sessions);
    within_long(async {
        loop {
            let lines = log.take();
            if let Some(line) = lines.lines().find(is_it) {
                return line.to_owned();
            }
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_second_budget_that_claims_the_same_connections_is_told() {
    let server = TestServer::bare_with(&[("max_connections", "60")]).await;
    let log = CapturedLog::start("warn");
    let first = budget(&server, "postgres");
    within_long(first.ready()).await;

    let second = budget(&server, "template1");
    let line = warning(&log, "postgres").await;
    for said in [
        "application_name=\"tenantry sentinel\"",
        "cap=47",
        "server_allows=57",
        "fits=18",
        "registry.max_connections",
    ] {
        assert!(line.contains(said), "{said}: {line}");
    }
    drop((first, second));
}
