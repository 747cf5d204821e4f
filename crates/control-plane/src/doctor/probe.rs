//! The live probe: the login of one tenant attacks the marked rows of another.
//!
//! Both tenants are the doctor's own. They stand in no store, so no registry serves them; their logins are open for
//! the length of a probe alone, with passwords that nobody else ever knew (`migrations/tenant/0006_probe.sql`). Nothing
//! of a real tenant's is read or changed, even where the attacks get through: each names the victim, and is rolled back.

mod attack;
mod attempt;
mod identity;
mod logins;
mod rows;
mod scene;

use std::time::Duration;

use sqlx::Connection as _;
use tokio::time::timeout;

pub use logins::is_probe;

use super::examine::Patient;
use super::finding::cause;
use super::{Finding, Probed};
use logins::Logins;
use scene::Scene;

/// The most connections to the data cluster that a probe has at a time: its turn, the service's, both tenants', and an
/// attempt at another database.
pub const CONNECTIONS: u32 = 5;

/// For the attack itself. The logins are closed after it in any case.
const DEADLINE: Duration = Duration::from_secs(30);

/// Attacks this database as a tenant; `store` is the control store's name where it is in the same cluster.
pub(super) async fn run(data: &Patient, store: Option<&str>) -> (Vec<Finding>, Option<Probed>) {
    let place = data.name.as_str();
    let mut findings = Vec::new();
    let failed = |what: &str, error: sqlx::Error| Finding::new("PROBE_FAILED", place, what, cause(&error));
    let logins = match Logins::open(&data.cluster, &data.service, place).await {
        Ok(logins) => logins,
        Err(error) => return (vec![failed("opening the probe's logins", error)], None),
    };
    let probed = match timeout(DEADLINE, fight(&logins, place, store, &mut findings)).await {
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

async fn fight(
    logins: &Logins,
    place: &str,
    store: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Result<Probed, sqlx::Error> {
    let mut victim = logins.victim().await?;
    let scene = Scene::set(&mut victim, logins, place, findings).await?;
    let before = scene.fingerprints(&mut victim).await?;
    let mut attacker = logins.attacker().await?;
    let mut attempts = attack::run(&mut attacker, &scene, logins, place, findings).await?;
    if let Some(store) = store {
        attempts += 1;
        findings.extend(attack::enter(logins, store).await);
    }
    let after = scene.fingerprints(&mut victim).await?;
    for ((table, before), (_, after)) in before.iter().zip(&after) {
        if before != after {
            let wrong = "the victim's rows are not what they were before the attack";
            findings.push(Finding::new("PROBE_ALTERED", place, *table, wrong));
        }
    }
    scene::clear(&mut attacker).await?;
    scene::clear(&mut victim).await?;
    attacker.close().await?;
    victim.close().await?;
    Ok(Probed {
        tables: scene.tables.iter().filter(|table| table.marked).count(),
        attempts,
    })
}
