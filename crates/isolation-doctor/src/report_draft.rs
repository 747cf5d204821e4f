//! Findings of an examination that is still running.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::finding::{Finding, describe_error};
use crate::target::Target;

/// What an examination has found so far. It survives the examination's timeout.
#[derive(Default)]
pub(crate) struct ReportDraft {
    pub(crate) findings: Vec<Finding>,
    pub(crate) examined: Vec<String>,
    /// The start of the examination, by the clock of the first database.
    pub(crate) started_at: Option<OffsetDateTime>,
}

impl ReportDraft {
    /// Logs in and checks the server's version. `None` when the login fails, which is a finding.
    pub(crate) async fn enter(&mut self, target: &Target, oldest: u32) -> Option<PgConnection> {
        let place = target.name.as_str();
        match target.connect().await {
            Ok(mut connection) => {
                if self.started_at.is_none() {
                    let now = sqlx::query_scalar("SELECT now()")
                        .fetch_one(&mut connection)
                        .await;
                    // A server that does not answer this fails the following queries, which is reported.
                    self.started_at = now.ok();
                }
                self.examined.push(place.to_owned());
                let version = connection.server_version_num().unwrap_or(0);
                if version < oldest {
                    let wrong = format!(
                        "the server is PostgreSQL {}, and {} is the minimum",
                        dotted(version),
                        dotted(oldest)
                    );
                    let place = target.cluster_name();
                    self.findings
                        .push(Finding::new("SERVER_TOO_OLD", &place, "server_version", wrong));
                }
                Some(connection)
            }
            Err(error) => {
                let user = &target.examiner().user;
                let wrong = format!("{user} cannot log in: {}", describe_error(&error));
                self.findings
                    .push(Finding::new("UNREACHABLE", place, place, wrong));
                None
            }
        }
    }
}

/// A `server_version_num` as people write it: 140005 is 14.5.
fn dotted(version: u32) -> String {
    format!("{}.{}", version / 10_000, version % 10_000)
}
