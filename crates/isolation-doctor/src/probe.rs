//! The live probe: one tenant's login attacks the marked rows of another.
//!
//! Both tenants are reserved for the doctor and in no store, so no registry serves them. Their logins are open only
//! during a probe, with passwords that only the probe knows (`migrations/tenant/0006_probe.sql`). Rows of real tenants
//! are not read or changed even where an attack succeeds: each attempt names the victim and is rolled back.

mod attack;
mod attempt;
mod fixture;
mod identity;
mod probe_logins;
mod read_only;
mod rows;

use std::time::Duration;

use sqlx::Connection as _;
use tokio::time::timeout;

use self::fixture::{ProbeFixture, delete_probe_rows};
use self::probe_logins::ProbeLogins;
use crate::finding::{Finding, describe_error};
use crate::report::Probed;
use crate::target::Target;

/// The maximum of connections to the data cluster during a probe: the lock's, the service's, both tenants', and one for
/// the attempt to enter another database.
pub const CONNECTIONS: u32 = 5;

/// For the attack. The logins are closed after it in any case.
const DEADLINE: Duration = Duration::from_secs(30);

/// Attacks this database as a tenant. `store` is the control store's name where it is in the same cluster.
pub(crate) async fn run(data: &Target, store: Option<&str>) -> (Vec<Finding>, Option<Probed>) {
    let place = data.name.as_str();
    let mut findings = Vec::new();
    let failed =
        |what: &str, error: sqlx::Error| Finding::new("PROBE_FAILED", place, what, describe_error(&error));
    let logins = match ProbeLogins::open(&data.cluster, &data.service, place).await {
        Ok(logins) => logins,
        Err(error) => {
            let read_only = read_only::finding(data, &error).await;
            let finding = read_only.unwrap_or_else(|| failed("opening the probe's logins", error));
            return (vec![finding], None);
        }
    };
    let probed = match timeout(DEADLINE, attack_victim(&logins, place, store, &mut findings)).await {
        Ok(Ok(probed)) => Some(probed),
        Ok(Err(error)) => {
            findings.push(failed("the probe", error));
            None
        }
        Err(_) => {
            let why = format!("not done within {DEADLINE:?}");
            findings.push(Finding::new("PROBE_FAILED", place, "the probe", why));
            None
        }
    };
    if let Err(error) = logins.close().await {
        findings.push(failed("closing the probe's logins", error));
    }
    (findings, probed)
}

async fn attack_victim(
    logins: &ProbeLogins,
    place: &str,
    store: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Result<Probed, sqlx::Error> {
    let mut victim = logins.victim().await?;
    let fixture = ProbeFixture::create(&mut victim, logins, place, findings).await?;
    let before = fixture.fingerprints(&mut victim).await?;
    let mut attacker = logins.attacker().await?;
    let mut attempts = attack::run(&mut attacker, &fixture, logins, place, findings).await?;
    if let Some(store) = store {
        attempts += 1;
        findings.extend(attack::enter_control_store(logins, store).await);
    }
    let after = fixture.fingerprints(&mut victim).await?;
    for ((table, before), (_, after)) in before.iter().zip(&after) {
        if before != after {
            let wrong = "the attack changed the victim's rows";
            findings.push(Finding::new("PROBE_ALTERED", place, *table, wrong));
        }
    }
    delete_probe_rows(&mut attacker).await?;
    delete_probe_rows(&mut victim).await?;
    attacker.close().await?;
    victim.close().await?;
    Ok(Probed {
        tables: fixture.tables.iter().filter(|table| table.marked).count(),
        attempts,
    })
}
