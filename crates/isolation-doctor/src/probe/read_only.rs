//! Read-only servers, on which the probe cannot run.
//!
//! The probe could override `default_transaction_read_only`, and does not: hosters set it when a disk fills up and
//! operators before a switchover, so a write might fill the disk or be lost. A standby takes no writes either way.

use std::io;

use schema::SERVICE;
use tokio::time::timeout;

use crate::finding::Finding;
use crate::target::Target;

/// Whether a session here is read-only, and the reason: a standby, or the setting's source.
const READ_ONLY_STATE: &str =
    "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', source
    FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'";

/// The finding, if the probe's first write failed with this error and the server confirms that it is read-only. At that
/// point nothing was attacked yet, so the finding hides no result of an attack.
pub(super) async fn finding(data: &Target, error: &sqlx::Error) -> Option<Finding> {
    let sqlstate = error.as_database_error()?.code()?;
    if sqlstate != "25006" {
        return None;
    }
    let (standby, read_only, source) = state(data).await.ok()?;
    let place = data.name.as_str();
    let (wrong, remedy) = match (standby, read_only) {
        (true, _) => ("the server is a standby, which takes no writes".to_owned(), None),
        (false, true) => (
            format!("default_transaction_read_only is on for the service's sessions ({source})"),
            Some(format!(
                "SET default_transaction_read_only = off; {}",
                reset(&source, place)
            )),
        ),
        (false, false) => return None,
    };
    Some(Finding::new("PROBE_READ_ONLY", place, "the probe", wrong).with_remedy(remedy))
}

async fn state(data: &Target) -> Result<(bool, bool, String), sqlx::Error> {
    let cluster = &data.cluster;
    // As the service, since the setting may be that login's.
    let mut session = cluster
        .connect(&cluster.options(&data.service, data.name.as_str()))
        .await?;
    timeout(
        cluster.connect_timeout,
        sqlx::query_as(READ_ONLY_STATE).fetch_one(&mut session),
    )
    .await
    .map_err(io::Error::from)?
}

/// The SQL that resets the setting at its source.
fn reset(source: &str, database: &str) -> String {
    let setting = "RESET default_transaction_read_only";
    match source {
        "database" => format!("ALTER DATABASE {database} {setting}"),
        "user" => format!("ALTER ROLE {SERVICE} {setting}"),
        "database user" => format!("ALTER ROLE {SERVICE} IN DATABASE {database} {setting}"),
        "global" => format!("ALTER ROLE ALL {setting}"),
        // This overrides the configuration file, but not the server's command line, which the finding names.
        _ => "ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf()".to_owned(),
    }
}
