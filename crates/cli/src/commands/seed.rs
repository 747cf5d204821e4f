//! `tenantry dev seed`: fills a running service with tenants and users, through both planes as clients do.

mod retries;
mod tenants;
mod users;

use std::fmt;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use self::tenants::SeedTenant;
use super::session::Session;
use crate::args::SeedArgs;
use crate::client::{AdminClient, TenantPlane};
use crate::output;
use crate::text::counted;

/// What a run did.
#[derive(Debug, Default, Serialize)]
struct Seeded {
    tenants_created: usize,
    tenants_found: usize,
    users_added: usize,
    users_found: usize,
    /// Tenants that are not served, and so got no users.
    not_active: Vec<String>,
}

/// Runs the command.
pub(super) async fn run(session: &Session, plane: &TenantPlane, args: &SeedArgs) -> anyhow::Result<()> {
    let seeded = seed(&session.client, plane, args)
        .await
        .context("not all was added; the same command adds what is missing")?;
    if session.json {
        output::line(output::pretty(&seeded)?)
    } else {
        output::line(seeded)
    }
}

async fn seed(client: &AdminClient, plane: &TenantPlane, args: &SeedArgs) -> anyhow::Result<Seeded> {
    let at_once = usize::from(args.at_once);
    let existing = tenants::existing(client, &args.prefix).await?;
    let progress = progress("tenants", args.tenants.into());
    let all: Vec<SeedTenant> = stream::iter(1..=args.tenants)
        .map(|number| tenants::ensure(client, &existing, tenants::name(&args.prefix, number)))
        .buffer_unordered(at_once)
        .inspect_ok(|_| progress.inc(1))
        .try_collect()
        .await?;
    progress.finish_and_clear();

    let (served, not_served): (Vec<_>, Vec<_>) = all.iter().partition(|tenant| tenant.is_served);
    let progress = self::progress("users", served.len() as u64 * u64::from(args.users));
    let missing: Vec<(&SeedTenant, Vec<u32>)> = stream::iter(&served)
        .map(async |tenant| {
            let numbers = users::missing(plane, tenant, args.users).await?;
            progress.inc(u64::from(args.users) - numbers.len() as u64);
            anyhow::Ok((*tenant, numbers))
        })
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    let users_added: usize = missing.iter().map(|(_, numbers)| numbers.len()).sum();
    let each = missing
        .iter()
        .flat_map(|(tenant, numbers)| numbers.iter().map(move |number| (*tenant, *number)));
    stream::iter(each)
        .map(async |(tenant, number)| users::add(plane, tenant, number).await)
        .buffer_unordered(at_once)
        .inspect_ok(|()| progress.inc(1))
        .try_collect::<()>()
        .await?;
    progress.finish_and_clear();
    let tenants_created = all.iter().filter(|tenant| tenant.is_new).count();
    Ok(Seeded {
        tenants_created,
        tenants_found: all.len() - tenants_created,
        users_added,
        users_found: served.len() * args.users as usize - users_added,
        not_active: not_served.into_iter().map(|tenant| tenant.name.clone()).collect(),
    })
}

/// A bar on standard error; nothing where that is no terminal.
fn progress(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

impl fmt::Display for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |number: usize, what: &str| counted(number as u64, what);
        write!(
            f,
            "{} created, {} found; {} added, {} found",
            counted(self.tenants_created, "tenant"),
            self.tenants_found,
            counted(self.users_added, "user"),
            self.users_found
        )?;
        if !self.not_active.is_empty() {
            write!(
                f,
                "\nnot active, and so without new users: {}",
                self.not_active.join(", ")
            )?;
        }
        Ok(())
    }
}
